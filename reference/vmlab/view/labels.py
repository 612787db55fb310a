"""The words of a picture, in the terminal and in a browser: cells, marks, steps."""

from __future__ import annotations

from itertools import groupby

from .judge import Difference, State
from .picture import Picture, Step
from .rows import Cell, Row

MARKS = {
    State.RIGHT: "=",
    State.LESS: "-",
    State.LAZY: "·",
    State.NOTHING: " ",
    State.DEAD: "?",
    State.OLD: "~",
    State.WRONG: "✗",
}
RUN = 4
"""So many steps of one kind in a row are shown as two."""
FIRST, LAST = 6, 24
"""Steps that are shown of a long scenario."""


def guest(row: Row) -> str:
    """Say what the guest's tables have."""
    cell = row.guest
    if cell.empty:
        return "nothing"
    if row.table and cell.note == "table":
        return f"table {cell.to:#x}"
    note = f"({cell.note})" if cell.note == "splinter" else cell.note
    return f"{cell.to:#x} {cell.bits} {note}".rstrip()


def host(row: Row) -> str:
    """Say which frame the host's map has for that."""
    return row.host.note if row.host.to is None else _frame(row.host, row)


def shadow(row: Row) -> str:
    """Say what the shadow has."""
    cell = row.shadow
    if cell.empty:
        if row.state is State.LAZY:
            return "not there yet"
        return "none" if row.state is State.NOTHING or row.table else ""
    if row.table and cell.note == "table":
        return f"table {cell.to:#x}"
    return f"{_frame(cell, row)} {cell.bits} {cell.note and f'({cell.note})'}".rstrip()


def _frame(cell: Cell, row: Row) -> str:
    return f"{cell.to:#x}" + ".." * (row.count > 1)


def beside(picture: Picture) -> list[list[Difference]]:
    """Return for each row what the MMU wrongly remembers of its pages; at the end, of no row's."""
    found: list[list[Difference]] = [[] for _ in range(len(picture.rows) + 1)]
    for difference in picture.remembered:
        place = -1
        for number, row in enumerate(picture.rows):
            if not row.table and difference.virtual - row.virtual in range(row.count * row.size):
                place = number
        found[place].append(difference)
    return found


def legend(picture: Picture) -> list[tuple[str, str]]:
    """Return the marks that occur, with what they mean."""
    states = {row.state for row in picture.rows if row.state}
    return [
        (MARKS[state], state.value) for state in State if state in states and MARKS[state].strip()
    ]


def shown_steps(steps: list[Step]) -> list[Step | str]:
    """Return the steps to show, and in place of the others how many are left out."""
    shown: list[Step | str] = []
    for _, group in groupby(steps, key=lambda s: (s.kind, bool(s.breaks), s is steps[-1])):
        some = list(group)
        if len(some) > RUN and not some[0].breaks:
            shown += [some[0], f"{len(some) - 2} more like it", some[-1]]
        else:
            shown += some
    if len(shown) > FIRST + LAST:
        left = shown[FIRST:-LAST]
        numbers = [step.number for step in left if isinstance(step, Step)]
        text = f"steps {numbers[0]} to {numbers[-1]} are not shown"
        shown = [*shown[:FIRST], text, *shown[-LAST:]]
    return shown
