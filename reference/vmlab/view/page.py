"""A picture as one page for a browser: nothing is loaded, nothing runs, everything is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from string import Template

from vmlab.bench.shadow_host import FIRST_FRAME

from . import labels
from .judge import Difference, State
from .page_style import PAGE
from .picture import Picture, Step, words
from .rows import Cell, Row
from .scene import WORDS

CELL, ACROSS = 14, 32
"""Pixels of a frame in the map of the host's memory, and frames in a line of it."""


def page(picture: Picture) -> str:
    """Return the page."""
    bad = picture.differences or picture.scene.root is None
    return Template(PAGE).substitute(
        title=escape(picture.title),
        verdict="bad" if bad else "good",
        count=picture.verdict,
        said="".join(
            f"<dt>{escape(label)}</dt><dd>{_lines(text)}</dd>" for label, text in picture.said
        ),
        steps="".join(_steps(picture)),
        context=escape(words(picture.scene.context)),
        views=_views(picture),
        rows="".join(_rows(picture)),
        legend="".join(
            f"<li><b>{escape(mark)}</b> {escape(text)}</li>"
            for mark, text in labels.legend(picture)
        ),
        walk=_walk(picture),
        found="".join(_note(difference) for difference in picture.found),
        frames=_frames(picture),
        owners="".join(
            f'<li><i class="{kind}"></i>{count} {escape(whose)}</li>'
            for kind, (whose, count) in zip(KINDS, picture.owners, strict=True)
        ),
    )


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())


def _note(difference: Difference) -> str:
    return f'<p class="note">✗ {escape(str(difference))}</p>'


def _steps(picture: Picture) -> Iterator[str]:
    last = picture.steps[-1] if picture.steps else None
    for step in labels.shown_steps(picture.steps):
        if not isinstance(step, Step):
            yield f'<li class="more">… {escape(step)}</li>'
            continue
        result = f'<span class="result">{escape(step.result)}</span>' if step.result else ""
        head = f'<span class="n">{step.number}</span> {escape(step.words)} {result}'
        if step.calls:
            calls = "".join(f"<li>{escape(call)}</li>" for call in labels.shown_calls(step))
            opened = " open" if step is last else ""
            head = f"<details{opened}><summary>{head}</summary><ul>{calls}</ul></details>"
        notes = "".join(_note(difference) for difference in step.breaks[:2])
        yield f'<li class="{"broke" if step.breaks else ""}">{head}{notes}</li>'


def _views(picture: Picture) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in labels.views(picture))
    return f'<p class="views">Entered before, as</p><ul class="views">{items}</ul>' if items else ""


def _rows(picture: Picture) -> Iterator[str]:
    scene = picture.scene
    guest, top = "none in use", ""
    if scene.context.translates:
        guest = f"table {scene.context.root:#x}"
        frame = scene.frame_of(scene.context.root)
        top = "" if frame is None else f"{frame:#x}"
    root = "none" if scene.root is None else f"table {scene.root:#x}"
    yield _line("table", "", "root", "", escape(guest), top, escape(root))
    for why in (picture.guest.wrong, picture.shadow.wrong):
        if why:
            yield _wide(f'<p class="note">{escape(why)}</p>')
    beside = labels.beside(picture)
    for row, remembered in zip(picture.rows, beside, strict=False):
        yield _entry(row)
        for difference in [row.difference, *remembered]:
            if difference is not None:
                yield _wide(_note(difference))
    for difference in beside[-1]:
        yield _wide(_note(difference))
    for tables, whose in ((picture.guest, "guest's tables"), (picture.shadow, "shadow")):
        if tables.cut:
            yield _wide(f"<p>the {whose} have more entries than are drawn</p>")


def _entry(row: Row) -> str:
    name = "table" if row.table else row.state.name.lower() if row.state else ""
    mark = labels.MARKS[row.state] if row.state else ""
    address = f'<span class="in{2 - row.level}">{row.virtual:#x}</span>'
    if row.summed:
        return (
            f'<tr class="{name}"><td>{escape(mark)}</td><th scope="row">{address}</th>'
            f'<td colspan="4">{escape(row.summed)}</td></tr>'
        )
    return _line(
        name,
        mark,
        address,
        row.many.replace("x", "×"),
        _cell(labels.guest(row), row.guest),
        escape(labels.host(row)),
        _cell(labels.shadow(row), row.shadow),
    )


def _line(name: str, mark: str, address: str, many: str, guest: str, host: str, shadow: str) -> str:
    return (
        f'<tr class="{name}"><td class="mark">{escape(mark)}</td><th scope="row">{address}</th>'
        f'<td class="many">{many}</td><td class="guest">{guest}</td>'
        f'<td class="host">{host}</td><td class="shadow">{shadow}</td></tr>'
    )


def _wide(content: str) -> str:
    return f'<tr class="wide"><td></td><td colspan="5">{content}</td></tr>'


def _cell(text: str, cell: Cell) -> str:
    """Return a cell's words, with the bits as boxes."""
    if not cell.bits or cell.bits not in text:
        return escape(text)
    before, _, after = text.partition(cell.bits)
    boxes = "".join(
        "<s>·</s>" if letter == "." else f'<b class="{letter}">{letter}</b>' for letter in cell.bits
    )
    return f'{escape(before)}<span class="bits">{boxes}</span>{escape(after)}'


def _walk(picture: Picture) -> str:
    if picture.walk is None:
        return ""
    what, steps = picture.walk
    items = "".join(f"<li>{escape(step)}</li>" for step in steps)
    note = _note(picture.access) if picture.access else ""
    head = f"<h2>The guest's own walk for {escape(what)}</h2>"
    return f'<section>{head}<ol class="walk">{items}</ol>{note}</section>'


KINDS = ("mine", "tables", "free", "other")


def _frames(picture: Picture) -> str:
    """Draw whose each frame of the host's memory is."""
    scene = picture.scene
    total = len(scene.words) // WORDS
    high = -(-total // ACROSS) * CELL
    wrong = set(_wrong_frames(picture.rows))
    rects = []
    for number in range(total):
        frame = FIRST_FRAME + number
        page = scene.guest_page(frame)
        kind = (
            "tables"
            if frame in scene.tables
            else "mine"
            if page is not None
            else "free"
            if frame in scene.free
            else "other"
        )
        more = " root" * (frame == scene.root) + " hit" * (frame in wrong)
        rects.append(
            f'<rect class="{kind}{more}" x="{number % ACROSS * CELL}" y="{number // ACROSS * CELL}"'
            f"><title>frame {frame:#x}: {escape(scene.owner(frame))}</title></rect>"
        )
    return (
        f'<svg viewBox="-1 -1 {ACROSS * CELL + 2} {high + 2}" role="img" '
        f'aria-label="whose the host\'s frames are">{"".join(rects)}</svg>'
    )


def _wrong_frames(rows: Iterable[Row]) -> Iterator[int]:
    """Return the frames that wrong leaves lead to."""
    for row in rows:
        if row.state is State.WRONG and row.shadow.to is not None:
            yield row.shadow.to
