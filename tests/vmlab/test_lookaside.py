"""The tables that engines look up: what they know, and what they forget together."""

from __future__ import annotations

import pytest
from vmlab import lookaside
from vmlab.lookaside import Numbers, Pages

PAGE, OFFSET = 0x40_0000, 0x3000


@pytest.fixture
def room():
    return []


@pytest.fixture
def pages(room):
    table = Pages(room)
    table[PAGE] = OFFSET
    return table


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_an_address_leads_to_the_item_there(pages, width):
    assert pages.numbers[width][PAGE + 16] == (OFFSET + 16) // width


@pytest.mark.parametrize("wraps", [-1, 1])
def test_an_address_may_be_off_by_a_multiple_of_two_to_the_64(pages, wraps):
    assert pages.numbers[8][PAGE + 8 + (wraps << 64)] == (OFFSET + 8) // 8


@pytest.mark.parametrize("width", [2, 4, 8])
def test_a_misaligned_address_leads_nowhere(pages, width):
    with pytest.raises(KeyError):
        pages.numbers[width][PAGE + width - 1]


@pytest.mark.parametrize("address", [PAGE - 8, PAGE + 4096])
def test_an_unknown_page_leads_nowhere(pages, address):
    with pytest.raises(KeyError):
        pages.numbers[8][address]


@pytest.mark.parametrize("forget", [Pages.clear, lambda pages: pages.__delitem__(PAGE)])
def test_what_a_table_forgets_its_addresses_forget(pages, forget):
    assert pages.numbers[8][PAGE + 8] == (OFFSET + 8) // 8
    forget(pages)
    with pytest.raises(KeyError):
        pages.numbers[8][PAGE + 8]


def test_tables_that_share_their_room_never_remember_more_than_fits(pages, room, monkeypatch):
    monkeypatch.setattr(lookaside, "ADDRESSES", 10)
    other = Pages(room)
    other[PAGE] = OFFSET
    tables: list[Numbers] = [*pages.numbers.values(), *other.numbers.values()]
    for at in range(0, 256, 8):
        for numbers in tables:
            assert numbers[PAGE + at] >= 0
            assert sum(len(each) for each in tables) <= 10
