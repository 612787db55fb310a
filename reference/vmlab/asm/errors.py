"""What is wrong with a source text, and where."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class AssemblyError(Exception):
    """The source cannot be assembled. Lines and columns count from 1."""

    def __init__(self, message: str, line: int, column: int, name: str = "<guest>") -> None:
        super().__init__(f"{name}:{line}:{column}: {message}")
        self.message = message
        self.line = line
        self.column = column
        self.name = name

    def with_note(self, note: str) -> AssemblyError:
        """Return the same error with a note after its message."""
        return AssemblyError(self.message + note, self.line, self.column, self.name)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" with the nearest of the known words, or nothing."""
    near = get_close_matches(word.lower(), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
