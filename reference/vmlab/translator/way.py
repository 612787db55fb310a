"""The ways through a turn of a loop, and how registers move on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..isa import Decoded, Kind
from .flow import Node
from .liveness import reads
from .motion import Motion, Moved, after, join, where
from .structure import Goto, If, Item, Join, Reach, Straight


class Seen(NamedTuple):
    """An instruction on the way through a turn."""

    node: Node
    pc: int
    decoded: Decoded
    first: Moved | None
    """What rs1 holds."""
    second: Moved | None
    """What rs2 holds."""
    known: frozenset[int]
    """The source registers of which is known what they hold."""
    result: Moved | None
    """What rd holds thereafter."""


class Count(NamedTuple):
    """How many instructions there are on the ways to a place."""

    first: int
    """On the first way that leads there."""
    most: int

    def more(self) -> Count:
        """Return the count behind one more instruction."""
        return Count(self.first + 1, self.most + 1)

    def join(self, other: Count) -> Count:
        """Return the count where another way meets."""
        return Count(self.first, max(self.most, other.most))


class End(NamedTuple):
    """Where a turn ends and the next begins."""

    goto: Goto
    node: Node
    """The last one."""
    motion: Motion
    length: Count
    """Instructions in the turn."""


@dataclass
class Way:
    """All ways through a turn of a loop, which begins at `head`."""

    head: int
    unknown: frozenset[int] = frozenset()
    """Registers of which is not known what they hold when a turn begins."""
    certain: dict[int, bool] = field(default_factory=dict)
    """Branches that only go one way, by their addresses: whether they are taken."""
    seen: list[Seen] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    """Registers that two ways move differently where they meet."""
    branches: list[tuple[If, Seen]] = field(default_factory=list)
    _reached: dict[int, tuple[Motion, Count]] = field(default_factory=dict)

    def walk(self, items: list[Item]) -> Way:
        """Go all the ways; return itself."""
        self._items(items, dict.fromkeys(self.unknown), Count(0, 0), None)
        return self

    def _items(self, items: list[Item], motion: Motion, count: Count, node: Node | None) -> None:
        for item in items:
            match item:
                case Straight(node):
                    for pc, decoded in node.instructions:
                        if decoded.instruction.kind is not Kind.BRANCH:
                            self._see(node, pc, decoded, motion)
                            count = count.more()
                case If(node=node, then=then, otherwise=otherwise):
                    pc, decoded = node.instructions[-1]
                    self._see(node, pc, decoded, motion)
                    self.branches.append((item, self.seen[-1]))
                    count = count.more()
                    if self.certain.get(pc, True):
                        self._items(then, dict(motion), count, node)
                    if not self.certain.get(pc, False):
                        self._items(otherwise, dict(motion), count, node)
                case Goto(target):
                    if target == self.head and node is not None:
                        self.ends.append(End(item, node, motion, count))
                    return
                case Reach(target):
                    if target in self._reached:
                        other, first = self._reached[target]
                        self.lost |= join(other, motion)
                        self._reached[target] = other, first.join(count)
                    else:
                        self._reached[target] = motion, count
                    return
                case Join(target):
                    if target not in self._reached:
                        return
                    motion, count = self._reached.pop(target)

    def _see(self, node: Node, pc: int, decoded: Decoded, motion: Motion) -> None:
        kind, sources = decoded.instruction.kind, frozenset(reads(decoded))
        known = frozenset(number for number in sources if where(motion, number))
        first, second = where(motion, decoded.rs1), where(motion, decoded.rs2)
        result = None
        if kind not in (Kind.BRANCH, Kind.STORE, Kind.FENCE) and decoded.rd:
            result = motion[decoded.rd] = after(motion, pc, decoded)
        self.seen.append(Seen(node, pc, decoded, first, second, known, result))
