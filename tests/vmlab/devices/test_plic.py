"""The PLIC: which source is claimed, by whom, and when it may come again."""

from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices.plic import CONTEXT_M, CONTEXT_S, Plic

PENDING, ENABLE, ENABLE_S = 0x1000, 0x2000, 0x2080
THRESHOLD, CLAIM = 0x20_0000, 0x20_0004
THRESHOLD_S, CLAIM_S = 0x20_1000, 0x20_1004


@pytest.fixture
def plic():
    """All of sources 1 to 31 enabled for M, with priority 1."""
    plic = Plic()
    for source in range(1, 32):
        plic.write(4 * source, 4, 1)
    plic.write(ENABLE, 4, 0xFFFF_FFFF)
    return plic


def test_after_reset():
    plic = Plic()
    plic.set_level(3, True)
    assert plic.read(PENDING, 4) == 8
    assert not plic.wire(CONTEXT_M)
    assert plic.read(CLAIM, 4) == 0


def test_claim_and_complete(plic):
    plic.set_level(10, True)
    assert plic.wire(CONTEXT_M)
    assert plic.read(CLAIM, 4) == 10
    assert not plic.wire(CONTEXT_M)
    assert plic.read(PENDING, 4) == 0
    assert plic.read(CLAIM, 4) == 0
    plic.set_level(10, False)
    plic.write(CLAIM, 4, 10)
    assert not plic.wire(CONTEXT_M)


def test_level_that_stays_comes_again_after_completion(plic):
    plic.set_level(10, True)
    plic.read(CLAIM, 4)
    plic.set_level(10, False)
    plic.set_level(10, True)
    assert not plic.wire(CONTEXT_M)
    plic.write(CLAIM, 4, 10)
    assert plic.read(CLAIM, 4) == 10


def test_request_stays_although_the_wire_falls(plic):
    plic.set_level(10, True)
    plic.set_level(10, False)
    assert plic.read(CLAIM, 4) == 10


def test_a_pulse_requests_once(plic):
    plic.pulse(10)
    assert plic.read(CLAIM, 4) == 10
    plic.write(CLAIM, 4, 10)
    assert plic.read(CLAIM, 4) == 0


def test_a_pulse_in_service_waits_for_the_completion(plic):
    plic.pulse(10)
    assert plic.read(CLAIM, 4) == 10
    plic.pulse(10)
    plic.pulse(10)
    assert not plic.wire(CONTEXT_M)
    plic.write(CLAIM, 4, 10)
    assert plic.wire(CONTEXT_M)
    assert plic.read(CLAIM, 4) == 10
    plic.write(CLAIM, 4, 10)
    assert not plic.wire(CONTEXT_M)


def test_moves_of_the_wires_are_told():
    moves = []
    plic = Plic(lambda: moves.append((plic.wire(CONTEXT_M), plic.wire(CONTEXT_S))))
    plic.write(4 * 10, 4, 1)
    plic.write(ENABLE, 4, 1 << 10)
    plic.set_level(10, True)
    plic.write(ENABLE_S, 4, 1 << 10)
    plic.read(CLAIM, 4)
    plic.write(CLAIM, 4, 10)
    plic.write(THRESHOLD, 4, 1)
    wanted = [(True, False), (True, True), (False, False), (True, True), (False, True)]
    assert moves == wanted


def test_highest_priority_first_then_lowest_number(plic):
    plic.write(4 * 20, 4, 7)
    for source in (5, 20, 3):
        plic.set_level(source, True)
    assert [plic.read(CLAIM, 4) for _ in range(4)] == [20, 3, 5, 0]


def test_threshold_stops_the_wire_but_not_a_claim(plic):
    plic.write(THRESHOLD, 4, 1)
    plic.set_level(10, True)
    assert not plic.wire(CONTEXT_M)
    assert plic.read(CLAIM, 4) == 10
    plic.write(THRESHOLD, 4, 0xFF)
    assert plic.read(THRESHOLD, 4) == 7


def test_priority_zero_never_interrupts(plic):
    plic.write(40, 4, 0)
    plic.set_level(10, True)
    assert not plic.wire(CONTEXT_M)
    assert plic.read(CLAIM, 4) == 0


def test_contexts_are_apart(plic):
    plic.write(ENABLE_S, 4, 1 << 5)
    plic.set_level(10, True)
    assert (plic.wire(CONTEXT_M), plic.wire(CONTEXT_S)) == (True, False)
    assert plic.read(CLAIM_S, 4) == 0
    plic.set_level(5, True)
    assert plic.wire(CONTEXT_S)
    plic.write(THRESHOLD_S, 4, 1)
    assert not plic.wire(CONTEXT_S)
    assert plic.read(CLAIM_S, 4) == 5
    assert plic.wire(CONTEXT_M)  # 10 is still there


def test_completion_by_a_context_without_the_source_is_ignored(plic):
    plic.set_level(10, True)
    plic.read(CLAIM, 4)
    plic.write(CLAIM_S, 4, 10)
    plic.write(CLAIM, 4, 11)
    plic.write(CLAIM, 4, 5000)
    assert plic.read(CLAIM, 4) == 0
    plic.write(CLAIM, 4, 10)
    assert plic.read(CLAIM, 4) == 10


def test_registers_read_back(plic):
    plic.write(4 * 95, 4, 0xFFFF_FFFF)
    assert plic.read(4 * 95, 4) == 7
    plic.write(0, 4, 7)
    assert plic.read(0, 4) == 0
    assert plic.read(ENABLE, 4) == 0xFFFF_FFFE  # source 0 does not exist
    plic.write(ENABLE + 8, 4, 0x8000_0000)
    assert plic.read(ENABLE + 8, 4) == 0x8000_0000
    assert plic.enabled[CONTEXT_M] == 0xFFFF_FFFE | 1 << 95
    plic.set_level(95, True)
    assert plic.read(PENDING + 8, 4) == 1 << 31
    assert plic.read(CLAIM, 4) == 95


@pytest.mark.parametrize("offset", [0x180, 0x1010, 0x200C, 0x2100, 0x20_0008, 0x20_2000])
def test_registers_that_do_not_exist(plic, offset):
    plic.write(offset, 4, 0xFFFF_FFFF)
    assert plic.read(offset, 4) == 0


@pytest.mark.parametrize("width", [1, 2, 8])
def test_widths(plic, width):
    with pytest.raises(BusError):
        plic.read(0, width)
    with pytest.raises(BusError):
        plic.write(0, width, 0)
