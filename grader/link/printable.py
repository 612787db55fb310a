"""Make text that a submission wrote safe to show: no terminal commands, no invisible characters."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text` with every control or invisible character but newline and tab escaped."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text
    )
