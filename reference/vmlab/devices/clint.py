"""The core-local interruptor: software interrupts and the timer of hart 0 (SiFive CLINT)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.bus import BusError
from vmlab.hart import MASK64, NEVER, HartState

MSIP = 0x0
MTIMECMP = 0x4000
MTIME = 0xBFF8


class Clint:
    """`msip` (4 bytes), `mtimecmp` and `mtime` (8 bytes, or either half of them).

    `mtime` counts virtual time: one tick for each instruction that retires, and whatever a hart
    in `wfi` skips. It is the hart's `time`, so that the `time` CSR shows it.
    """

    name = "clint"
    size = 0x1_0000

    def __init__(self, hart: HartState, moved: Callable[[], None] = lambda: None) -> None:
        """Build it; `moved` is called when a write may have moved a wire, now or for later."""
        self._hart = hart
        self._moved = moved
        self.msip = False
        self.mtimecmp = NEVER

    @property
    def software(self) -> bool:
        """The wire of the machine software interrupt."""
        return self.msip

    @property
    def timer(self) -> bool:
        """The wire of the machine timer interrupt: `mtime >= mtimecmp`, unsigned."""
        return self._hart.time >= self.mtimecmp

    def ticks_to_timer(self) -> int | None:
        """Return how many ticks are left until the timer's wire rises; None if it never will."""
        if self.mtimecmp == NEVER or self.timer:
            return None
        return self.mtimecmp - self._hart.time

    def read(self, offset: int, width: int) -> int:
        """Read a register; those of harts that do not exist are 0."""
        register, shift = _locate(offset, width)
        value = {MSIP: int(self.msip), MTIMECMP: self.mtimecmp, MTIME: self._hart.time}
        return value.get(register, 0) >> shift & (1 << 8 * width) - 1

    def write(self, offset: int, width: int, value: int) -> None:
        """Write a register, or the half of one."""
        register, shift = _locate(offset, width)
        keep = MASK64 & ~((1 << 8 * width) - 1 << shift)
        if register == MSIP:
            self.msip = bool(value & 1)
        elif register == MTIMECMP:
            self.mtimecmp = self.mtimecmp & keep | value << shift
        elif register == MTIME:
            self._hart.time = self._hart.time & keep | value << shift
        self._moved()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps; `mtime` is the hart's."""
        return {"msip": self.msip, "mtimecmp": self.mtimecmp}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.msip = state["msip"]
        self.mtimecmp = state["mtimecmp"]


def _locate(offset: int, width: int) -> tuple[int, int]:
    """Return the register at `offset`, and how many bits of it lie below."""
    if width == 4 and offset < MTIMECMP:
        return offset, 0
    if width in (4, 8) and offset >= MTIMECMP:
        return offset & ~7, offset % 8 * 8
    raise BusError(offset)
