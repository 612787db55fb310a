"""The transport: registers, features, status, interrupts, snapshots."""

from __future__ import annotations

import pytest
from vmlab.block import MemoryDisk
from vmlab.bus import BusError
from vmlab.devices.dma import Dma
from vmlab.devices.virtio import BlockDevice, VirtioMmio
from vmlab.devices.virtio.mmio import Reg
from vmlab.memory import Ram

ACKNOWLEDGED, FEATURES_OK, NEEDS_RESET = 3, 8, 64


@pytest.fixture
def drive(driver):
    return driver(BlockDevice(MemoryDisk(bytes(512 * 4))))


def test_who_it_is(drive):
    assert drive.read(Reg.MAGIC).to_bytes(4, "little") == b"virt"
    assert [drive.read(r) for r in (Reg.VERSION, Reg.DEVICE_ID)] == [2, 2]
    assert drive.read(Reg.VENDOR_ID).to_bytes(4, "little") == b"QEMU"


def test_an_empty_slot():
    levels = []
    slot = VirtioMmio(None, Dma(Ram(4096)), levels.append)
    assert [slot.read(offset, 4) for offset in range(0, 16, 4)] == [0x74726976, 2, 0, 0x554D4551]
    for offset in range(0x10, 0x1000, 4):
        slot.write(offset, 4, 0xFFFF_FFFF)
        assert slot.read(offset, 4) == 0
    assert levels == []
    state = slot.state()
    slot.restore(state)
    assert slot.state() == state


@pytest.mark.parametrize("width", [1, 2, 8])
def test_registers_are_words(drive, width):
    with pytest.raises(BusError):
        drive.slot.read(Reg.MAGIC, width)
    with pytest.raises(BusError):
        drive.slot.write(Reg.STATUS, width, 0)


def test_registers_that_do_not_exist(drive):
    state = drive.slot.state()
    for offset in (0x18, 0x28, 0x3C, 0x40, 0xAC, 0xC0, 0xFFC):
        drive.write(offset, 0xFFFF_FFFF)
        assert drive.read(offset) == 0
    assert drive.slot.state() == state
    # "the driver can read a length of -1 of a region that does not exist"
    assert {drive.read(offset) for offset in range(0xB0, 0xC0, 4)} == {0xFFFF_FFFF}


def test_features_in_halves(drive):
    offered = []
    for half in range(4):
        drive.write(Reg.DEVICE_FEATURES_SEL, half)
        offered.append(drive.read(Reg.DEVICE_FEATURES))
    assert offered == [1 << 28 | 1 << 9 | 1 << 6 | 1 << 2, 1, 0, 0]


@pytest.mark.parametrize(
    ("low", "high", "accepted"), [(1 << 9, 1, True), (0, 0, True), (1, 1, False), (0, 3, False)]
)
def test_features_ok_only_for_what_is_offered(drive, low, high, accepted):
    drive.write(Reg.STATUS, 0)
    drive.write(Reg.STATUS, ACKNOWLEDGED)
    for half, value in enumerate((low, high)):
        drive.write(Reg.DRIVER_FEATURES_SEL, half)
        drive.write(Reg.DRIVER_FEATURES, value)
    drive.write(Reg.STATUS, ACKNOWLEDGED | FEATURES_OK)
    assert drive.read(Reg.STATUS) == ACKNOWLEDGED | (FEATURES_OK if accepted else 0)


def test_a_driver_can_think_again_until_features_are_ok(drive):
    drive.write(Reg.STATUS, 0)
    drive.write(Reg.DRIVER_FEATURES, 1)
    drive.write(Reg.STATUS, ACKNOWLEDGED | FEATURES_OK)
    drive.write(Reg.DRIVER_FEATURES, 0)
    drive.write(Reg.STATUS, ACKNOWLEDGED | FEATURES_OK)
    assert drive.read(Reg.STATUS) & FEATURES_OK
    drive.write(Reg.DRIVER_FEATURES, 1)
    assert drive.slot.state()["registers"]["_accepted"] == 0


@pytest.mark.parametrize("indirect", [True, False])
def test_indirect_descriptors_must_be_accepted(drive, flags, indirect):
    drive.start(1 << 32 | (1 << 28 if indirect else 0))
    drive.put(0x9000, bytes([4]).ljust(16, b"\0"))  # flush
    drive.describe(0, (0x9000, 16, flags.next, 1), 0x8000)
    drive.describe(1, (0x9100, 1, flags.write, 0), 0x8000)
    drive.describe(0, (0x8000, 32, flags.indirect, 0))
    drive.publish(0)
    drive.notify()
    assert bool(drive.read(Reg.STATUS) & NEEDS_RESET) is not indirect
    assert drive.used() == ([(0, 1)] if indirect else [])


