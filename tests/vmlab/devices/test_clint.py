"""The CLINT: its two wires, and registers in halves."""

from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices.clint import MSIP, MTIME, MTIMECMP, NEVER, Clint
from vmlab.hart import MASK64, HartState


@pytest.fixture
def clint():
    return Clint(HartState(time=50))


def test_after_reset(clint):
    assert (clint.software, clint.timer, clint.ticks_to_timer()) == (False, False, None)
    assert clint.read(MTIMECMP, 8) == NEVER


def test_software_interrupt(clint):
    clint.write(MSIP, 4, 0xFFFF_FFFF)
    assert clint.software
    assert clint.read(MSIP, 4) == 1
    clint.write(MSIP, 4, 0xFFFF_FFFE)
    assert not clint.software


@pytest.mark.parametrize(
    ("mtimecmp", "timer", "ticks"),
    [(49, True, None), (50, True, None), (51, False, 1), (1 << 63, False, (1 << 63) - 50)],
)
def test_timer(clint, mtimecmp, timer, ticks):
    clint.write(MTIMECMP, 8, mtimecmp)
    assert (clint.timer, clint.ticks_to_timer()) == (timer, ticks)


def test_mtime_is_the_harts_time(clint):
    assert clint.read(MTIME, 8) == 50
    clint.write(MTIME, 8, MASK64)
    assert clint._hart.time == MASK64
    assert clint.timer  # even where mtimecmp means never


@pytest.mark.parametrize("register", [MTIMECMP, MTIME])
def test_halves(clint, register):
    clint.write(register, 8, 0x1111_2222_3333_4444)
    assert clint.read(register, 4) == 0x3333_4444
    assert clint.read(register + 4, 4) == 0x1111_2222
    clint.write(register, 4, 0xAAAA_AAAA)
    clint.write(register + 4, 4, 0xBBBB_BBBB)
    assert clint.read(register, 8) == 0xBBBB_BBBB_AAAA_AAAA


def test_other_harts_do_not_exist(clint):
    clint.write(MSIP + 4, 4, 1)
    clint.write(MTIMECMP + 8, 8, 0)
    assert (clint.read(MSIP + 4, 4), clint.read(MTIMECMP + 8, 8)) == (0, 0)
    assert not clint.software
    assert not clint.timer


@pytest.mark.parametrize(
    ("offset", "width"), [(MSIP, 1), (MSIP, 2), (MSIP, 8), (MTIME, 1), (MTIMECMP, 2)]
)
def test_widths(clint, offset, width):
    with pytest.raises(BusError):
        clint.read(offset, width)
    with pytest.raises(BusError):
        clint.write(offset, width, 0)
