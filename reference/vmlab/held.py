"""Ctrl-C while an engine runs: it takes effect between two instructions, never within one."""

from __future__ import annotations

import os
import sys

# What `signal` wraps: that takes 8 µs more for turning numbers into members of an enumeration.
from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    __slots__ = ("_installed", "_owner", "alert", "noted")

    def __init__(self, alert: Callable[[], None]) -> None:
        """Build it; `alert` makes the engine come back soon."""
        self.alert = alert
        self.noted = False
        """Whether Ctrl-C was pressed: the reason to leave the context."""
        self._installed = False
        self._owner: FrameType

    def __enter__(self) -> HeldBack:
        self.noted = False
        self._owner = sys._getframe(1)
        _owners[self._owner] = self
        self._installed = _install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed:
            signal(SIGINT, default_int_handler)
        del _owners[self._owner], self._owner
        if self.noted and error is None:
            raise KeyboardInterrupt


@contextmanager
def prepared() -> Iterator[None]:
    """Set the handler once for every `HeldBack` in a context: that takes as long as an exit."""
    installed = _install()
    try:
        yield
    finally:
        if installed:
            signal(SIGINT, default_int_handler)


_owners: dict[FrameType, HeldBack] = {}
"""The contexts that are open, by the frame that opened each."""


def _install() -> bool:
    """Set our handler in the place of Python's own, and only there; return whether it was done."""
    if getsignal(SIGINT) is not default_int_handler:
        return False
    try:
        signal(SIGINT, _handle)
    except ValueError:  # not the main thread, so no handler will run in it
        return False
    return True


def _handle(number: int, frame: FrameType | None) -> None:
    foreign = False
    while frame is not None:
        held = _owners.get(frame)
        if held is not None:
            held.noted = True  # also where it is raised: a part, or a collection, drops it
            held.alert()
            if not foreign:
                return
            break
        foreign = foreign or _foreign(frame.f_code.co_filename)
        frame = frame.f_back
    raise KeyboardInterrupt


def _foreign(name: str) -> bool:
    """Tell whether a file belongs to a part, or to a link that waits for one."""
    if name.startswith(OURS):
        return False
    return not name.startswith(LIBRARY) or name.startswith(PACKAGES)
