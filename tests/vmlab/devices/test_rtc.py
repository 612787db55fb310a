"""The real-time clock."""

from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices.rtc import EPOCH, TIME_HIGH, TIME_LOW, Rtc
from vmlab.hart import HartState

NANOSECONDS = 1_000_000_000


@pytest.fixture
def hart():
    return HartState()


@pytest.fixture
def rtc(hart):
    return Rtc(hart)


def now(rtc) -> int:
    return rtc.read(TIME_LOW, 4) | rtc.read(TIME_HIGH, 4) << 32


def test_it_counts_virtual_time(rtc, hart):
    assert now(rtc) == EPOCH * NANOSECONDS
    hart.time = 10_000_001
    assert now(rtc) == (EPOCH + 1) * NANOSECONDS + 100


def test_the_high_half_belongs_to_the_low_one_read_before(rtc, hart):
    hart.time = ((1 << 32) - EPOCH * NANOSECONDS % (1 << 32)) // 100
    low = rtc.read(TIME_LOW, 4)
    hart.time += 1
    assert low >= (1 << 32) - 100
    assert rtc.read(TIME_HIGH, 4) == EPOCH * NANOSECONDS >> 32
    assert rtc.read(TIME_LOW, 4) < 100
    assert rtc.read(TIME_HIGH, 4) == (EPOCH * NANOSECONDS >> 32) + 1


def test_it_can_be_set(rtc, hart):
    hart.time = 12345
    rtc.write(TIME_HIGH, 4, 7)
    rtc.write(TIME_LOW, 4, 0xFFFF_FFFF)
    assert now(rtc) == 7 << 32 | 0xFFFF_FFFF
    hart.time += 1
    assert now(rtc) == (8 << 32) + 99


def test_there_is_no_alarm(rtc):
    for offset in range(0x08, 0x20, 4):
        rtc.write(offset, 4, 0xFFFF_FFFF)
        assert rtc.read(offset, 4) == 0
    assert now(rtc) == EPOCH * NANOSECONDS


def test_a_snapshot(rtc, hart):
    rtc.write(TIME_HIGH, 4, 7)
    rtc.read(TIME_LOW, 4)
    twin = Rtc(hart)
    twin.restore(rtc.state())
    assert twin.read(TIME_HIGH, 4) == 7
    assert now(twin) == now(rtc)


@pytest.mark.parametrize("width", [1, 2, 8])
def test_widths(rtc, width):
    with pytest.raises(BusError):
        rtc.read(0, width)
    with pytest.raises(BusError):
        rtc.write(0, width, 0)
