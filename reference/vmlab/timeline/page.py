"""A timeline as one page for a browser: nothing is loaded, nothing runs, everything is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from string import Template

from .chart import chart
from .lanes import cut
from .page_style import PAGE
from .record import Timeline
from .summary import Summary, idle_ticks, summarize
from .text import FATES, counted, many
from .words import Kind, LogLine, log

COLUMNS = 240
FIRST, LAST = 200, 800
"""Lines of a long log that are shown."""


def page(timeline: Timeline) -> str:
    """Return the page."""
    whole, found = cut(timeline, COLUMNS), summarize(timeline)
    harmed = {event.vmid for event in timeline.events if event.bad}
    return Template(PAGE).substitute(
        title=escape(timeline.title),
        verdict="bad" if harmed else "good",
        count=many(len(found), "VM") + f", {len(harmed)} harmed" * bool(harmed),
        said="".join(
            f"<dt>{escape(label)}</dt><dd>{_breaks(text)}</dd>" for label, text in timeline.said
        ),
        times=f"{timeline.start:,} to {timeline.end:,}",
        step=many(whole.step, "tick"),
        chart=chart(timeline, whole),
        summary="".join(_summary(timeline, found)),
        fates="".join(f'<th scope="col" class="number">{fate.value}</th>' for fate in FATES),
        exits="".join(row for one in found for row in _exits(one)),
        log="".join(_log(timeline)),
        consoles="".join(_consoles(timeline)) or "<p>Nothing.</p>",
    )


def _breaks(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())


def _number(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _share(ticks: int, timeline: Timeline) -> str:
    return _number(f"{100 * ticks / max(1, timeline.length):.1f} %")


def _summary(timeline: Timeline, found: list[Summary]) -> Iterator[str]:
    for one in found:
        yield (
            f'<tr><th scope="row">{escape(one.name)}</th>{_share(one.ticks, timeline)}'
            f"{_number(f'{one.native:,}')}{_number(f'{one.emulated:,}')}"
            f"{_number(f'{one.exits:,}, {one.per_thousand:.2f}')}"
            f'<td class="words">{escape(counted(one.injected))}</td></tr>'
        )
    yield (
        f'<tr><th scope="row">the host waits</th>{_share(idle_ticks(timeline), timeline)}'
        '<td colspan="4"></td></tr>'
    )


def _exits(one: Summary) -> Iterator[str]:
    first = True
    for cause, fates in one.fates.items():
        counts = [*(fates[fate] for fate in FATES), sum(fates.values())]
        cells = "".join(_number(f"{count:,}" if count else "-") for count in counts)
        head = f'<th scope="row">{escape(one.name)}</th>' if first else "<td></td>"
        start = ' class="first"' if first else ""
        yield f"<tr{start}>{head}<td>{escape(cause.value)}</td>{cells}</tr>"
        first = False


def _log(timeline: Timeline) -> Iterator[str]:
    for line in log(timeline, FIRST, LAST):
        if not isinstance(line, LogLine):
            yield f'<tr class="quiet"><td></td><td></td><td colspan="2">… {escape(line)}</td></tr>'
            continue
        name = "bad" if line.bad else "quiet" if line.kind in (Kind.TIMER, Kind.PAGE) else ""
        whose = "" if line.vmid is None else timeline.label(line.vmid)
        times = f" ({line.times} times)" if line.times > 1 else ""
        yield (
            f'<tr class="{name}">{_number(f"{line.at:,}")}<td>{escape(whose)}</td>'
            f'<td class="words">{escape(line.words)}{times}</td>'
            f'<td class="words">{escape(line.became)}</td></tr>'
        )


def _consoles(timeline: Timeline) -> Iterator[str]:
    for vmid in timeline.names:
        text = bytes(byte for _, whose, byte in timeline.output if whose == vmid)
        if text:
            shown = escape(text.decode("ascii", "backslashreplace"))
            yield f"<h3>{escape(timeline.label(vmid))}</h3><pre>{shown}</pre>"
