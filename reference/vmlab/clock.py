"""Virtual time: what retired instructions, and waiting, do to a hart's counters."""

from __future__ import annotations

from .hart import MASK64, HartState

TICKS_PER_SECOND = 10_000_000
"""How fast `mtime` counts, as software is told; an instruction takes a tick."""

CY, IR = 1 << 0, 1 << 2
"""The bits of `mcountinhibit` that stop `mcycle` and `minstret` (norm:mcountinhibit_op)."""


MCYCLE, MINSTRET = 0xB00, 0xB02


def counter_written(hart: HartState, number: int) -> None:
    """Hear that an instruction that is about to retire has written a CSR, maybe a counter.

    "Any CSR write takes effect after the writing instruction has otherwise completed"
    (norm:mcycle_minstret_wr): take off what retiring it is going to add.
    """
    if number == MINSTRET and not hart.mcountinhibit & IR:
        hart.instret = hart.instret - 1 & MASK64
    if number == MCYCLE and not hart.mcountinhibit & CY:
        hart.cycle = hart.cycle - 1 & MASK64


class Clock:
    """Advances the counters of one hart."""

    def __init__(self, hart: HartState) -> None:
        self._hart = hart
        self.retired = 0
        """Instructions retired since the machine was built; no guest can write it."""
        self.traps = 0
        """Traps that the machine's hart has taken since then; a budget counts them too."""

    @property
    def moment(self) -> int:
        """Instructions retired and traps taken: what a budget of the machine's own hart counts."""
        return self.retired + self.traps

    @property
    def time(self) -> int:
        """Virtual time: what `mtime` and the `time` CSR show."""
        return self._hart.time

    def retire(self, count: int) -> None:
        """Count instructions that have retired: a cycle and a tick of `mtime` each."""
        hart = self._hart
        self.retired += count
        inhibited = hart.mcountinhibit
        if not inhibited & IR:
            hart.instret = hart.instret + count & MASK64
        if not inhibited & CY:
            hart.cycle = hart.cycle + count & MASK64
        hart.time = hart.time + count & MASK64

    def skip(self, ticks: int) -> None:
        """Let time pass without retiring anything."""
        hart = self._hart
        if not hart.mcountinhibit & CY:
            hart.cycle = hart.cycle + ticks & MASK64
        hart.time = hart.time + ticks & MASK64
