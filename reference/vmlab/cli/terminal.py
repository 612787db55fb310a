"""The terminal that `vmlab run` was started from, as the guest's console: keys come one by one."""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Any


class PosixTerminal:
    """Takes keys without echo and line editing, and puts the terminal back as it was.

    Ctrl-C still interrupts this process, so that a part that hangs can be ended.
    """

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._before: list[Any] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> PosixTerminal:
        import termios

        self._before = termios.tcgetattr(self._fd)
        # Even a kill must not leave the user without echo.
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, _end)
        raw = termios.tcgetattr(self._fd)
        raw[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP | termios.IXON)
        raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL | termios.IEXTEN)
        raw[6] = list(raw[6])
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        for key in (termios.VSUSP, termios.VQUIT):  # these go to the guest
            raw[6][key] = b"\0"
        termios.tcsetattr(self._fd, termios.TCSADRAIN, raw)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        import termios

        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def read(self, *, wait: bool) -> bytes | None:
        """Return the keys typed since the last time; None if there will be no more."""
        import os
        import select

        if not select.select([self._fd], [], [], None if wait else 0)[0]:
            return b""
        return os.read(self._fd, 1024) or None


class WindowsTerminal:
    """Takes keys from the console of Windows, which needs no other mode for that."""

    def __enter__(self) -> WindowsTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing."""

    def read(self, *, wait: bool) -> bytes | None:
        """Return the keys typed since the last time."""
        import msvcrt

        keys: Any = msvcrt  # whose functions exist on Windows only
        typed = b""
        while keys.kbhit() or (wait and not typed):
            typed += str(keys.getwch()).encode("utf-8", "replace")
        return typed


def terminal() -> PosixTerminal | WindowsTerminal | None:
    """Return the terminal, if this process reads from one and writes to one."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return WindowsTerminal() if sys.platform == "win32" else PosixTerminal()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