def test_nothing_happens_before_driver_ok(drive):
    drive.write(Reg.STATUS, 0)
    drive.write(Reg.STATUS, ACKNOWLEDGED | FEATURES_OK)
    drive.set_up(0)
    drive.chain([bytes([4]).ljust(16, b"\0")], [1])
    drive.notify()
    assert drive.used() == []
    drive.write(Reg.STATUS, ACKNOWLEDGED | FEATURES_OK | 4)
    drive.notify()
    assert drive.used() == [(0, 1)]


def test_queues_that_do_not_exist(drive):
    drive.write(Reg.QUEUE_SEL, 1)
    assert drive.read(Reg.QUEUE_NUM_MAX) == 0
    drive.write(Reg.QUEUE_NUM, 8)
    drive.write(Reg.QUEUE_READY, 1)
    assert drive.read(Reg.QUEUE_READY) == 0
    drive.notify(1)
    drive.notify(0xFFFF_FFFF)
    assert not drive.read(Reg.STATUS) & NEEDS_RESET
    drive.write(Reg.QUEUE_SEL, 0)
    assert drive.read(Reg.QUEUE_NUM_MAX) == 256


def test_a_queue_in_use_stays_as_it_is(drive):
    before = drive.slot.state()["queues"]
    for register in (Reg.QUEUE_NUM, Reg.QUEUE_DESC, Reg.QUEUE_DRIVER + 4, Reg.QUEUE_DEVICE):
        drive.write(register, 64)
    assert drive.slot.state()["queues"] == before
    drive.write(Reg.QUEUE_READY, 0)
    drive.write(Reg.QUEUE_DESC + 4, 5)
    assert drive.slot.state()["queues"][0]["descriptors"] == 5 << 32 | 0x8000_0000


@pytest.mark.parametrize("wanted", [True, False])
def test_the_driver_says_whether_it_wants_interrupts(drive, wanted):
    drive.chain([bytes([4]).ljust(16, b"\0")], [1])
    drive.put(0x1000, bytes([0 if wanted else 1]))
    drive.notify()
    assert drive.used() == [(0, 1)]
    assert drive.read(Reg.INTERRUPT_STATUS) == (1 if wanted else 0)
    assert drive.levels[-1] is wanted


def test_a_broken_queue_waits_for_a_reset(drive):
    generation = drive.read(Reg.CONFIG_GENERATION)
    drive.publish(99)
    drive.notify()
    assert drive.read(Reg.STATUS) == 15 | NEEDS_RESET
    assert drive.read(Reg.INTERRUPT_STATUS) == 2
    assert drive.read(Reg.CONFIG_GENERATION) == generation + 1
    assert drive.levels[-1] is True
    drive.write(Reg.STATUS, 15)
    assert drive.read(Reg.STATUS) & NEEDS_RESET  # which a driver cannot clear
    drive.put(0x1000, bytes(0x1000))
    drive.chain([bytes([4]).ljust(16, b"\0")], [1])
    drive.notify()
    assert drive.used() == []
    drive.write(Reg.STATUS, 0)
    assert [drive.read(r) for r in (Reg.STATUS, Reg.INTERRUPT_STATUS)] == [0, 0]
    assert drive.read(Reg.QUEUE_READY) == 0
    assert drive.levels[-1] is False


def test_dma_is_told_of(drive):
    (status,) = drive.chain([bytes([4]).ljust(16, b"\0")], [1])
    drive.written.clear()
    drive.notify()
    assert drive.written == [(status, 1), (0x2004, 8), (0x2002, 2)]


def test_a_snapshot_goes_on_where_it_was(driver, drive):
    drive.chain([bytes([4]).ljust(16, b"\0")], [1])
    drive.notify()
    drive.write(Reg.QUEUE_SEL, 3)
    drive.write(Reg.DEVICE_FEATURES_SEL, 1)
    twin = driver(BlockDevice(MemoryDisk(bytes(512 * 4))))
    twin.slot.restore(drive.slot.state())
    twin.put(0, drive.get(0, 1 << 18))
    twin.used_seen = [0]
    assert twin.slot.state() == drive.slot.state()
    assert twin.used() == [(0, 1)]
    for each in (drive, twin):
        each.chain([bytes([4]).ljust(16, b"\0")], [1])
        each.notify()
    assert drive.get(0, 1 << 18) == twin.get(0, 1 << 18)
    assert [each.read(Reg.DEVICE_FEATURES) for each in (drive, twin)] == [1, 1]
