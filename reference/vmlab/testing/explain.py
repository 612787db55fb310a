"""Turn what ended a test into a few labelled lines that a student can act on."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vmlab.link.errors import PartError

from .assignment import Assignment, Clause
from .loading import PartUnreadable, own_frames, said
from .mismatch import Mismatch, OutOfBudget

HEAD_WIDTH = 82
TEXT_WIDTH = 100
LABEL_WIDTH = 11


@dataclass(frozen=True)
class Explanation:
    """A failed test: `rows` are (label, text); a text keeps its own line breaks."""

    clause: Clause
    weight: float
    rows: tuple[tuple[str, str], ...]
    hole: str = ""
    """What is still to be written, if that is all that is wrong."""

    def __str__(self) -> str:
        """Lay it out as one block of text."""
        title = f"{self.clause.name}  {self.clause.title}"
        return lay_out(title, f"0 / {self.weight:g}", self.rows)


def lay_out(title: str, points: str, rows: Sequence[tuple[str, str]]) -> str:
    """Lay out a title, its points at the right, and labelled rows below, as one block of text."""
    head = f"{title:<{HEAD_WIDTH - len(points) - 2}}  {points}"
    return "\n".join([head, *(_row(label, text) for label, text in rows)])


def _row(label: str, text: str) -> str:
    indent = " " * 4
    hanging = indent + " " * LABEL_WIDTH
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        lead = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line,
            TEXT_WIDTH,
            initial_indent=hanging if lines else f"{indent}{label:<{LABEL_WIDTH - 1}} ",
            subsequent_indent=hanging + lead,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [hanging.rstrip()]
    return "\n".join(lines)


def explain(
    error: BaseException,
    assignment: Assignment,
    clause: Clause,
    weight: float,
    sentence: str,
    folder: Path,
    picture: str = "",
) -> Explanation | None:
    """Explain why a test ended with `error`; None if no line of the part had a hand in it.

    `sentence` is what the test's docstring says, `folder` where the part's module is, `picture` the
    command that draws the scenario.
    """
    rows: Sequence[tuple[str, str]]
    frames = own_frames(error.__traceback__, folder)
    trail = "\n".join(f"{Path(f.filename).name}:{f.lineno} {f.name}: {f.line}" for f in frames[-3:])
    hole = ""
    if isinstance(error, Mismatch):
        rows = [
            ("scenario", error.scenario),
            ("expected", error.expected),
            ("got", error.got),
            ("rule", error.rule or clause.rule),
        ]
    elif isinstance(error, OutOfBudget):
        rows = [("scenario", sentence), ("got", f"out of budget: {error}"), ("rule", clause.rule)]
    elif isinstance(error, NotImplementedError) and frames:
        hole = str(error) or frames[-1].name
        rows = [("to write", hole), ("at", trail.splitlines()[-1])]
    elif type(error).__name__ == "Failed" and "imeout" in str(error) and frames:
        rows = [
            ("scenario", sentence),
            ("got", f"no answer within {assignment.wall_seconds:g} s"),
            ("at", trail),
        ]
    elif isinstance(error, PartUnreadable):
        rows = [("got", str(error))]
    elif isinstance(error, PartError):
        rows = [("scenario", sentence), ("got", str(error)), ("at", trail), ("rule", clause.rule)]
    elif frames:
        rows = [("scenario", sentence), ("crashed", said(error)), ("at", trail)]
    else:
        return None
    more = [("see it", picture), ("hint", f"vmlab hint {clause.name}")]
    kept = tuple((label, text) for label, text in [*rows, *more] if text)
    return Explanation(clause, weight, kept, hole)
