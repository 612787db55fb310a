"""Random guests: a few pages, entries and addresses, and what is done with them in any order.

Operations are plain data. `pinned` draws them from a seed, the same on every host; `SEQUENCES` lets
hypothesis draw and shrink them, which it may do otherwise in another of its versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st
from vmlab.bench.shadow import BASE

DATA = [BASE + 0x1000 * number for number in range(32, 38)]
NEAR, FAR, BIG = 0x40_0000, 0x60_0000, 0x80_0000
PLACES = [
    *(NEAR + 0x1000 * number for number in range(4)),
    FAR,
    BIG + 0x2_1000,
    BIG + 0x2_2000,
    0xFFFF_FFC0_0000_0000,
    0x0000_0040_0000_0000,  # not canonical
]
FLAGS = ["VRWXUAD"] * 3 + [
    "VRWXAD",
    "VRWU",
    "VRU",
    "VXUA",
    "VXA",
    "VRWUAD",
    "VRW",
    "VRWXUG",
    "VWUAD",
]

ENTRIES = [(0, 5, 9), (1,), (2,), (3,), (4, 6, 9), (7,), (7, 8), (10, 11), (0,)]
"""For each place the entries on the way to it, of those that are edited."""
USUAL = [0, 0, 0, 1, 2, 3, 4, 5, 5, 6, 7, 8]
"""The places, those oftener where more can happen."""
LENGTH = 10
"""Rounds of a sequence."""
Operation = tuple[Any, ...]
Choose = Callable[[Sequence[Any]], Any]
"""Picks one of several things: at random, or for hypothesis."""


def pinned(seed: int) -> list[Operation]:
    """Return random operations, the same for a seed on every host and in every version."""
    choose = Random(seed).choice
    return _flat([_round(choose) for _ in range(LENGTH)])


@st.composite
def _drawn(draw: st.DrawFn) -> list[Operation]:
    return _round(lambda options: draw(st.sampled_from(options)))


def _flat(rounds: list[list[Operation]]) -> list[Operation]:
    return [operation for each in rounds for operation in each]


SEQUENCES = st.lists(_drawn(), min_size=2, max_size=8).map(_flat)


def _round(choose: Choose) -> list[Operation]:
    """Use a page, have something happen that may matter to it, and use it, or another, again.

    Of the superpage two pages are used.
    """
    place = choose(USUAL)
    happens = choose([_edited, _edited, _edited, _fenced, _entered, _entered, _switched, _taken])
    near = {5: 6, 6: 5}.get(place, place)
    again = choose([place, near, choose(USUAL)])
    before = [_access(choose, place), _access(choose, near)]
    return [*before, *happens(choose, place), _access(choose, again)]


def _access(choose: Choose, place: int) -> Operation:
    return choose(["load", "store", "fetch", "load", "store", "amoadd.d"]), place, choose(OFFSETS)


def _edited(choose: Choose, place: int) -> list[Operation]:
    """An entry on the way changes; mostly there is a fence, and one that covers it."""
    value = choose(VALUES), choose(range(6)), choose(FLAGS)
    edit = choose(["edit", "edit", "device"]), choose(ENTRIES[place]), value
    covering = choose([place, None]), choose(ASIDS)
    return [edit, *choose([[("fence", *covering)]] * 2 + [[]])]


def _fenced(choose: Choose, place: int) -> list[Operation]:
    return [("fence", choose([None, *USUAL]), choose(ASIDS))]


def _entered(choose: Choose, place: int) -> list[Operation]:
    return [("mode", choose("USUSUSM"), choose(BITS), choose(BITS))]


def _switched(choose: Choose, place: int) -> list[Operation]:
    return [("satp", choose([8] * 6 + [0, 9]), choose(range(3)), choose([1, 2]))]


def _taken(choose: Choose, place: int) -> list[Operation]:
    return [(choose(["take", "take", "give"]), choose(range(8)))]


OFFSETS = [0, 8, 0xFF8]
VALUES = ["data"] * 5 + ["clear", "big", "table", "device", "outside", "reserved", "marked"]
ASIDS = [None, 1, 2]
BITS = [False, True]
