"""The virtio network card, and the links that it is plugged into."""

from __future__ import annotations

import pytest
from vmlab.devices.virtio import NetDevice
from vmlab.devices.virtio.mmio import Reg
from vmlab.devices.virtio.net import BACKLOG
from vmlab.net import Wire, cable

RX, TX = 0, 1
SENT_HEADER = bytes(12)
HEADER = bytes(10) + b"\1\0"
FRAME = bytes(range(60))


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def card(driver, wire):
    return driver(NetDevice(wire))


def offer(card, length: int = 1526, index: int = 0) -> int:
    """Give the card a buffer to receive into; return its offset."""
    at = 0x20000 + 0x1000 * index
    card.describe(index, (at, length, 2, 0))
    card.publish(index, RX)
    card.notify(RX)
    return at


def test_who_it_is(card):
    assert card.read(Reg.DEVICE_ID) == 1
    assert bytes(card.read(0x100 + i, 1) for i in range(6)).hex(":") == "52:54:00:12:34:56"
    assert card.read(0x106, 2) == 1
    card.write(Reg.DEVICE_FEATURES_SEL, 0)
    assert card.read(Reg.DEVICE_FEATURES) == 1 << 28 | 1 << 16 | 1 << 5


def test_send(card, wire):
    card.chain([SENT_HEADER[:7], SENT_HEADER[7:] + FRAME[:20], FRAME[20:]], [], TX)
    card.notify(TX)
    assert wire.sent == [FRAME]
    assert card.used(TX) == [(0, 0)]
    assert card.read(Reg.INTERRUPT_STATUS) == 1


@pytest.mark.parametrize("said", [b"x", SENT_HEADER, SENT_HEADER + bytes(13), bytes(70000)])
def test_what_is_no_frame_is_not_sent(card, wire, said):
    card.chain([said], [], TX)
    card.notify(TX)
    assert wire.sent == []
    assert card.used(TX) == [(0, 0)]


def test_receive(card, wire):
    at = offer(card)
    assert card.used(RX) == []
    wire.deliver(FRAME)
    assert card.used(RX) == [(0, 72)]
    assert card.get(at, 72) == HEADER + FRAME
    assert card.levels[-1] is True


def test_a_frame_waits_for_a_buffer(card, wire):
    wire.deliver(FRAME)
    wire.deliver(FRAME[::-1])
    first = offer(card, index=0)
    assert card.used(RX) == [(0, 72)]
    second = offer(card, index=1)
    assert card.used(RX) == [(1, 72)]
    assert card.get(first + 12, 60) + card.get(second + 12, 60) == FRAME + FRAME[::-1]


def test_no_more_wait_than_there_is_room_for(card, wire):
    for number in range(BACKLOG + 5):
        wire.deliver(number.to_bytes(20, "big"))
    state = card.slot.state()["model"]["arrived"]
    assert [int.from_bytes(frame, "big") for frame in state] == list(range(BACKLOG))
    card.start()
    offer(card)
    assert card.used(RX) == []  # a reset loses them


def test_a_buffer_that_is_too_small(card, wire):
    at = offer(card, length=71)
    wire.deliver(FRAME)
    assert card.used(RX) == [(0, 0)]
    assert not any(card.get(at, 71))
    assert not card.read(Reg.STATUS) & 64


def test_the_link_goes_down_and_up(driver, wire):
    net = NetDevice(wire)
    card = driver(net)
    net.up = False
    assert (card.read(0x106, 2), card.read(Reg.INTERRUPT_STATUS)) == (0, 2)
    offer(card)
    wire.deliver(FRAME)
    card.chain([SENT_HEADER + FRAME], [], TX)
    card.notify(TX)
    assert (card.used(RX), card.used(TX), wire.sent) == ([], [(0, 0)], [])
    net.up = True
    wire.deliver(FRAME)
    assert card.used(RX) == [(0, 72)]


def test_answers_come_at_once(driver):
    wire = Wire(lambda frame: frame[::-1])
    card = driver(NetDevice(wire))
    at = offer(card)
    card.chain([SENT_HEADER + FRAME], [], TX)
    card.notify(TX)
    assert card.get(at + 12, 60) == FRAME[::-1]


def test_a_cable_between_two(driver):
    left_end, right_end = cable()
    left_end.send(FRAME)  # nobody is there yet
    left, right = driver(NetDevice(left_end)), driver(NetDevice(right_end))
    places = offer(left), offer(right)
    for card, frame in ((left, FRAME), (right, FRAME[::-1])):
        card.chain([SENT_HEADER + frame], [], TX)
        card.notify(TX)
    assert left.get(places[0] + 12, 60) == FRAME[::-1]
    assert right.get(places[1] + 12, 60) == FRAME


def test_a_hostile_receive_queue(card, wire):
    card.publish(77, RX)
    wire.deliver(FRAME)
    assert card.read(Reg.STATUS) & 64
    wire.deliver(FRAME)


def test_a_snapshot_keeps_what_has_arrived(driver, card, wire):
    wire.deliver(FRAME)
    twin = driver(NetDevice(Wire()))
    twin.slot.restore(card.slot.state())
    at = offer(twin)
    assert twin.get(at, 72) == HEADER + FRAME
