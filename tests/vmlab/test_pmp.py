"""Physical memory protection against the manual's rules, applied byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.access import Access
from vmlab.csrs import NUMBERS
from vmlab.hart import MASK64, Mode
from vmlab.pmp import Pmp

R, W, X, L = 1, 2, 4, 0x80
TOR, NA4, NAPOT = 0x08, 0x10, 0x18
BASE = 0x8000_0000


def unit(*entries: tuple[int, int], count: int = 16) -> Pmp:
    """Build a unit with these pairs of configuration and `pmpaddr`."""
    pmp = Pmp(count)
    for index, (_, address) in enumerate(entries):
        pmp.write(NUMBERS[f"pmpaddr{index}"], address)
    for index, (config, _) in enumerate(entries):
        number = NUMBERS[f"pmpcfg{index // 8 * 2}"]
        pmp.write(number, pmp.read(number) | config << index % 8 * 8)
    return pmp


# The oracle: which entries match a byte, bit by bit as the manual's table says


def matches(entries: list[tuple[int, int]], index: int, byte: int) -> bool:
    config, address = entries[index]
    word = byte >> 2
    match config >> 3 & 3:
        case 1:
            return (entries[index - 1][1] if index else 0) <= word < address
        case 2:
            return word == address
        case 3:
            ones = 0
            while address >> ones & 1:
                ones += 1
            return word >> ones + 1 == address >> ones + 1
    return False


def expected(
    entries: list[tuple[int, int]], address: int, width: int, access: Access, mode: Mode
) -> bool:
    touched = range(address, address + width)
    for index, (config, _) in enumerate(entries):
        hits = [matches(entries, index, byte) for byte in touched]
        if any(hits):
            permitted = config & {Access.FETCH: X, Access.LOAD: R, Access.STORE: W}[access] != 0
            return all(hits) and (permitted or (mode is Mode.M and not config & L))
    return mode is Mode.M


# A small piece of memory, so that entries meet, and the ends of the address space.
ADDRESSES = st.one_of(
    st.integers(BASE >> 2, (BASE >> 2) + 64),
    st.integers(0, 5).map(lambda n: ((BASE >> 2) + 64) | (1 << n) - 1),
    st.sampled_from([0, 1, BASE >> 3, (BASE >> 2) + (1 << 11) - 1, (1 << 54) - 1, (1 << 53) - 1]),
)
CONFIGS = st.builds(
    lambda rwx, a, lock: rwx | a << 3 | lock << 7,
    st.sampled_from([0, R, R | W, X, R | X, R | W | X]),
    st.integers(0, 3),
    st.booleans(),
)
ENTRIES = st.lists(st.tuples(CONFIGS, ADDRESSES), max_size=6)
ACCESSES = st.tuples(
    st.sampled_from([1, 2, 4, 8]), st.integers(-8, 300), st.sampled_from(list(Access))
)


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(
    entries=ENTRIES,
    mode=st.sampled_from(list(Mode)),
    accesses=st.lists(ACCESSES, min_size=1, max_size=20),
)
def test_every_access_gets_the_manual_s_answer(entries, mode, accesses):
    pmp = unit(*entries)
    for width, distance, access in accesses:
        address = (BASE + distance) & -width
        answer = pmp.allows(address, width, access, mode)
        assert answer == expected(entries, address, width, access, mode), (hex(address), width)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(entries=ENTRIES, mode=st.sampled_from(list(Mode)), access=st.sampled_from(list(Access)))
def test_a_uniform_page_has_one_answer(entries, mode, access):
    pmp = unit(*entries)
    for page in (BASE - 4096, BASE):
        answers = {
            pmp.allows(page + 4 * word, width, access, mode)
            for word in range(1024)
            for width in (1, 4, 8)
            if 4 * word % width == 0
        }
        if pmp.is_uniform(page):
            assert len(answers) == 1


def test_a_page_cut_by_a_region_is_not_uniform():
    assert not unit((NA4 | R, BASE + 8 >> 2)).is_uniform(BASE)
    assert not unit((TOR | R, BASE + 4 >> 2)).is_uniform(BASE)
    assert unit((TOR | R, BASE + 4096 >> 2)).is_uniform(BASE)
    # An entry of higher priority hides what comes after it.
    assert unit((NAPOT | R, (1 << 54) - 1), (NA4, BASE >> 2)).is_uniform(BASE)


@pytest.mark.parametrize("mode", [Mode.S, Mode.U])
def test_with_all_entries_off_only_m_mode_reaches_memory(mode):
    pmp = Pmp(16)
    assert pmp.allows(BASE, 8, Access.LOAD, Mode.M)
    assert not pmp.allows(BASE, 8, Access.LOAD, mode)


def test_all_ones_match_all_there_is():
    pmp = unit((NAPOT | R | W | X, MASK64))
    for address in (0, BASE, (1 << 56) - 8):
        assert pmp.allows(address, 8, Access.STORE, Mode.U)


# Registers


def test_what_registers_keep():
    pmp = Pmp(16)
    pmp.write(NUMBERS["pmpaddr0"], MASK64)
    assert pmp.read(NUMBERS["pmpaddr0"]) == (1 << 54) - 1
    pmp.write(NUMBERS["pmpcfg0"], 0x7F_02_06_07_1F_18_10_60)
    # Bits 6 and 5 are not there; R=0, W=1 is reserved, and loses W.
    assert pmp.read(NUMBERS["pmpcfg0"]) == 0x1F_00_04_07_1F_18_10_00


@pytest.mark.parametrize(("count", "last"), [(16, 15), (64, 63)])
def test_entries_that_are_not_there_read_zero(count, last):
    pmp = Pmp(count)
    for index in range(64):
        pmp.write(NUMBERS[f"pmpaddr{index}"], 5)
    for index in range(0, 16, 2):
        pmp.write(NUMBERS[f"pmpcfg{index}"], 0x0707_0707_0707_0707)
    assert [i for i in range(64) if pmp.read(NUMBERS[f"pmpaddr{i}"])] == list(range(last + 1))
    kept = [pmp.read(NUMBERS[f"pmpcfg{i}"]) for i in range(0, 16, 2)]
    assert kept == [0x0707_0707_0707_0707] * (count // 8) + [0] * (8 - count // 8)


def test_a_locked_entry_stays():
    pmp = unit((0, 1), (L | TOR | R, 2), (L, 3), (NA4, 4))
    before = [pmp.read(NUMBERS[f"pmpaddr{i}"]) for i in range(4)]
    for index in range(4):
        pmp.write(NUMBERS[f"pmpaddr{index}"], 9)
    pmp.write(NUMBERS["pmpcfg0"], 0)
    # Entry 0 is the bottom of a locked TOR; entry 2 is locked though it is off.
    after = [pmp.read(NUMBERS[f"pmpaddr{i}"]) for i in range(4)]
    assert (before, after) == ([1, 2, 3, 4], [1, 2, 3, 9])
    assert pmp.read(NUMBERS["pmpcfg0"]) == L << 16 | (L | TOR | R) << 8


def test_state_comes_back():
    pmp, twin = unit((L | NAPOT | R, BASE >> 2), (TOR | X, 77)), Pmp(16)
    twin.restore(pmp.state())
    assert twin.state() == pmp.state()
    assert twin.allows(BASE, 4, Access.LOAD, Mode.U)
    assert not twin.allows(BASE, 4, Access.STORE, Mode.M)
    with pytest.raises(ValueError, match="16 PMP entries"):
        twin.restore(Pmp(64).state())
