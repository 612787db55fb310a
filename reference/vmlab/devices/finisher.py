"""The test finisher: a guest writes here to end the run (SiFive test device)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.bus import BusError

PASS = 0x5555
FAIL = 0x3333
"""The exit code stands in bits 31 to 16."""
RESET = 0x7777

RESET_CODE = -1
"""What `Finisher.code` is when the guest asked for a reset."""


class Finisher:
    """One register of 4 bytes; other values than the three commands do nothing."""

    name = "finisher"
    size = 0x1000

    def __init__(self, finished: Callable[[], None] = lambda: None) -> None:
        """Build it; `finished` is called when the run is to end."""
        self._finished = finished
        self.code: int | None = None
        """None while the guest runs; then 0 for a pass, 1 to 65535 for a failure, or RESET_CODE.

        A failure with code 0 counts as 1, so that it does not look like a pass.
        """

    def read(self, offset: int, width: int) -> int:
        """Read 0."""
        _check(width)
        return 0

    def write(self, offset: int, width: int, value: int) -> None:
        """Carry out a command. The first one counts."""
        _check(width)
        if offset or self.code is not None:
            return
        command = value & 0xFFFF
        if command == PASS:
            self.code = 0
        elif command == FAIL:
            self.code = value >> 16 or 1
        elif command == RESET:
            self.code = RESET_CODE
        if self.code is not None:
            self._finished()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {"code": self.code}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.code = state["code"]


def _check(width: int) -> None:
    if width not in (2, 4):
        raise BusError(width)
