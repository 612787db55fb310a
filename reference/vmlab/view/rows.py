"""Guest's tables, host's map and shadow side by side: one row for each entry, equal ones folded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from vmlab.sv39 import LEVELS, PAGE_SHIFT, VPN_BITS, A, D, G, R, U, W, X

from .judge import Difference, Judge, State, useless
from .scene import Scene
from .tables import Entry, Tables, size_of

SIZES = {0: "4K", 1: "2M", 2: "1G"}
LETTERS = {"R": R, "W": W, "X": X, "U": U, "G": G, "A": A, "D": D}
MANY = 24
"""More rows than these in one table, and legal ones are summed up."""


@dataclass(frozen=True)
class Cell:
    """What one of the three says of a row."""

    to: int | None = None
    """An address of the guest's, or the number of a frame; of the first page, if several."""
    bits: str = ""
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return self == Cell()


@dataclass(frozen=True)
class Row:
    """Some adjacent entries that are alike, or one pointer."""

    level: int
    virtual: int
    count: int
    guest: Cell
    host: Cell
    shadow: Cell
    state: State | None = None
    """None for pointers."""
    difference: Difference | None = None
    table: bool = False
    summed: str = ""
    """What is said of entries that are not alike in place of their cells."""

    @property
    def size(self) -> int:
        """Bytes of one entry."""
        return size_of(self.level)

    @property
    def many(self) -> str:
        """The number of entries, and their size."""
        return SIZES[self.level] if self.count == 1 else f"{self.count} x {SIZES[self.level]}"


def bits(pte: int) -> str:
    """Return a PTE's bits in their order, with a dot for each that is 0."""
    return "".join(letter if pte & bit else "." for letter, bit in LETTERS.items())


def rows(scene: Scene, guest: Tables, shadow: Tables) -> list[Row]:
    """Return the rows from the lowest address to the highest, each pointer above what it covers."""
    judge = Judge(scene, guest)
    places = {**dict.fromkeys(guest.places), **dict.fromkeys(shadow.places)}
    made: list[Row] = []
    run: list[Row] = []
    for virtual, level in sorted(places, key=lambda place: (place[0], -place[1])):
        row = _row(scene, judge, guest, shadow, virtual, level)
        if row.table or (run and not _same_table(run[0], row)):
            made += _folded(run)
            run = []
        if row.table:
            made.append(row)
        else:
            run.append(row)
    return made + _folded(run)


def _row(
    scene: Scene, judge: Judge, guest: Tables, shadow: Tables, virtual: int, level: int
) -> Row:
    said, have = guest.places.get((virtual, level)), shadow.places.get((virtual, level))
    above = _above(guest, virtual, level) if said is None else None
    over = _above(shadow, virtual, level) if have is None else None
    state, difference = None, None
    if have is not None and (have.wrong or have.is_leaf):
        state, difference = judge.leaf(have)
    elif have is None and over is None and said is not None and said.is_leaf:
        state = judge.absent(said)
    return Row(
        level,
        virtual,
        1,
        _guest_cell(said, above, virtual),
        _host_cell(scene, said or above, virtual),
        _shadow_cell(have, over, virtual),
        state,
        difference,
        table=any(
            entry is not None and not entry.is_leaf and not entry.wrong for entry in (said, have)
        ),
    )


def _above(tables: Tables, virtual: int, level: int) -> Entry | None:
    """Return the larger leaf that covers an entry that is not there itself."""
    for higher in range(level + 1, LEVELS):
        found = tables.places.get((virtual & -size_of(higher), higher))
        if found is not None and found.is_leaf:
            return found
    return None


def _guest_cell(said: Entry | None, above: Entry | None, virtual: int) -> Cell:
    if said is None:
        return Cell() if above is None else Cell(above.at(virtual), bits(above.pte), "splinter")
    if said.is_leaf:
        return Cell(said.leads_to, bits(said.pte))
    note = said.wrong or "table"
    return Cell(said.leads_to, bits(said.pte) if said.pte & ~1 & 0xFF else "", note)


def _host_cell(scene: Scene, said: Entry | None, virtual: int) -> Cell:
    if said is None or (said.wrong and not said.is_pointer):
        return Cell()
    address = said.at(virtual) if said.is_leaf else said.leads_to
    assert address is not None
    if not scene.is_ram(address):
        return Cell(note="no RAM")
    frame = scene.frame_of(address)
    return Cell(note="no frame") if frame is None else Cell(frame)


def _shadow_cell(have: Entry | None, over: Entry | None, virtual: int) -> Cell:
    if have is None:
        if over is None:
            return Cell()
        leads = over.at(virtual)
        assert leads is not None
        return Cell(leads >> PAGE_SHIFT, bits(over.pte), f"in {SIZES[over.level]}")
    frame = have.leads_to >> PAGE_SHIFT
    if have.is_leaf:
        return Cell(frame, bits(have.pte), useless(have))
    if have.wrong:
        return Cell(frame, bits(have.pte), have.wrong)
    return Cell(frame, "", "table")


# Folding


def _same_table(one: Row, other: Row) -> bool:
    size = one.size << VPN_BITS
    return one.level == other.level and one.virtual // size == other.virtual // size


def _folded(run: list[Row]) -> list[Row]:
    """Fold the rows of one table: what is alike, then, if that is not enough, what is legal."""
    folded = _join(run)
    if len(folded) <= MANY:
        return folded
    short = []
    for legal, group in groupby(folded, key=lambda row: row.state is not State.WRONG):
        some = list(group)
        if len(some) < 4:
            short += some
        elif legal:
            short.append(_summed(some))
        else:
            rest = sum(row.count for row in some[3:])
            short += [*some[:3], replace(some[3], count=rest, summed=f"{rest} more, wrong, too")]
    return short


def _join(run: list[Row]) -> list[Row]:
    folded: list[Row] = []
    for row in run:
        if folded and _alike(folded[-1], row):
            folded[-1] = replace(folded[-1], count=folded[-1].count + 1)
        else:
            folded.append(row)
    return folded


def _alike(first: Row, row: Row) -> bool:
    """Tell whether a row goes on where some folded ones end."""
    distance = first.count * first.size

    def goes_on(one: Cell, other: Cell, step: int | None) -> bool:
        if (one.to is None) != (other.to is None) or (one.bits, one.note) != (
            other.bits,
            other.note,
        ):
            return False
        return step is None or one.to is None or other.to == one.to + step

    def broken(difference: Difference | None) -> tuple[str, str] | None:
        return difference and (difference.invariant, difference.clause)

    return (
        row.virtual == first.virtual + distance
        and row.state is first.state
        and broken(row.difference) == broken(first.difference)
        and goes_on(first.guest, row.guest, distance)
        and goes_on(first.host, row.host, None)
        and goes_on(first.shadow, row.shadow, None)
    )


def _summed(some: list[Row]) -> Row:
    """Sum up legal rows that differ."""
    count = sum(row.count for row in some)
    there = sum(row.count for row in some if not row.shadow.empty)
    text = f"{count} entries, {there} of them in the shadow: none of them wrong"
    return replace(some[0], count=count, state=State.RIGHT, summed=text)
