"""What the solution maps ahead of a fault, while its guest has no translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmlab.memory import PAGE_SIZE, RAM_BASE
from vmlab.paging import Act, GuestRam
from vmlab.sv39 import PAGE_SHIFT
from vmlab.testing.loading import load_part
from vmlab.trap import Exc

SOLUTIONS = Path(__file__).parents[3] / "reference" / "solutions"
FRAMES, TABLES, GONE = 700, 20, 40
FIRST = RAM_BASE >> PAGE_SHIFT


class Backing:
    def __init__(self) -> None:
        self.free = [FIRST + FRAMES + number for number in range(TABLES)]

    def allocate(self) -> int:
        return self.free.pop()

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(
    ("page", "mapped"),
    [
        (3, range(3, 19)),
        (30, range(30, GONE)),
        (505, range(505, 512)),
        (699, range(699, 700)),
    ],
    ids=["sixteen pages", "until one without a frame", "until the table ends", "until RAM ends"],
)
def test_a_fault_maps_ahead(page: int, mapped: range) -> None:
    shadow = load_part(SOLUTIONS, "shadow")
    frames = [None if number == GONE else FIRST + number for number in range(FRAMES)]
    shadow.start(memoryview(bytearray((FRAMES + TABLES) * PAGE_SIZE)), GuestRam(RAM_BASE, frames))
    address = RAM_BASE + page * PAGE_SIZE + 24
    assert shadow.fault(Backing(), Exc.STORE_PAGE, address).act is Act.RETRY
    found = {place.page - RAM_BASE >> PAGE_SHIFT for place in shadow.pager.leaves}
    assert found == set(mapped)


def test_what_is_mapped_already_stays_as_it_is() -> None:
    shadow = load_part(SOLUTIONS, "shadow")
    frames = list(range(FIRST, FIRST + FRAMES))
    shadow.start(memoryview(bytearray((FRAMES + TABLES) * PAGE_SIZE)), GuestRam(RAM_BASE, frames))
    host = Backing()
    shadow.fault(host, Exc.LOAD_PAGE, RAM_BASE + 8 * PAGE_SIZE)
    shadow.fault(host, Exc.LOAD_PAGE, RAM_BASE)
    found = {place.page - RAM_BASE >> PAGE_SHIFT for place in shadow.pager.leaves}
    assert found == set(range(24))
    assert not shadow.pager.owed
