"""The page-table walk, rule by rule."""

from __future__ import annotations

import pytest
from vmlab.access import Access
from vmlab.hart import Mode
from vmlab.mstatus import MXR, SUM
from vmlab.sv39 import A, D, G, PageFault, R, Step, U, V, W, X, walk

FETCH, LOAD, STORE = Access.FETCH, Access.LOAD, Access.STORE
ROOT, MIDDLE, LAST = 0x8000_1000, 0x8000_2000, 0x8000_3000
PAGE = 0x12_3456_7000
"""Where the leaf leads; a multiple of the page size only."""
VPNS = (3, 5, 7)
ADDRESS = VPNS[0] << 30 | VPNS[1] << 21 | VPNS[2] << 12 | 0xABC
FULL = V | R | W | X | A | D


def pte(address: int, flags: int) -> int:
    return address >> 12 << 10 | flags


def tables(leaf: int, level: int = 0) -> dict[int, int]:
    """Lay out tables that have `leaf` at a level, by physical address."""
    found = {}
    table = ROOT
    for at in (2, 1, 0):
        place = table + 8 * VPNS[2 - at]
        if at == level:
            found[place] = leaf
            break
        table = MIDDLE if at == 2 else LAST
        found[place] = pte(table, V)
    return found


def translate(
    leaf, access=LOAD, mode=Mode.S, mstatus=0, *, level=0, address=ADDRESS, steps=None
) -> int:
    memory = tables(leaf, level)
    return walk(memory.__getitem__, ROOT >> 12, address, access, mode, mstatus, steps)


def test_three_levels():
    steps: list[Step] = []
    assert translate(pte(PAGE, FULL), steps=steps) == PAGE | 0xABC
    assert [step.level for step in steps] == [2, 1, 0]
    assert [step.address for step in steps] == [ROOT + 24, MIDDLE + 40, LAST + 56]
    assert steps[2].pte == pte(PAGE, FULL)


@pytest.mark.parametrize(("level", "size"), [(1, 2 << 20), (2, 1 << 30)])
def test_superpages(level, size):
    base = 5 * (1 << 30)
    expected = base | ADDRESS & size - 1
    assert translate(pte(base, FULL), level=level) == expected
    for low in (0x1000, size >> 1):
        with pytest.raises(PageFault, match="misaligned"):
            translate(pte(base | low, FULL), level=level)


@pytest.mark.parametrize("ppn", [0, (1 << 44) - 1])
def test_physical_addresses_have_56_bits(ppn):
    assert translate(ppn << 10 | FULL) == ppn << 12 | 0xABC


@pytest.mark.parametrize(
    "address",
    [1 << 38, 1 << 39, 1 << 63, (1 << 64) - (1 << 39), (1 << 38) | ADDRESS, 0x7FFF_FFFF_FFFF_FFFF],
)
def test_addresses_that_are_not_canonical(address):
    """norm:Sv39_va_signext"""
    with pytest.raises(PageFault, match="63 to 39"):
        translate(pte(PAGE, FULL), address=address)


def test_upper_half():
    address = (1 << 64) - (1 << 38)
    memory = {ROOT + 8 * 256: pte(0, FULL)}
    assert walk(memory.__getitem__, ROOT >> 12, address, LOAD, Mode.S, 0) == 0
    memory = {ROOT + 8 * 511: pte(0, FULL)}
    assert walk(memory.__getitem__, ROOT >> 12, (1 << 64) - 1, LOAD, Mode.S, 0) == (1 << 30) - 1


def test_only_the_ppn_of_satp_counts():
    memory = tables(pte(PAGE, FULL))
    satp = 8 << 60 | 0xFFFF << 44 | ROOT >> 12
    assert walk(memory.__getitem__, satp, ADDRESS, LOAD, Mode.S, 0) == PAGE | 0xABC


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (0, "not valid"),
        (FULL & ~V, "not valid"),
        (V | W | A | D, "writable but not readable"),
        (V | W | X | A | D, "writable but not readable"),
        *((FULL | 1 << bit, "reserved") for bit in range(54, 64)),
        (FULL & ~A, "A=0"),
    ],
)
@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_leaves_that_no_access_may_use(flags, message, access, level):
    with pytest.raises(PageFault, match=message):
        translate(flags, access, level=level)


@pytest.mark.parametrize("flags", [V, V | G])
def test_pointer_at_the_last_level(flags):
    with pytest.raises(PageFault, match="no leaf"):
        translate(pte(PAGE, flags))


@pytest.mark.parametrize("flag", [A, D, U, 1 << 54, 1 << 61, 1 << 63])
@pytest.mark.parametrize("level", [2, 1])
def test_reserved_bits_of_pointers(flag, level):
    memory = tables(pte(PAGE, FULL))
    place = {2: ROOT + 8 * VPNS[0], 1: MIDDLE + 8 * VPNS[1]}[level]
    memory[place] |= flag
    with pytest.raises(PageFault, match=r"reserved|pointer PTE has D, A or U"):
        walk(memory.__getitem__, ROOT >> 12, ADDRESS, LOAD, Mode.S, 0)


