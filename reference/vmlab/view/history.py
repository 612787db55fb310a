"""What a guest's tables have offered since the last fence: what a shadow may still allow (I1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from vmlab.memory import PAGE_SIZE
from vmlab.sv39 import LEVELS

from .tables import Entry, Tables, size_of

Offers = dict[tuple[int, int], set[Entry]]
"""Leaves by the first address that they cover, and their level."""


def _by_asid() -> dict[int, Offers]:
    return defaultdict(lambda: defaultdict(set))


@dataclass
class History:
    """The leaves by ASID: translations outlive a change of root (norm:satp_op_sfence_vma)."""

    valid: dict[int, Offers] = field(default_factory=_by_asid)
    """Offered since the last fence that covers them."""
    ever: dict[int, Offers] = field(default_factory=_by_asid)

    def note(self, asid: int, tables: Tables) -> None:
        """Take up what tables say now."""
        valid, ever = self.valid[asid], self.ever[asid]
        for entry in tables.entries:
            if entry.is_leaf:
                place = entry.virtual, entry.level
                valid[place].add(entry)
                ever[place].add(entry)

    def fence(self, address: int | None, asid: int | None) -> None:
        """Forget what a fence covers; what the tables still say is to be noted anew."""
        for number in self.valid:
            if asid is None or asid == number:
                self._keep(
                    number,
                    lambda entry: (
                        (asid is not None and entry.everywhere)
                        or (address is not None and entry.at(address) is None)
                    ),
                )

    def lost(self, page: int) -> None:
        """Forget what came from PTEs in a guest page that has no frame any more (S14)."""
        for number in self.valid:
            self._keep(number, lambda e: all(at & ~(PAGE_SIZE - 1) != page for at in e.way))

    def _keep(self, asid: int, kept: Callable[[Entry], bool]) -> None:
        for offers in self.valid[asid].values():
            offers.intersection_update([entry for entry in offers if kept(entry)])

    def leaves(self, asid: int, virtual: int) -> list[Entry]:
        """Return the leaves for an address that were offered since the last fence."""
        return _covering(self.valid.get(asid, {}), virtual)

    def former(self, asid: int, virtual: int) -> list[Entry]:
        """Return the leaves for an address that were offered at any time."""
        return _covering(self.ever.get(asid, {}), virtual)


def _covering(offers: Offers, virtual: int) -> list[Entry]:
    places = ((virtual & -size_of(level), level) for level in range(LEVELS))
    return [entry for place in places for entry in offers.get(place, ())]
