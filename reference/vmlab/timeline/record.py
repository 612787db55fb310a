"""What the hardware saw of a VMM at work: plain records, each at a time of the host's clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from vmlab.hart import Mode
from vmlab.trap import INTERRUPT_BIT, Exit


class Fate(Enum):
    """What the VMM did about an exit, read off the vCPU at the next entry."""

    SAME = "went on"
    """The guest goes on where it was: a page was filled in, or the host's interrupt was served."""
    EMULATED = "emulated"
    """The instruction is done: the guest goes on behind it, or where it leads."""
    INJECTED = "injected"
    """The guest is in its trap handler, and the instruction is not done."""
    LAST = "last"
    """The guest was not entered again."""


@dataclass(frozen=True)
class Entry:
    """One stay of a guest on the processor: from its entry to its exit."""

    at: int
    """`mtime` of the host at the entry."""
    vmid: int
    exit: Exit
    pc: int = 0
    """The guest's at the exit."""
    mode: Mode = Mode.M
    """The guest's virtual mode at the exit."""
    fate: Fate = Fate.LAST
    injected: int | None = None
    """The cause of the trap that the guest was sent into, as its CSR shows it; None if none."""

    @property
    def until(self) -> int:
        """`mtime` of the host after the exit, which itself takes one tick."""
        return self.at + self.exit.retired + 1

    @property
    def interrupted(self) -> bool:
        """Whether the guest was sent into the handler of an interrupt."""
        return self.injected is not None and bool(self.injected & INTERRUPT_BIT)


@dataclass(frozen=True)
class Idle:
    """A stretch in which the host waited for an interrupt."""

    at: int
    until: int


@dataclass(frozen=True)
class Event:
    """Something that was done to a VM, or became of it."""

    at: int
    words: str
    vmid: int | None = None
    mark: str = "*"
    """One letter for the lane."""
    bad: bool = False
    """Whether a VM came to harm, or the test failed."""


@dataclass
class Timeline:
    """All that is drawn."""

    title: str
    said: tuple[tuple[str, str], ...] = ()
    """Labelled texts: how the test ended."""
    names: dict[int, str] = field(default_factory=dict)
    """The VMs, in the order in which they were first heard of."""
    entries: list[Entry] = field(default_factory=list)
    idles: list[Idle] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    output: list[tuple[int, int, int]] = field(default_factory=list)
    """(time, vmid, byte) of what the host's console got."""
    start: int = 0
    end: int = 0

    @property
    def length(self) -> int:
        """Ticks from start to end."""
        return self.end - self.start

    def between(self, start: int, end: int) -> Timeline:
        """Return what lies in a stretch of time; what reaches into it is kept whole."""
        return replace(
            self,
            entries=[e for e in self.entries if e.at < end and e.until > start],
            idles=[i for i in self.idles if i.at < end and i.until > start],
            events=[e for e in self.events if start <= e.at <= end],
            output=[o for o in self.output if start <= o[0] <= end],
            start=start,
            end=end,
        )

    def label(self, vmid: int) -> str:
        """Return such as "VM 1 ticks"."""
        return f"VM {vmid} {self.names.get(vmid, '')}".rstrip()
