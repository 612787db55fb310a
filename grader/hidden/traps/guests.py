"""What the tests of the VMM half share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.bench.state import bits
from vmlab.hart import Mode
from vmlab.isa import Kind, decode
from vmlab.trap import Exc, IllegalInstruction, Irq, Trap

ALL = bits(*Irq)
TO_S = bits(Irq.SSI, Irq.STI, Irq.SEI)
KERNEL = (Mode.S, Mode.M)
ILLEGAL = Exc.ILLEGAL_INSTRUCTION
PLAIN = ("mscratch", "sscratch", "mepc", "sepc", "mcause", "scause", "mtval", "stval", "satp")
PLAIN += ("mtvec", "stvec", "medeleg", "mcounteren", "scounteren", "mcycle", "minstret")
PLAIN += ("mhartid", "misa")
"""CSRs that have nothing to do with interrupts."""


def illegal(word: int) -> Trap:
    """Return the trap that a guest must get for an instruction that it may not execute."""
    return Trap(ILLEGAL, instruction=word)


def is_emulated(word: int) -> bool:
    """Tell whether a word is an instruction that the part must emulate."""
    decoded = decode(word)
    return decoded is not None and (
        decoded.instruction.kind is Kind.CSR
        or decoded.instruction.name in ("mret", "sret", "wfi", "sfence.vma")
    )


def allowed(check: Callable[..., Any], *arguments: Any) -> bool:
    """Tell whether one of the part's own functions permits something."""
    try:
        check(*arguments)
    except IllegalInstruction:
        return False
    return True
