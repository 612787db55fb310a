"""The words of a picture, in the terminal and in a browser: cells, marks, steps."""

from __future__ import annotations

from itertools import groupby

from .judge import Difference, State
from .picture import Picture, Step, words
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
VIEWS = 6
"""So many other contexts are told of."""
CALLS = 10
"""So many calls of a step are shown."""
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


def views(picture: Picture) -> list[str]:
    """Return the other contexts in which the guest was entered, with the shadow's root of each."""
    scene, found = picture.scene, []
    for view in scene.views:
        if view.context != scene.context:
            gone = "" if view.root in scene.tables else ", freed since"
            same = ", the same one" if view.root == scene.root else ""
            found.append(f"{words(view.context)}: shadow root {view.root:#x}{gone}{same}")
    left = len(found) - VIEWS
    return found if left < 2 else [*found[:VIEWS], f"{left} more"]


def shown_calls(step: Step) -> list[str]:
    """Return the calls of a step, without the middle of many."""
    if len(step.calls) <= CALLS:
        return step.calls
    left = len(step.calls) - CALLS + 1
    return [*step.calls[: CALLS - 3], f"... {left} more", *step.calls[-2:]]


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
