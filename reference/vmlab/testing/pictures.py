"""Which command draws the scenarios of a part's tests."""

from __future__ import annotations

import shlex
from importlib.util import find_spec

COMMANDS = ("view", "timeline")
"""Each has a package of its name in `vmlab`, with a module for each part that it draws."""


def drawn_by(part: str) -> str:
    """Return the command that draws a part's scenarios; empty if there is none."""
    for command in COMMANDS:
        if find_spec(f"vmlab.{command}.{part}") is not None:
            return command
    return ""


def picture_command(part: str, test: str) -> str:
    """Return the line that draws a test, named from the assignment's folder; empty if none does."""
    command = drawn_by(part)
    return f"vmlab {command} {shlex.quote(test)}" if command else ""
