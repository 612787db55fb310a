"""Every valid entry becomes a record, and no tables make the walk long."""

import pytest
from vmlab.access import Access
from vmlab.hart import Mode
from vmlab.sv39 import PageFault, walk
from vmlab.view import tables
from vmlab.view.scene import NO_FRAME

ROOT, DATA = 0x8000_0000, 0x8001_0000
SATP = 8 << 60 | ROOT >> 12


def found(image):
    return image.scene().guest_tables(SATP)


def test_all_levels(image):
    image.map(0x40_0000, DATA)
    image.map(0xFFFF_FFC0_0000_0000, DATA, "VRUG")
    image.map(0x8000_0000, 0x8000_0000, level=1)
    image.map(0x1_0000_0000, 0, level=2)
    got = [(e.level, e.virtual, e.is_leaf, e.is_pointer) for e in found(image).entries]
    assert got == [
        (2, 0, False, True),
        (1, 0x40_0000, False, True),
        (0, 0x40_0000, True, False),
        (2, 0x8000_0000, False, True),
        (1, 0x8000_0000, True, False),
        (2, 0x1_0000_0000, True, False),
        (2, 0xFFFF_FFC0_0000_0000, False, True),
        (1, 0xFFFF_FFC0_0000_0000, False, True),
        (0, 0xFFFF_FFC0_0000_0000, True, False),
    ]
    assert [e.everywhere for e in found(image).entries] == [False] * 8 + [True]
    assert len(found(image).entries[2].way) == 3


@pytest.mark.parametrize(
    ("to", "bits", "level", "wrong"),
    [
        (DATA, "VWU", 0, "W without R"),
        (DATA, "V", 0, "pointer at the last level"),
        (DATA, "VA", 1, "pointer with A, D or U"),
        (DATA, "VRWX", 1, "misaligned superpage"),
        (0x2000_0000, "V", 1, "table outside of RAM: an access fault"),
        (1 << 56, "VR", 0, "bits 63 to 54 set"),
    ],
)
def test_what_ends_in_a_fault(image, to, bits, level, wrong):
    image.map(0x40_0000, to, bits, level)
    entry = found(image).covering(0x40_0123)
    assert entry.wrong == wrong
    assert not entry.is_leaf
    with pytest.raises((PageFault, IndexError)):
        walk(image.word, SATP, 0x40_0123, Access.LOAD, Mode.S, 0)


def test_a_table_without_a_frame(image):
    at = image.map(0x40_0000, DATA)
    image.guest[(at - ROOT) // 4096] = None
    assert found(image).covering(0x40_0000).wrong == NO_FRAME
    image.guest[0] = None
    assert found(image).wrong == NO_FRAME


def test_what_covers_an_address(image):
    image.map(0x40_0000, DATA)
    image.map(0x8000_0000, 0x8000_0000, level=1)
    assert found(image).covering(0x40_0FFF).leads_to == DATA
    assert found(image).covering(0x40_1000) is None
    assert found(image).covering(0x8012_3456).at(0x8012_3456) == 0x8012_3456
    assert found(image).covering(0x1_8012_3456) is None


def test_tables_that_lead_to_themselves_are_cut(image):
    for index in range(512):
        image.put(ROOT + 8 * index, ROOT >> 2 | 1)
    assert len(found(image).entries) == tables.MOST
    assert found(image).cut
