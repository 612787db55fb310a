"""Sv39 page tables in memory as plain records: every valid PTE, on all levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from vmlab.hart import MASK64
from vmlab.sv39 import (
    LEVELS,
    PAGE_SHIFT,
    PPN_MASK,
    PTE_SIZE,
    RESERVED,
    VPN_BITS,
    A,
    D,
    G,
    R,
    U,
    V,
    W,
    X,
)

MOST = 6_000
"""PTEs of one set of tables that are looked at: tables can lead to themselves."""

ReadTable = Callable[[int], "Sequence[int] | str"]
"""Returns the 512 PTEs of the table at a physical address, or why it cannot be read."""


class Entry(NamedTuple):
    """One valid PTE."""

    level: int
    """2 in the root."""
    virtual: int
    """First address of what it covers."""
    pte: int
    way: tuple[int, ...]
    """Physical addresses of the PTEs that a walk reads, this one's the last."""
    everywhere: bool
    """Whether it, or a pointer on the way, is global."""
    wrong: str = ""
    """Why a walk that comes here ends in a fault; empty if it goes on, or has arrived."""

    @property
    def size(self) -> int:
        """Bytes that it covers."""
        return size_of(self.level)

    @property
    def leads_to(self) -> int:
        """Physical address of the page or table that it names."""
        return (self.pte >> 10 & PPN_MASK) << PAGE_SHIFT

    @property
    def is_leaf(self) -> bool:
        """Whether it maps memory."""
        return bool(self.pte & (R | X)) and not self.wrong

    @property
    def is_pointer(self) -> bool:
        """Whether it names a table, be it one that can be read or not."""
        return bool(self.level) and not self.pte & (R | W | X | A | D | U)

    def at(self, virtual: int) -> int | None:
        """Return where an address leads by this leaf; None if it does not cover it."""
        offset = virtual - self.virtual
        return self.leads_to + offset if 0 <= offset < self.size else None


@dataclass
class Tables:
    """What a walk of everything found, in order of addresses, a pointer before what it leads to."""

    root: int
    entries: list[Entry] = field(default_factory=list)
    wrong: str = ""
    """Why the root cannot be read."""
    cut: bool = False
    """Whether there is more than MOST."""
    _places: dict[tuple[int, int], Entry] = field(default_factory=dict)

    def covering(self, virtual: int) -> Entry | None:
        """Return the leaf or the unusable entry at which a walk for an address ends, if any."""
        for level in (2, 1, 0):
            found = self.places.get((virtual & -size_of(level), level))
            if found is None or found.is_leaf or found.wrong:
                return found
        return None

    @property
    def places(self) -> dict[tuple[int, int], Entry]:
        """The entries by the first address that they cover, and their level."""
        if len(self._places) != len(self.entries):
            self._places = {(entry.virtual, entry.level): entry for entry in self.entries}
        return self._places


def walk_all(root: int, read: ReadTable) -> Tables:
    """Find every valid entry of the tables at `root`, a physical address."""
    tables = Tables(root)
    first = read(root)
    if isinstance(first, str):
        tables.wrong = first
    else:
        _visit(tables, read, first, root, LEVELS - 1, 0, (), False)
    return tables


def _visit(
    tables: Tables,
    read: ReadTable,
    words: Sequence[int],
    table: int,
    level: int,
    start: int,
    way: tuple[int, ...],
    everywhere: bool,
) -> None:
    for index, pte in enumerate(words):
        if not pte & V:
            continue
        if len(tables.entries) >= MOST:
            tables.cut = True
            return
        virtual = canonical(start + index * size_of(level))
        entry = Entry(
            level,
            virtual,
            pte,
            (*way, table + index * PTE_SIZE),
            everywhere or bool(pte & G),
            refusal(pte, level),
        )
        below: Sequence[int] | str = ""
        if not entry.wrong and not entry.is_leaf:
            below = read(entry.leads_to)
            if isinstance(below, str):
                entry = entry._replace(wrong=below)
        tables.entries.append(entry)
        if not isinstance(below, str):
            _visit(
                tables, read, below, entry.leads_to, level - 1, virtual, entry.way, entry.everywhere
            )


def size_of(level: int) -> int:
    """Return how many bytes an entry of a level covers."""
    return 1 << PAGE_SHIFT + VPN_BITS * level


def canonical(virtual: int) -> int:
    """Return an address of 39 bits with bit 38 in all above it (norm:Sv39_va_signext)."""
    return (virtual | -(virtual >> 38 & 1) << 38) & MASK64


def refusal(pte: int, level: int) -> str:
    """Say why a valid PTE ends every walk in a fault; empty if it does not."""
    if pte & (R | W) == W:
        return "W without R"
    if pte & RESERVED:
        return "bits 63 to 54 set"
    if pte & (R | X):
        low = (1 << VPN_BITS * level) - 1
        return "misaligned superpage" if pte >> 10 & low else ""
    if pte & (A | D | U):
        return "pointer with A, D or U"
    return "" if level else "pointer at the last level"
