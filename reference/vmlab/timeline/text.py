"""A timeline as lines of text; styles are named, and applied by whoever prints them."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from .lanes import Lane, Lanes, cut
from .record import Fate, Timeline
from .summary import Summary, idle_ticks, summarize
from .words import Kind, LogLine, log

Line = list[tuple[str, str]]
"""Pieces of text, each with the name of its style: "", title, dim, wrong, old, right, table."""
NAME = 17
"""Columns of a lane's name."""
BLOCKS = "▁▂▃▄▅▆▇█"
"""For the share of a column in which a VM ran."""
MARK = 10
"""Columns between two times on the scale."""
FATES = (Fate.SAME, Fate.EMULATED, Fate.INJECTED, Fate.LAST)
LEGEND = (
    f"{BLOCKS[0]} to {BLOCKS[-1]}: for how much of the column the VM ran. Digits: how often; "
    "+ ten times or more, # a hundred. Injected: t timer, s software, e external interrupt, "
    "f exception."
)


def lines(timeline: Timeline, width: int) -> Iterator[Line]:
    """Return the whole picture, for a terminal of so many columns, 80 at least."""
    yield [(timeline.title, "title")]
    for label, said in timeline.said:
        yield from _labelled(f"  {label:<10} ", said, width)
    yield []
    whole = cut(timeline, width - NAME - 1)
    times = f"{timeline.start:,} to {timeline.end:,}"
    yield [(f"Host time {times}; a column is {many(whole.step, 'tick')}", "title")]
    yield [(" " * (NAME + 1), ""), (_scale(whole), "dim")]
    for lane in whole.lanes:
        yield from _lane(lane, whole)
    yield _cells("host waits", [_block(n, whole.step) for n in whole.idle], "dim", "dim")
    yield from _labelled("  ", LEGEND, width, "dim")
    yield []
    yield from _summary(timeline, width)
    yield []
    yield [("What happened", "title")]
    yield from _log(timeline, width)


def _labelled(label: str, text: str, width: int, style: str = "") -> Iterator[Line]:
    indent, first = " " * len(label), True
    for paragraph in text.splitlines() or [""]:
        for line in textwrap.wrap(paragraph, width - len(label)) or [""]:
            yield [(label if first else indent, "dim"), (line, style)]
            first = False


def _scale(whole: Lanes) -> str:
    text = ""
    for column in range(0, whole.count, MARK):
        if len(text) <= column:
            time = f"{whole.start + column * whole.step:,}"
            if column + len(time) <= whole.count:
                text = f"{text:<{column}}{time}"
                text += " "
    return text.rstrip()


def _lane(lane: Lane, whole: Lanes) -> Iterator[Line]:
    yield _cells(lane.name, [_block(n, whole.step) for n in lane.ran], "table", "title")
    if any(lane.events):
        bad = any(event.bad for column in lane.events for event in column)
        marks = [column[-1].mark if column else " " for column in lane.events]
        yield _cells("  events", marks, "wrong" if bad else "old")
    for cause, counts in lane.exits.items():
        yield _cells(f"  {cause.value}", [_digit(n) for n in counts])
    if any(lane.injected):
        cells = [found.most_common(1)[0][0] if found else " " for found in lane.injected]
        yield _cells("  injected", cells, "right")
    if any(lane.printed):
        yield _cells("  console", [_digit(n) for n in lane.printed])


def _cells(name: str, cells: Sequence[str], style: str = "", name_style: str = "dim") -> Line:
    label = name if len(name) <= NAME else f"{name[: NAME - 2]}.."
    return [(f"{label:<{NAME}} ", name_style), ("".join(cells), style)]


def _block(ticks: int, step: int) -> str:
    share = -(-min(ticks, step) * len(BLOCKS) // step)
    return BLOCKS[share - 1] if share else " "


def _digit(count: int) -> str:
    return " " if not count else str(count) if count < 10 else "+" if count < 100 else "#"


# The table


def _summary(timeline: Timeline, width: int) -> Iterator[Line]:
    found = summarize(timeline)
    length = max(1, timeline.length)
    for one in found:
        yield [(one.name, "title"), (f": {100 * one.ticks / length:.1f} % of the host's time", "")]
        yield from _labelled("  ", _numbers(one), width)
        yield from _exits(one)
        if one.injected:
            yield from _labelled("  injected        ", counted(one.injected), width)
    idle = idle_ticks(timeline)
    yield [("host waits", "title"), (f": {100 * idle / length:.1f} % of its time", "")]


def _numbers(one: Summary) -> str:
    return (
        f"{many(one.native, 'instruction')} native, {one.emulated:,} emulated "
        f"({100 * one.native_share:.2f} % native); {many(one.exits, 'exit')}, "
        f"{one.per_thousand:.2f} per 1,000 instructions; {many(one.printed, 'byte')} printed"
    )


def many(count: int, what: str) -> str:
    """Return such as "1 exit" or "2,000 exits"."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def _exits(one: Summary) -> Iterator[Line]:
    if one.fates:
        heads = "".join(f"{fate.value:>10}" for fate in FATES)
        yield [(f"  {'exits':<16}{heads}{'all':>10}", "dim")]
    for cause, fates in one.fates.items():
        counts = [*(fates[fate] for fate in FATES), sum(fates.values())]
        cells = "".join(f"{f'{count:,}' if count else '-':>10}" for count in counts)
        yield [(f"  {cause.value:<16}{cells}", "")]


def counted(counts: Counter[str]) -> str:
    """Return such as "12 STI, 1 load page fault"."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


# The log


def _log(timeline: Timeline, width: int) -> Iterator[Line]:
    for line in log(timeline):
        if isinstance(line, LogLine):
            yield from _log_line(timeline, line, width)
        else:
            yield [(f"{'...':>12}  {line}", "dim")]


def _log_line(timeline: Timeline, line: LogLine, width: int) -> Iterator[Line]:
    whose = "" if line.vmid is None else f"VM {line.vmid}: "
    times = f" ({line.times} times)" if line.times > 1 else ""
    became = f" -> {line.became}" if line.became else ""
    quiet = line.kind in (Kind.TIMER, Kind.PAGE) or line.vmid is None
    style = "wrong" if line.bad else "dim" if quiet else ""
    label = f"{line.at:>12,}  "
    yield from _labelled(label, f"{whose}{line.words}{became}{times}", width, style)
