"""Sensitive instructions that do not trap in U-mode, as on machines that cannot be virtualized.

A VMM that traps and emulates needs that *every sensitive instruction is privileged*: that what
reads or changes the state of the machine traps in user mode (Popek and Goldberg, CACM 1974,
theorem 1). RISC-V keeps that rule. The IA-32 of the Pentium broke it with 17 instructions (Robin
and Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor",
USENIX Security 2000): they leak the real state, or are ignored, and the VMM never hears of it.

`Options(profile={"sstatus-write"})` builds a machine that breaks it too, by the entries of HOLES.
They change U-mode only, that of programs on the bare machine and the real one in which guests run;
S-mode and M-mode stay as they are. So a kernel that is right on the bare machine goes wrong as a
guest, however good its VMM: equivalence fails, and only binary translation, paravirtualization or
better hardware helps.

A CSR instruction slips through if every access that it makes is covered: `csrrw t0, sstatus, t1`
needs "sstatus-read" and "sstatus-write". What it reads is the real hart's value; what it writes is
dropped. Popek and Goldberg call the first sort behaviour-sensitive, the second control-sensitive.

`wfi` is a special case: RISC-V itself lets it go on in U-mode (norm:mstatus_tw_umode_op), and for
no reason (norm:wfi_resume_reason). A guest that looks why it woke up is still right then, but
burns the processor time that another could have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from . import csrs
from .hart import HartState, Mode
from .isa import Decoded, Kind
from .privileged import Privileged, writes_csr


class Hole(NamedTuple):
    """A sensitive instruction that does not trap in U-mode."""

    name: str
    does: str
    """What U-mode gets instead of a trap."""
    like: str
    """What does the same on IA-32 (Robin and Irvine, section 3), or why nothing there does."""
    instruction: str = ""
    """The instruction that does nothing; empty for the CSR instructions."""
    read: str = ""
    """The CSR whose real value is read."""
    write: str = ""
    """The CSR to which a write is dropped."""


_OF_STATUS = "PUSHF, SMSW: they store the real flags and the real machine status word"
_OF_POPF = "POPF: in user mode it leaves the interrupt flag as it is"
HOLES = {
    hole.name: hole
    for hole in (
        Hole(
            "sret",
            "nothing: the next instruction follows",
            "POPF, RET: part of what they restore is passed over in user mode",
            instruction="sret",
        ),
        Hole("sstatus-read", "the real `sstatus`", _OF_STATUS, read="sstatus"),
        Hole("sstatus-write", "nothing: the write is dropped", _OF_POPF, write="sstatus"),
        Hole("sie-read", "the real `sie`", _OF_STATUS, read="sie"),
        Hole("sie-write", "nothing: the write is dropped", _OF_POPF, write="sie"),
        Hole(
            "satp-read",
            "the real `satp`, with the address of the VMM's shadow tables",
            "SGDT, SIDT, SLDT: they store where the real tables stand",
            read="satp",
        ),
        Hole(
            "sfence.vma",
            "nothing: translations stay as they are",
            "none of the 17: INVLPG traps, without which a shadow could not be kept",
            instruction="sfence.vma",
        ),
        Hole(
            "wfi",
            "nothing: the next instruction follows",
            "none of the 17: HLT traps; see above for what RISC-V says",
            instruction="wfi",
        ),
    )
}
"""All entries, by name."""


def with_holes(rules: Privileged, hart: HartState, names: Iterable[str]) -> Privileged:
    """Return the rules with these holes in them; the same rules if there are none.

    Raises:
        ValueError: for a name that is not in HOLES.
    """
    chosen = []
    for name in names:
        if name not in HOLES:
            raise ValueError(f"no profile {name!r}; there are {', '.join(HOLES)}")
        chosen.append(HOLES[name])
    return _Porous(rules, hart, chosen) if chosen else rules


class _Porous:
    """Rules for privileged instructions with exceptions for U-mode."""

    def __init__(self, rules: Privileged, hart: HartState, holes: Iterable[Hole]) -> None:
        self._rules = rules
        self._hart = hart
        self._ignored = {hole.instruction for hole in holes if hole.instruction}
        self._read = {csrs.NUMBERS[hole.read] for hole in holes if hole.read}
        self._dropped = {csrs.NUMBERS[hole.write] for hole in holes if hole.write}

    def execute(self, decoded: Decoded) -> int:
        """Execute as the rules say, but for what slips through."""
        hart = self._hart
        if hart.mode != Mode.U or not self._slips_through(decoded):
            return self._rules.execute(decoded)
        if decoded.rd:
            hart.x[decoded.rd] = csrs.read(hart, decoded.csr)
        return hart.pc + decoded.length

    def allows(self, decoded: Decoded) -> bool:
        """Tell it of the modes that have no holes."""
        return self._hart.mode != Mode.U and self._rules.allows(decoded)

    def _slips_through(self, decoded: Decoded) -> bool:
        if decoded.instruction.kind is not Kind.CSR:
            return decoded.instruction.name in self._ignored
        writes = writes_csr(decoded)
        reads = decoded.rd != 0  # a value that goes nowhere leaks nothing
        return (
            (reads or writes)
            and (not reads or decoded.csr in self._read)
            and (not writes or decoded.csr in self._dropped)
        )
