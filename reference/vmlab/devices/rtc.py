"""The real-time clock: a fixed date, and virtual time since (Goldfish RTC, without the alarm)."""

from __future__ import annotations

from typing import Any

from vmlab.bus import BusError
from vmlab.clock import TICKS_PER_SECOND
from vmlab.hart import MASK64, HartState

TIME_LOW, TIME_HIGH = 0x00, 0x04

EPOCH = 1_700_000_000
"""What it shows when the machine is built, in seconds since 1970: every run sees the same date."""
NANOSECONDS_PER_TICK = 1_000_000_000 // TICKS_PER_SECOND


class Rtc:
    """Time in nanoseconds, 64 bits in two registers. Reading the low half keeps the high half.

    It can be set. The registers of the alarm read 0 and ignore writes, and it never interrupts.
    """

    name = "rtc"
    size = 0x1000

    def __init__(self, hart: HartState) -> None:
        self._hart = hart
        self._offset = EPOCH * 1_000_000_000
        self._high = 0

    def read(self, offset: int, width: int) -> int:
        """Read a register."""
        _check(width)
        if offset == TIME_LOW:
            now = self._now()
            self._high = now >> 32
            return now & 0xFFFF_FFFF
        return self._high if offset == TIME_HIGH else 0

    def write(self, offset: int, width: int, value: int) -> None:
        """Set half of the time: a driver writes the high half, then the low one."""
        _check(width)
        now = self._now()
        if offset == TIME_LOW:
            self._offset += (now & ~0xFFFF_FFFF | value) - now
        elif offset == TIME_HIGH:
            self._offset += (now & 0xFFFF_FFFF | value << 32) - now

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {"offset": self._offset, "high": self._high}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._offset = state["offset"]
        self._high = state["high"]

    def _now(self) -> int:
        return self._offset + self._hart.time * NANOSECONDS_PER_TICK & MASK64


def _check(width: int) -> None:
    if width != 4:
        raise BusError(width)
