"""The lanes of a timeline as an SVG drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import log2

from .lanes import Lane, Lanes, round_up
from .record import Timeline

LEFT, WIDTH = 150, 1050
"""Where time begins, and how long it is; in the drawing's own units."""
RUN, ROW, GAP = 20, 14, 12
"""How high a VM's lane is, each row below it, and the space to the next VM."""
TICKS = 8
"""About so many times stand on the scale."""


def chart(timeline: Timeline, whole: Lanes) -> str:
    """Draw."""
    drawing = _Drawing(whole)
    for lane in whole.lanes:
        drawing.lane(lane)
    drawing.row("the host waits", "idle", whole.idle, lambda n: f"waits {n:,} ticks", whole.step)
    drawing.scale()
    return (
        f'<svg viewBox="0 0 {LEFT + WIDTH + 20} {drawing.y + 20}" role="img" '
        f'aria-label="{escape(timeline.title)}">{"".join(drawing.pieces)}</svg>'
    )


class _Drawing:
    def __init__(self, whole: Lanes) -> None:
        self.whole = whole
        self.y = 22
        self.pieces: list[str] = []
        self._wide = WIDTH / whole.count

    def x(self, column: int) -> float:
        return LEFT + column * self._wide

    def lane(self, lane: Lane) -> None:
        step = self.whole.step
        self.pieces += self._events(lane)
        self.row(lane.name, "run", lane.ran, lambda n: f"runs {n:,} ticks", step, RUN, "vm")
        for cause, counts in lane.exits.items():
            name = cause.value
            self.row(name, cause.name.lower(), counts, _times(name))
        injected = [found.total() for found in lane.injected]
        if any(injected):
            self.row("injected", "injected", injected, _times("injected"))
        if any(lane.printed):
            self.row("console", "console", lane.printed, lambda n: f"{n:,} bytes printed")
        self.y += GAP

    def row(
        self,
        name: str,
        kind: str,
        counts: Sequence[int],
        said: Callable[[int], str],
        most: int | None = None,
        high: int = ROW,
        label: str = "",
    ) -> None:
        """Draw bars; of `most` they are a share, else the taller the more, by powers of two."""
        bottom = self.y + high
        self.pieces.append(
            f'<text class="{label}" x="{4 if label else 14}" y="{bottom - 3}">{escape(name)}</text>'
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{bottom}" y2="{bottom}"/>'
        )
        for column, count in enumerate(counts):
            if count:
                share = count / most if most else 0.3 + log2(count) / 10
                tall = max(1.5, min(1.0, share) * (high - 2))
                self.pieces.append(
                    f'<rect class="{kind}" x="{self.x(column):.2f}" y="{bottom - tall:.2f}" '
                    f'width="{max(1.0, self._wide - 0.4):.2f}" height="{tall:.2f}">'
                    f"<title>{self._when(column)}: {escape(said(count))}</title></rect>"
                )
        self.y = bottom

    def _when(self, column: int) -> str:
        start = self.whole.start + column * self.whole.step
        return f"{start:,} to {start + self.whole.step:,}"

    def _events(self, lane: Lane) -> Iterator[str]:
        if any(lane.events):
            self.y += ROW
        for column, events in enumerate(lane.events):
            if events:
                bad = " bad" * any(event.bad for event in events)
                said = "; ".join(f"{event.at:,}: {event.words}" for event in events)
                yield (
                    f'<text class="event{bad}" x="{self.x(column) + self._wide / 2:.2f}" '
                    f'y="{self.y - 2}">{escape(events[-1].mark)}'
                    f"<title>{escape(said)}</title></text>"
                )

    def scale(self) -> None:
        """Write times above the lanes."""
        every = round_up(-(-self.whole.count // TICKS) * self.whole.step) // self.whole.step
        for column in range(0, self.whole.count, every):
            time, x = self.whole.start + column * self.whole.step, self.x(column)
            self.pieces.append(
                f'<text class="tick" x="{x:.2f}" y="12">{time:,}</text>'
                f'<line x1="{x:.2f}" x2="{x:.2f}" y1="16" y2="{self.y}"/>'
            )


def _times(name: str) -> Callable[[int], str]:
    return lambda count: f"{name}, {count:,} time{'s' * (count != 1)}"
