"""A picture as lines of text; styles are named, and applied by whoever prints them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from . import labels
from .judge import Difference, State
from .picture import Picture, Step, words
from .rows import Row

Line = list[tuple[str, str]]
"""Pieces of text, each with the name of its style: "", title, dim, wrong, old, right, table."""
NARROW = (20, 8, 18, 9, 18)
"""Columns of an 80 column terminal: virtual address, how many, guest, host, shadow."""
WIDE = (20, 9, 30, 14, 38)
WIDE_FROM = sum(WIDE) + 7
STYLES = {
    State.RIGHT: "right",
    State.LESS: "right",
    State.LAZY: "dim",
    State.NOTHING: "dim",
    State.DEAD: "old",
    State.OLD: "old",
    State.WRONG: "wrong",
}
HEADS = (
    ("virtual address", "", "guest's tables", "host map", "shadow"),
    ("", "", "guest-physical", "frame", "frame"),
)


def lines(picture: Picture, width: int) -> Iterator[Line]:
    """Return the whole picture, for a terminal of so many columns, 80 at least."""
    yield [(picture.title, "title")]
    for label, said in picture.said:
        yield from _labelled(f"  {label:<10} ", said, width)
    yield []
    yield [("What was done", "title")]
    yield from _steps(picture, width)
    yield []
    yield from _tables(picture, width)
    if picture.walk:
        what, steps = picture.walk
        yield []
        yield [(f"The guest's own walk for {what}", "title")]
        for step in steps:
            yield from _labelled("  ", step, width)
    for difference in [picture.access, *picture.found]:
        if difference:
            yield from _difference("", difference, width)
    yield []
    yield from _labelled("", _frames(picture), width, "dim")
    bad = picture.differences or picture.scene.root is None
    yield [(picture.verdict, "wrong" if bad else "right")]


def _labelled(label: str, text: str, width: int, style: str = "") -> Iterator[Line]:
    indent = " " * len(label)
    for number, line in enumerate(textwrap.wrap(text, width - len(label)) or [""]):
        yield [(indent if number else label, "dim"), (line, style)]


def _steps(picture: Picture, width: int) -> Iterator[Line]:
    last = picture.steps[-1] if picture.steps else None
    for step in labels.shown_steps(picture.steps):
        if not isinstance(step, Step):
            yield [(f"       ... {step}", "dim")]
            continue
        text = f"{step.words}: {step.result}" if step.result else step.words
        bad = bool(step.breaks)
        head = f"{'✗' if bad else ' '} {step.number:>4}  "
        for number, line in enumerate(textwrap.wrap(text, width - len(head))):
            yield [(" " * len(head) if number else head, "wrong" if bad else "dim"), (line, "")]
        for difference in step.breaks[:2]:
            yield from _labelled(" " * 8, f"since here: {difference}", width, "wrong")
        if step is last:
            for call in labels.shown_calls(step):
                yield from _labelled(" " * 8, call, width, "dim")


def _tables(picture: Picture, width: int) -> Iterator[Line]:
    scene, columns = picture.scene, WIDE if width >= WIDE_FROM else NARROW
    yield [(words(scene.context), "title")]
    for head in HEADS:
        yield from _row(" ", head, columns, "table", "table")
    guest = f"table {scene.context.root:#x}" if scene.context.translates else "none in use"
    top = scene.frame_of(scene.context.root) if scene.context.translates else None
    root = "none" if scene.root is None else f"table {scene.root:#x}"
    yield from _row(" ", ("root", "", guest, f"{top:#x}" if top else "", root), columns, "")
    for why in (picture.guest.wrong, picture.shadow.wrong):
        if why:
            yield from _labelled("    ", why, width, "wrong")
    beside = labels.beside(picture)
    for row, remembered in zip(picture.rows, beside, strict=False):
        yield from _entry(row, columns, width)
        for difference in remembered:
            yield from _difference("", difference, width)
    for difference in beside[-1]:
        yield from _difference(f"{difference.virtual:#x}: ", difference, width)
    for tables, whose in ((picture.guest, "guest's tables"), (picture.shadow, "shadow")):
        if tables.cut:
            yield from _labelled(
                "  ", f"the {whose} have more entries than are drawn", width, "old"
            )
    for mark, meaning in labels.legend(picture):
        yield from _labelled(f"  {mark}  ", meaning, width, "dim")
    for line in labels.views(picture):
        yield from _labelled("  entered before as ", line, width, "dim")


def _entry(row: Row, columns: tuple[int, ...], width: int) -> Iterator[Line]:
    style = STYLES[row.state] if row.state else ""
    mark = labels.MARKS[row.state] if row.state else " "
    address = " " * (2 - row.level) + f"{row.virtual:#x}"
    if row.summed:
        yield [(f"{mark} ", style), (f"{address:<20} ", ""), (row.summed, style)]
        return
    cells = (address, row.many, labels.guest(row), labels.host(row), labels.shadow(row))
    yield from _row(mark, cells, columns, style, "table" if row.table else "")
    if row.difference:
        more = f" (and {row.count - 1} more)" if row.count > 1 else ""
        yield from _difference("", row.difference, width, more)


def _row(
    mark: str, cells: tuple[str, ...], columns: tuple[int, ...], style: str, base: str = ""
) -> Iterator[Line]:
    pieces = [
        textwrap.wrap(cell, column, drop_whitespace=False) if cell else []
        for cell, column in zip(cells, columns, strict=True)
    ]
    for number in range(max(1, *map(len, pieces))):
        texts = [
            piece[number].strip()
            if number and number < len(piece)
            else piece[number]
            if number < len(piece)
            else ""
            for piece in pieces
        ]
        line: Line = [(f"{mark if not number else ' '} ", style)]
        for text, column in zip(texts[:-1], columns, strict=False):
            line.append((f"{text:<{column}} ", base))
        yield [*line, (texts[-1], style or base)]


def _difference(place: str, difference: Difference, width: int, more: str = "") -> Iterator[Line]:
    yield from _labelled("  ✗ ", f"{place}{difference}{more}", width, "wrong")


def _frames(picture: Picture) -> str:
    owned = ", ".join(f"{count} {whose}" for whose, count in picture.owners)
    return f"The host's frames: {owned}."
