"""Blocks: code that is not hot, or not yet; and how hot it is.

A block is a run of instructions that is entered at its start and left at its end. Each instruction
is one of the interpreter's small functions (`vmlab.operations`), so that making a block is cheap,
and most code of a boot never becomes more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..isa import Decoded, Kind, decode
from ..lookaside import PAGE_MASK
from ..memory import Ram
from ..operations import Surroundings, by_the_book, operation
from .pages import CodePage

HOT = 200
"""Executions after which a block becomes the head of a region: about when that pays."""
LONGEST = 32
"""Instructions in a block."""
LINKS = (1, 5)
"""Registers that hold return addresses (Unprivileged manual, "Unconditional Jumps")."""
ENDS = {Kind.BRANCH, Kind.JUMP}


@dataclass(eq=False)
class Block:
    """Instructions that follow each other, in one page."""

    start: int
    """Virtual address."""
    operations: tuple[Callable[[], int], ...]
    stops: bool
    """Whether what stands behind them must go by the book."""
    last: Decoded | None
    """That instruction, if it is one."""
    page: CodePage
    addresses: tuple[int, ...]
    """Of the operations."""
    jumps: set[int] | None
    """Where the jump at its end has led, if that is worth knowing."""
    hot: int
    """The heat at which it becomes the head of a region."""
    heat: int = 0
    """How often it was executed."""

    def cool(self) -> None:
        """Let it become hot again: the region that it was in is gone."""
        self.hot = self.heat + HOT


def instruction(page: CodePage, pc: int, ram: Ram) -> Decoded | None:
    """Return the instruction at `pc`; None if it is none, or not wholly in the page.

    Its bytes are code from now on.
    """
    at = pc & PAGE_MASK
    page.frame.translated(at)
    page.frame.translated(min(at + 2, PAGE_MASK))
    offset = page.frame.offset + at
    low = ram.unsigned[2][offset >> 1]
    if low & 3 == 3:
        if at > PAGE_MASK - 3:
            return None
        low |= ram.unsigned[2][(offset >> 1) + 1] << 16
    return decode(low)


def block(page: CodePage, start: int, ram: Ram, x: list[int]) -> Block:
    """Return the block at `start`, made if it is not there yet."""
    known = page.blocks.get(start)
    if known is not None:
        return known
    functions: list[Callable[[], int]] = []
    addresses: list[int] = []
    decoded, stops = None, False
    pc, operations = start, page.operations
    while len(functions) < LONGEST and pc >> 12 == page.number:
        decoded = instruction(page, pc, ram)
        stops = decoded is None
        if decoded is None:
            break
        function = operations.get(pc)
        if function is None:
            around = Surroundings(x, ram, page.context, ())
            function = operations[pc] = operation(decoded, pc, around)
        stops = function is by_the_book
        if stops:
            break
        functions.append(function)
        addresses.append(pc)
        pc += decoded.length
        if decoded.instruction.kind in ENDS:
            break
    jumps = None
    if decoded is not None and not stops and _chooses(decoded):
        jumps = page.jumps.setdefault(addresses[-1], set())
    last = decoded if stops else None
    made = Block(start, tuple(functions), stops, last, page, tuple(addresses), jumps, HOT)
    page.blocks[start] = made
    return made


def _chooses(decoded: Decoded) -> bool:
    """Tell whether an instruction jumps to a register, and neither calls nor returns."""
    row = decoded.instruction
    return (
        row.kind is Kind.JUMP and "rs1" in row.needs and not decoded.rd and decoded.rs1 not in LINKS
    )