def test_global_pointers_and_software_bits_are_ignored():
    memory = {place: entry | G | 3 << 8 for place, entry in tables(pte(PAGE, FULL)).items()}
    assert walk(memory.__getitem__, ROOT >> 12, ADDRESS, LOAD, Mode.S, 0) == PAGE | 0xABC


def test_pte_in_no_memory_passes_through():
    """Step 2: not a page fault, whatever the access."""
    for access in Access:
        with pytest.raises(KeyError):
            walk({}.__getitem__, ROOT >> 12, ADDRESS, access, Mode.S, 0)


ALLOWED = [
    # flags, mode, mstatus, the accesses that go
    (V | R | A | D, Mode.S, 0, {LOAD}),
    (V | R | W | A | D, Mode.S, 0, {LOAD, STORE}),
    (V | R | W | A, Mode.S, 0, {LOAD}),
    (V | X | A | D, Mode.S, 0, {FETCH}),
    (V | R | X | A | D, Mode.S, 0, {FETCH, LOAD}),
    (FULL, Mode.S, 0, {FETCH, LOAD, STORE}),
    (V | X | A | D, Mode.S, MXR, {FETCH, LOAD}),
    (V | R | W | A | D, Mode.S, MXR, {LOAD, STORE}),  # never a fetch
    (FULL, Mode.U, 0, set()),
    (FULL, Mode.U, SUM | MXR, set()),
    (FULL | U, Mode.U, 0, {FETCH, LOAD, STORE}),
    (V | U | X | A, Mode.U, 0, {FETCH}),
    (V | U | X | A, Mode.U, MXR, {FETCH, LOAD}),
    (FULL | U, Mode.S, 0, set()),
    (FULL | U, Mode.S, SUM, {LOAD, STORE}),  # S never executes a user page
    (FULL | U, Mode.S, SUM | MXR, {LOAD, STORE}),
    (V | U | X | A, Mode.S, SUM, set()),
    (V | U | X | A, Mode.S, SUM | MXR, {LOAD}),
    (V | U | X | A, Mode.S, MXR, set()),
]


@pytest.mark.parametrize(("flags", "mode", "mstatus", "allowed"), ALLOWED)
@pytest.mark.parametrize("access", Access)
def test_rights(flags, mode, mstatus, allowed, access):
    if access in allowed:
        assert translate(pte(PAGE, flags), access, mode, mstatus) == PAGE | 0xABC
    else:
        with pytest.raises(PageFault):
            translate(pte(PAGE, flags), access, mode, mstatus)


def permitted(flags: int, access: Access, mode: Mode, mstatus: int) -> bool:
    """Say the same as steps 3 to 9 for a leaf, in one formula."""
    readable = flags & R or (flags & X and mstatus & MXR)
    right = {FETCH: flags & X, LOAD: readable, STORE: flags & W and flags & D}[access]
    user = bool(flags & U)
    mine = user if mode is Mode.U else not user or (mstatus & SUM and access is not FETCH)
    legal = flags & V and flags & (R | X) and not (flags & W and not flags & R)
    return bool(legal and right and mine and flags & A)


@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("mode", [Mode.S, Mode.U])
@pytest.mark.parametrize("mstatus", [0, SUM, MXR, SUM | MXR])
def test_all_rights_by_another_formula(access, mode, mstatus):
    for flags in range(1 << 10):
        try:
            translate(pte(PAGE, flags), access, mode, mstatus)
            went = True
        except PageFault:
            went = False
        assert went == permitted(flags, access, mode, mstatus), bin(flags)


# Svadu: the walk sets A and D itself


@pytest.mark.parametrize(
    ("access", "flags", "written"),
    [
        (LOAD, FULL & ~(A | D), FULL & ~D),
        (FETCH, FULL & ~A, FULL),
        (LOAD, FULL & ~D, None),
        (STORE, FULL & ~D, FULL),
        (STORE, FULL & ~(A | D), FULL),
        (STORE, FULL, None),
    ],
)
def test_svadu_writes_what_is_missing_and_nothing_else(access, flags, written):
    updates: list[tuple[int, int]] = []
    memory = tables(pte(PAGE, flags))
    physical = walk(
        memory.__getitem__,
        ROOT >> 12,
        ADDRESS,
        access,
        Mode.S,
        0,
        update=lambda *update: updates.append(update),
    )
    assert physical == PAGE | 0xABC
    assert updates == ([] if written is None else [(LAST + 56, pte(PAGE, written))])


@pytest.mark.parametrize(
    ("access", "flags"), [(STORE, V | R), (LOAD, V | X), (FETCH, V | R), (LOAD, V | R | U)]
)
def test_svadu_writes_nothing_for_a_refused_access(access, flags):
    def update(address: int, pte: int) -> None:
        raise AssertionError

    memory = tables(pte(PAGE, flags))
    with pytest.raises(PageFault):
        walk(memory.__getitem__, ROOT >> 12, ADDRESS, access, Mode.S, 0, update=update)
