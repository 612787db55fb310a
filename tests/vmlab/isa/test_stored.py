"""What stores leave in memory, as the engines know it too."""

import pytest
from vmlab.hart import HartState
from vmlab.isa import BY_NAME, decode, stored

A2 = 12
VALUE = 0x8182_8384_8586_8788


def encoded(name):
    """Return the instruction with rs2 = a2."""
    decoded = decode(BY_NAME[name].match | A2 << 20)
    assert decoded is not None
    return decoded


@pytest.mark.parametrize(
    ("name", "old", "left"),
    [
        ("sb", 0, b"\x88"),
        ("sh", 0, b"\x88\x87"),
        ("sw", 0, b"\x88\x87\x86\x85"),
        ("sd", 0, b"\x88\x87\x86\x85\x84\x83\x82\x81"),
        ("sc.w", 0, b"\x88\x87\x86\x85"),
        ("amoswap.w", 7, b"\x88\x87\x86\x85"),
        ("amoadd.w", 0xFFFF_FFFF_FFFF_FFFF, b"\x87\x87\x86\x85"),
        ("amoadd.d", 1, b"\x89\x87\x86\x85\x84\x83\x82\x81"),
    ],
)
def test_bytes_that_reach_memory(name, old, left):
    hart = HartState()
    hart.x[A2] = VALUE
    assert stored(encoded(name), hart.x, old) == left
