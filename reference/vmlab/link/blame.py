"""Say where in a student's own files an exception arose."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

from .wire import without_addresses

MESSAGE_MOST = 2_000
TEXT_MOST = 16_000
"""Characters; a traceback of a deep recursion is cut in its middle."""


class Blame:
    """Describes exceptions by the lines of files in `folder`, named relative to it."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.join(os.path.realpath(folder), "")

    def sentence(self, error: BaseException) -> str:
        """Return "IndexError: list index out of range (traps.py, line 12)"."""
        frames = self._frames(error.__traceback__)
        place, said = "", _said(error)
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            place = f" ({self._name(error.filename)}, line {error.lineno})"
            said = f"{type(error).__name__}: {error.msg}"  # its text names the place already
        elif frames:
            place = f" ({frames[-1].filename}, line {frames[-1].lineno})"
        return f"{said[:MESSAGE_MOST]}{place}"

    def text(self, error: BaseException) -> str:
        """Return a traceback of the folder's frames only."""
        lines = traceback.StackSummary.from_list(self._frames(error.__traceback__)).format()
        if isinstance(error, SyntaxError):
            shown = traceback.TracebackException(type(error), error, None)
            shown.filename = self._name(error.filename or "?")
            lines += shown.format_exception_only()
        else:
            lines.append(_said(error) + "\n")
        whole = "".join(lines).rstrip()
        if len(whole) > TEXT_MOST:
            half = TEXT_MOST // 2
            whole = f"{whole[:half]}\n[...]\n{whole[-half:]}"
        return whole

    def _frames(self, tb: TracebackType | None) -> list[traceback.FrameSummary]:
        return [
            traceback.FrameSummary(
                self._name(frame.filename), frame.lineno, frame.name, line=frame.line
            )
            for frame in traceback.extract_tb(tb)
            if os.path.realpath(frame.filename).startswith(self._folder)
        ]

    def _name(self, path: str) -> str:
        path = os.path.realpath(path)
        return (
            path[len(self._folder) :] if path.startswith(self._folder) else os.path.basename(path)
        )


def _said(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # a student's own exception class
        text = "(its text cannot be shown)"
    return without_addresses(f"{kind}: {text}" if text else kind)
