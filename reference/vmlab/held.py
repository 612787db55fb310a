"""Ctrl-C while an engine runs: it takes effect between two instructions, never within one."""

from __future__ import annotations

import os
import sys

# What `signal` wraps: that takes 8 µs more for turning numbers into members of an enumeration.
from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]
from collections.abc import Callable
from types import FrameType, TracebackType

SLICE = 1 << 18
"""Instructions that an engine runs at most before it is looked whether Ctrl-C was pressed."""
OURS = (os.path.dirname(os.path.abspath(__file__)) + os.sep, "<")
"""How the file names of the machine's code begin; "<" is for what an engine made."""
LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
PACKAGES = os.path.join(LIBRARY, "site-packages") + os.sep


class HeldBack:
    """A context in which SIGINT is noted, and raises KeyboardInterrupt only at its end.

    Python would raise it between any two bytecodes, where an engine holds the hart's pc and
    registers in variables of its own. What a part does is not held back: a part that loops can
    be interrupted, and the machine is then where it called the part.

    Nothing changes outside the main thread, or when SIGINT has a handler other than Python's own.
    """

    __slots__ = ("_alert", "_owner", "noted")

    def __init__(self, alert: Callable[[], None]) -> None:
        """Build it; `alert` makes the engine come back soon."""
        self._alert = alert
        self._owner: FrameType | None = None
        self.noted = False
        """Whether Ctrl-C was pressed: the reason to leave the context."""

    def __enter__(self) -> HeldBack:
        self.noted = False
        if getsignal(SIGINT) is default_int_handler:
            self._owner = sys._getframe(1)
            try:
                signal(SIGINT, self._note)
            except ValueError:  # not the main thread, so no handler will run in it
                self._owner = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._owner is not None:
            signal(SIGINT, default_int_handler)
            self._owner = None
            if self.noted and error is None:
                raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = True  # also where it is raised: a part, or the collector of garbage, drops it
        self._alert()
        while frame is not None and frame is not self._owner:
            if _foreign(frame.f_code.co_filename):
                raise KeyboardInterrupt
            frame = frame.f_back


def _foreign(name: str) -> bool:
    """Tell whether a file belongs to a part, or to a link that waits for one."""
    if name.startswith(OURS):
        return False
    return not name.startswith(LIBRARY) or name.startswith(PACKAGES)
