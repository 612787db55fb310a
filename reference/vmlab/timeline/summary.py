"""What the VMs came to, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .record import Fate, Timeline
from .words import Kind, cause_words, kind


@dataclass
class Summary:
    """One VM's numbers."""

    vmid: int
    name: str
    native: int = 0
    """Instructions that retired in the guest's own hands."""
    emulated: int = 0
    """Instructions that the VMM carried out."""
    exits: int = 0
    ticks: int = 0
    """Host time in which it had the processor, exits included."""
    fates: dict[Kind, Counter[Fate]] = field(default_factory=dict)
    """Exits by cause, and what became of them."""
    injected: Counter[str] = field(default_factory=Counter)
    """Injected traps, by name."""
    printed: int = 0
    """Bytes on the console."""

    @property
    def per_thousand(self) -> float:
        """Exits per thousand instructions."""
        return 1000 * self.exits / max(1, self.native + self.emulated)

    @property
    def native_share(self) -> float:
        """Of all its instructions, those that retired natively; 0 to 1."""
        return self.native / max(1, self.native + self.emulated)


def summarize(timeline: Timeline) -> list[Summary]:
    """Count for each VM."""
    found = {vmid: Summary(vmid, timeline.label(vmid)) for vmid in timeline.names}
    for entry in timeline.entries:
        one = found.setdefault(entry.vmid, Summary(entry.vmid, timeline.label(entry.vmid)))
        one.native += entry.exit.retired
        one.exits += 1
        one.emulated += entry.fate is Fate.EMULATED
        one.ticks += min(entry.until, timeline.end) - max(entry.at, timeline.start)
        one.fates.setdefault(kind(entry.exit), Counter())[entry.fate] += 1
        if entry.injected is not None:
            one.injected[cause_words(entry.injected)] += 1
    for _, vmid, _ in timeline.output:
        if vmid in found:
            found[vmid].printed += 1
    for one in found.values():
        one.fates = {cause: one.fates[cause] for cause in Kind if cause in one.fates}
    return list(found.values())


def idle_ticks(timeline: Timeline) -> int:
    """Return how long the host waited."""
    return sum(
        min(idle.until, timeline.end) - max(idle.at, timeline.start) for idle in timeline.idles
    )
