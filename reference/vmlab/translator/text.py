"""A region's source while it is written: lines, and what an exception in one of them means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .flow import Node
from .structure import Item


class Place(NamedTuple):
    """What must be known of a line to leave the function there."""

    pc: int
    """Address of the line's instruction, which did not retire."""
    retired: int
    """Instructions that retired before it since `n`."""
    halves: frozenset[int]
    """Registers that are sign extensions of the low 32 bits of their variables."""
    turns: str = "0"
    """Expression for how many retired in the turns of a stretch before this one."""
    virtual: tuple[tuple[int, str], ...] = ()
    """Registers that the stretch does not write, and expressions for what they hold."""


@dataclass
class Source:
    """A region as Python source, and what belongs to it."""

    text: str
    places: list[Place | None]
    """For each line what an exception in it means."""
    heads: list[int]
    """Addresses of the arms, by number."""
    exits: list[int]
    """Where ways out lead; their numbers begin behind the arms' and the one of jumps to other
    places."""
    longest: int
    """Instructions that can retire between two checks of the limit."""
    written: list[int]
    """Registers that the region may change."""
    waits: dict[int, int]
    """How many instructions loops wait before they begin a stretch of turns, by their heads."""


@dataclass
class Line:
    """A line of source."""

    indent: int
    text: str
    place: Place | None


@dataclass
class Outline:
    """What the arms of a region share."""

    nodes: dict[int, Node]
    words: frozenset[int]
    """Registers that hold signed numbers of 32 bits wherever arms begin and end."""
    live: dict[int, frozenset[int]]
    """For each node the registers that may be read from there on."""
    arms: dict[int, list[Item]]
    heads: list[int]
    """Addresses of the arms, the hottest first."""
    small: dict[int, int]
    """The arms that may be written again elsewhere, and how many instructions they have."""
    brief: frozenset[int]
    """Heads of loops that were never found to have many turns."""
    strays: set[int] = field(default_factory=set)
    """Registers among `words` that cannot stay there."""
    exits: dict[int, int] = field(default_factory=dict)
    """Numbers of the ways out, by where they lead."""
    longest: int = 1
    """As of `Source`."""
    waits: dict[int, int] = field(default_factory=dict)
    """As of `Source`."""
    status: bool = False
    """Whether an instruction works on `sstatus`."""
    numbers: dict[int, int] = field(init=False)
    """Numbers of the arms, by their heads."""

    def __post_init__(self) -> None:
        self.numbers = {pc: number for number, pc in enumerate(self.heads)}

    @property
    def dynamic(self) -> int:
        """Number of the way out of jumps to a place that only a register tells."""
        return len(self.heads)

    def number(self, pc: int) -> int:
        """Return the number of an arm, or of the way out that leads there."""
        return self.numbers[pc] if pc in self.numbers else self.exit(pc)

    def exit(self, pc: int) -> int:
        """Return the number of a way out."""
        return self.exits.setdefault(pc, self.dynamic + 1 + len(self.exits))
