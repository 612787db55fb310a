"""Where loads and stores find their data: an item of RAM by way of the TLB, or several at once.

One look-up of the address gives the number of the item, or a KeyError (see `vmlab.lookaside`).

Code often uses one base register several times: a stack frame, a record. The look-up is then made
once for all of the *group*, if they lie in one page; else the group's variable is 0, and each makes
its own.
"""

from __future__ import annotations

from typing import NamedTuple

from ..isa import Decoded, Kind
from ..lookaside import PAGE_MASK
from .flow import Node
from .values import Value, add, constant

FEWEST = 3
"""Members that make a group pay."""
TABLES = {Kind.LOAD: "loads", Kind.STORE: "stores"}
PAGE = PAGE_MASK + 1
ADDRESSES = (-(1 << 57), 1 << 57)
"""Between them lies, as a signed number, whatever the tables know, and what is near to it: virtual
addresses have 39 bits with their sign, physical ones 56. So a pointer that is stepped on, after it
was used, does not wrap."""
NO_SECOND_ADDRESS = (ADDRESSES[1] - (1 << 64), ADDRESSES[0] + (1 << 64))
"""Between them, no number outside of `ADDRESSES` is congruent to one that is inside."""


class Group(NamedTuple):
    """Loads, or stores, of one width that have the same base register."""

    table: str
    width: int
    base: int

    @property
    def name(self) -> str:
        """The variable with the number, among items of this width, of what the base points to."""
        return f"{self.table}{self.width}_{self.base}"


Span = tuple[int, int]
"""The least and greatest offset from the base."""


def group(decoded: Decoded) -> Group | None:
    """Return the group that a load or store could be in."""
    row = decoded.instruction
    if row.kind not in TABLES or not decoded.rs1 or decoded.imm % row.width:
        return None
    return Group(TABLES[row.kind], row.width, decoded.rs1)


def plan(node: Node) -> dict[int, Span]:
    """Return the spans of the groups in a node that pay, by the first member's address."""
    spans: dict[int, Span] = {}
    begun: dict[Group, tuple[int, Span, int]] = {}
    for pc, decoded in node.instructions:
        key, at = group(decoded), decoded.imm
        if key in begun:
            first, (low, high), members = begun[key]
            span = min(low, at), max(high, at)
            if span[1] - span[0] < PAGE // 4:
                begun[key] = first, span, members + 1
                if members + 1 >= FEWEST:
                    spans[first] = span
        elif key is not None:
            begun[key] = pc, (at, at), 1
        if decoded.instruction.kind not in (Kind.STORE, Kind.BRANCH):
            begun = {key: value for key, value in begun.items() if key.base != decoded.rd}
    return spans


def begin(key: Group, span: Span, base: Value) -> str:
    """Return the statement that looks up a group. It raises KeyError where its members would."""
    low, high = max(0, -span[0]), PAGE - key.width - max(0, span[1])
    number = f"groups_of_{key.table}{key.width}[{base.source}]"
    return f"{key.name} = {number} if {low} <= {base.source} & {PAGE_MASK} <= {high} else 0"


def member(key: Group, decoded: Decoded, alone: str) -> str:
    """Return the number of a member's item; `alone` is how it is found without the group."""
    step = decoded.imm // key.width
    number = key.name if not step else f"{key.name} {'+' if step > 0 else '-'} {abs(step)}"
    return f"{number} if {key.name} else {alone}"


def item(decoded: Decoded, table: str, base: Value) -> str:
    """Return the number of an item in RAM: translated, and aligned, or KeyError."""
    address = add(base, constant(decoded.imm))
    return f"{table}{decoded.instruction.width}[{address.source}]"
