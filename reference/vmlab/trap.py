"""Traps as data: why one happens, what a guest's exit says, and what a VMM wants done next."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from .hart import Mode
from .ranges import U32, U64

INTERRUPT_BIT = 1 << 63
"""Set in `mcause` and `scause` for interrupts (norm:mcause_intr_op)."""


class Exc(IntEnum):
    """Exception codes (Privileged manual, table "mcause values after trap", interrupt = 0)."""

    INSTRUCTION_MISALIGNED = 0
    INSTRUCTION_ACCESS = 1
    ILLEGAL_INSTRUCTION = 2
    BREAKPOINT = 3
    LOAD_MISALIGNED = 4
    LOAD_ACCESS = 5
    STORE_MISALIGNED = 6
    STORE_ACCESS = 7
    ECALL_U = 8
    ECALL_S = 9
    ECALL_M = 11
    INSTRUCTION_PAGE = 12
    LOAD_PAGE = 13
    STORE_PAGE = 15


ECALLS = {Mode.U: Exc.ECALL_U, Mode.S: Exc.ECALL_S, Mode.M: Exc.ECALL_M}
"""What an `ecall` raises, by the mode that executes it (norm:ecall_op2)."""
ADDRESS_CAUSES = frozenset(set(Exc) - {*ECALLS.values(), Exc.ILLEGAL_INSTRUCTION, Exc.BREAKPOINT})
"""The exceptions of a fetch, load or store; they report a virtual address."""


class Irq(IntEnum):
    """Interrupt codes; also their bit numbers in `mip`, `mie` and `mideleg`."""

    SSI = 1
    MSI = 3
    STI = 5
    MTI = 7
    SEI = 9
    MEI = 11


@dataclass(frozen=True)
class Trap:
    """A trap about to be taken. The pc it belongs to is the hart's `pc`, not repeated here.

    For an interrupt that is the instruction to run next; for an exception the one that raised it.
    """

    cause: U64
    """Code without the interrupt bit: an `Exc` or an `Irq`."""
    interrupt: bool = False
    instruction: U32 = 0
    """The bits that raised the exception (16 or 32 of them); 0 if they could not be fetched."""
    address: U64 = 0
    """Virtual address of the first byte of the access that failed: fetch, load or store."""
    offset: U64 = 0
    """How many bytes lie between `address` and the portion of the access that failed."""


@dataclass(frozen=True)
class Exit:
    """Why the machine came back from a deprivileged guest: the real trap, as hardware reports it.

    The guest ran in real U-mode, so `cause` is what U-mode raises: an `ecall` is always 8. The
    guest's pc is in its vCPU. `tval` follows the clause on tval, but, as real harts may, this one
    leaves it 0 for illegal instructions when the machine is so configured; then fetch.
    """

    cause: U64
    interrupt: bool = False
    tval: U64 = 0
    retired: U64 = field(default=0, compare=False)
    """Instructions that the guest retired since it was entered: natively, not emulated ones."""


class Act(Enum):
    """The kinds of `Action`."""

    RESUME = "resume"
    """Enter the guest again at its pc."""
    WAIT = "wait"
    """The guest waits for an interrupt: do not enter it before one is pending for it."""
    FENCE = "fence"
    """The guest fenced its address translation; drop what was derived from its page tables."""


@dataclass(frozen=True)
class Action:
    """What a VMM is to do after an exit."""

    act: Act
    address: U64 | None = None
    """FENCE: the virtual address that is fenced, or None for all (rs1 = x0)."""
    asid: U64 | None = None
    """FENCE: the address space that is fenced, or None for all (rs2 = x0)."""


class IllegalInstruction(Exception):
    """The instruction may not be executed here: the hart shall raise exception 2."""


class GuestFault(Exception):
    """The guest's own memory refused an access; `trap` is what the guest must be told."""

    def __init__(self, trap: Trap) -> None:
        super().__init__(trap)
        self.trap = trap
