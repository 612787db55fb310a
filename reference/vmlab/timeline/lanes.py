"""A timeline cut into columns: for each VM what fell into each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from vmlab.trap import INTERRUPT_BIT, Irq

from .record import Entry, Event, Timeline
from .words import Kind, kind

STEPS = (1, 2, 5)
"""Round numbers are one of these times a power of ten."""
LETTERS: dict[int, str] = {
    Irq.SSI: "s",
    Irq.MSI: "s",
    Irq.STI: "t",
    Irq.MTI: "t",
    Irq.SEI: "e",
    Irq.MEI: "e",
}
"""Injected interrupts: software, timer, external."""
FAULT = "f"
"""Injected exceptions."""


@dataclass
class Lane:
    """One VM, column by column."""

    vmid: int
    name: str
    ran: list[int]
    """Ticks in which it had the processor."""
    exits: dict[Kind, list[int]]
    """By cause; only causes that there were."""
    injected: list[Counter[str]]
    """How many traps were injected, by letter."""
    printed: list[int]
    """Bytes."""
    events: list[list[Event]]


@dataclass
class Lanes:
    """The whole of it."""

    start: int
    step: int
    """Ticks of a column."""
    count: int
    """Columns."""
    lanes: list[Lane] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    """Ticks in which the host waited."""


def cut(timeline: Timeline, columns: int) -> Lanes:
    """Cut a timeline into so many columns at most, of a round number of ticks each."""
    step = round_up(-(-timeline.length // columns))
    count = max(1, -(-timeline.length // step))
    whole = Lanes(timeline.start, step, count)
    whole.idle = _spread(whole, [(idle.at, idle.until) for idle in timeline.idles])
    mine: dict[int, list[Entry]] = {vmid: [] for vmid in timeline.names}
    for entry in timeline.entries:
        mine.setdefault(entry.vmid, []).append(entry)
    for vmid, entries in mine.items():
        lane = Lane(
            vmid,
            timeline.label(vmid),
            _spread(whole, [(entry.at, entry.until) for entry in entries]),
            {},
            [Counter() for _ in range(count)],
            [0] * count,
            [[] for _ in range(count)],
        )
        for entry in entries:
            column = _column(whole, entry.until - 1)
            lane.exits.setdefault(kind(entry.exit), [0] * count)[column] += 1
            if entry.injected is not None:
                lane.injected[column][letter(entry.injected)] += 1
        lane.exits = {cause: lane.exits[cause] for cause in Kind if cause in lane.exits}
        whole.lanes.append(lane)
    by_vmid = {lane.vmid: lane for lane in whole.lanes}
    for at, vmid, _ in timeline.output:
        if vmid in by_vmid:
            by_vmid[vmid].printed[_column(whole, at)] += 1
    for event in timeline.events:
        if event.vmid in by_vmid:
            by_vmid[event.vmid].events[_column(whole, event.at)].append(event)
    return whole


def letter(cause: int) -> str:
    """Return the letter of an injected trap."""
    return LETTERS.get(cause & ~INTERRUPT_BIT, FAULT) if cause & INTERRUPT_BIT else FAULT


def round_up(ticks: int) -> int:
    """Return the next number that is 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= ticks:
                return step * power
        power *= 10


def _column(whole: Lanes, at: int) -> int:
    return min(max(at - whole.start, 0) // whole.step, whole.count - 1)


def _spread(whole: Lanes, spans: Iterable[tuple[int, int]]) -> list[int]:
    """Return how many ticks of each column lie in the spans."""
    found = [0] * whole.count
    end = whole.start + whole.count * whole.step
    for start, until in spans:
        at, until = max(start, whole.start), min(until, end)
        while at < until:
            column = (at - whole.start) // whole.step
            edge = min(until, whole.start + (column + 1) * whole.step)
            found[column] += edge - at
            at = edge
    return found
