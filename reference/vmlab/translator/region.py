"""A region: hot code as one Python function, and how it is left in the middle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any

from ..hart import MASK64, HartState
from ..isa import arithmetic
from ..isa.arithmetic import s32, s64
from ..memory import Ram
from . import emit
from .blocks import Block
from .flow import Node
from .liveness import ALL
from .pages import CodePage
from .structure import arms
from .text import Source
from .values import SIGN

if TYPE_CHECKING:
    from .engine import Translator

Function = Callable[[int, int], tuple[int, int]]


@dataclass(eq=False, slots=True)
class Entry:
    """A place where a region can be entered."""

    region: Region
    arm: int
    function: Function
    """Takes the number of an arm and `bound`; returns how many instructions retired, fewer than
    `bound` + `longest`, and where to go on. If none did, it cannot be entered with these
    registers."""
    longest: int
    block: Block
    """What to run instead when fewer than `longest` instructions may retire."""
    heat: int = 0
    """How often it was entered."""
    refused: int = 0
    """How often it could not be entered."""
    hot: int = 0
    """The heat at which a larger region is made; 0 if that never happens."""


@dataclass(eq=False)
class Region:
    """A region's function and where it came from."""

    source: Source
    nodes: frozenset[int]
    """Addresses of its nodes."""
    pages: list[CodePage]
    generation: int
    """How often the region at this head was made anew, larger."""
    wait: list[int]
    """How many instructions its loops wait now before they begin a stretch of turns."""
    words: frozenset[int]
    """Registers that held signed numbers of 32 bits when it was made, and when it was refused."""
    entries: dict[int, Entry] = field(default_factory=dict)
    """By virtual address."""

    def brief(self) -> list[int]:
        """Return the heads of the loops that had no more than a few turns when they last could."""
        return [head for head, now in zip(self.source.waits, self.wait, strict=True) if now]

    def install(self) -> None:
        """Put the region to use if all of its pages are in use."""
        if all(page.in_use for page in self.pages):
            self.pages[0].context.code.update(self.entries)

    def remove(self) -> None:
        """Forget the region: some of its code has changed."""
        code = self.pages[0].context.code
        for pc, entry in self.entries.items():
            if code.get(pc) is entry:
                del code[pc]
            entry.block.cool()
        for page in self.pages:
            if self in page.regions:
                page.regions.remove(self)

    def refuse(self, x: list[int]) -> None:
        """Trust only those registers that are words also now, when it cannot be entered."""
        self.words = words(x, self.words)

    def stopped(self, traceback: TracebackType, x: list[int]) -> tuple[int, int] | None:
        """Bring the registers up to date after an exception in the function.

        Returns the address of the instruction that raised, and how many retired before it; None if
        the exception does not come from an instruction.
        """
        place = self.source.places[traceback.tb_lineno - 1]
        if place is None:
            return None
        values = traceback.tb_frame.f_locals
        for number in self.source.written:
            value = values[f"x{number}"]
            x[number] = (s32(value) if number in place.halves else value) & MASK64
        for number, held in place.virtual:
            x[number] = eval(_expression(held), {}, values) & MASK64
        turns: int = eval(_expression(place.turns), {}, values)
        return place.pc, values["n"] + turns + place.retired


class _Targets(dict[int, int]):
    """Numbers of arms by (signed) address; every other address becomes where the way out leads."""

    def __init__(self, pcs: list[int], arms: int) -> None:
        super().__init__({(pc ^ SIGN) - SIGN: number for number, pc in enumerate(pcs[:arms])})
        self._pcs = pcs
        self._other = arms

    def __missing__(self, address: int) -> int:
        self._pcs[self._other] = address & MASK64 & ~1  # as `jalr` does
        return self._other


@lru_cache(maxsize=128)
def _compiled(text: str, name: str) -> CodeType:
    """Compile a region; the same kernel on another machine often has the same ones."""
    return compile(text, name, "exec")


@lru_cache(maxsize=1 << 10)
def _expression(text: str) -> CodeType:
    """Compile an expression over a region's variables."""
    return compile(text, "<region>", "eval")


def words(x: list[int], among: frozenset[int] = ALL) -> frozenset[int]:
    """Return the registers that hold signed numbers of 32 bits."""
    return frozenset(number for number in among if s64(x[number]) == s32(x[number]))


def translate(
    nodes: dict[int, Node],
    head: int,
    engine: Translator,
    ram: Ram,
    hart: HartState,
    block: Callable[[CodePage, int], Block],
    generation: int,
    trusted: frozenset[int],
) -> Region:
    """Make the region of these nodes and put it to use.

    It may rely on `trusted` registers that hold signed numbers of 32 bits now to do so always.
    """
    x = hart.x
    narrow = words(x, trusted)
    pages = list({id(node.page): node.page for node in nodes.values()}.values())
    brief = frozenset(at for page in pages for region in page.regions for at in region.brief())
    source = emit.source(nodes, arms(nodes, head), narrow, brief)
    wait = list(source.waits.values())
    pcs = [*source.heads, 0, *source.exits]
    context = nodes[head].page.context
    scope: dict[str, Any] = dict(vars(arithmetic))
    scope.update(
        x=x,
        hart=hart,
        engine=engine,
        pcs=pcs,
        targets=_Targets(pcs, len(source.heads)),
        loads=context.loads,
        stores=context.stores,
        wait=wait,
    )
    for width in (1, 2, 4, 8):
        scope[f"s{width}"] = ram.signed[width]
        scope[f"u{width}"] = ram.unsigned[width]
        scope[f"loads{width}"] = context.loads.numbers[width]
        scope[f"stores{width}"] = context.stores.alone[width]
        scope[f"groups_of_loads{width}"] = context.loads.numbers[width]
        scope[f"groups_of_stores{width}"] = context.stores.numbers[width]
    exec(_compiled(source.text, f"<region {head:#x}>"), scope)
    function = scope[emit.NAME]
    region = Region(source, frozenset(nodes), pages, generation, wait, narrow)
    for arm, pc in enumerate(source.heads):
        entry = Entry(region, arm, function, source.longest, block(nodes[pc].page, pc))
        region.entries[pc] = entry
    for page in pages:
        page.regions.append(region)
    region.install()
    return region
