"""RAM and the bus: bounds, widths, shared memory."""

from __future__ import annotations

import os

import pytest
from vmlab.bus import Bus, BusError
from vmlab.memory import PAGE_SIZE, RAM_BASE, Ram

END = RAM_BASE + PAGE_SIZE


class Probe:
    """A device of 16 bytes that notes accesses."""

    name = "probe"
    size = 16

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def read(self, offset: int, width: int) -> int:
        self.seen.append((offset, width))
        return 0xAB

    def write(self, offset: int, width: int, value: int) -> None:
        self.seen.append((offset, width, value))


def test_numbers_are_little_endian():
    ram = Ram(PAGE_SIZE)
    ram.write(8, 8, 0x1_1122_3344_5566_7788)
    assert ram.bytes[8:16] == bytes.fromhex("8877665544332211")
    assert [ram.read(8, width) for width in (1, 2, 4)] == [0x88, 0x7788, 0x5566_7788]
    assert ram.signed[1][8] == 0x88 - 0x100


def test_offsets_end_with_ram():
    ram = Ram(PAGE_SIZE)
    assert ram.offset(RAM_BASE, 8) == 0
    assert ram.offset(END - 8, 8) == PAGE_SIZE - 8
    assert ram.offset(END - 7, 8) is None
    assert ram.offset(RAM_BASE - 1, 2) is None
    assert ram.offset(0, 1) is None


@pytest.mark.parametrize("size", [0, -4096, 4095, 5000])
def test_sizes(size):
    with pytest.raises(ValueError, match="must be a multiple of 4096"):
        Ram(size)


def test_shared_memory():
    if not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memfd_create")
    fd = os.memfd_create("ram")
    try:
        os.ftruncate(fd, PAGE_SIZE)
        one, other = Ram(PAGE_SIZE, fd=fd), Ram(PAGE_SIZE, fd=fd)
        one.write(16, 4, 0x1234)
        assert other.read(16, 4) == 0x1234
        with pytest.raises(ValueError, match=r"(?i)mmap"):
            Ram(2 * PAGE_SIZE, fd=fd)
    finally:
        os.close(fd)


def test_memory_is_committed_when_touched():
    try:
        with open("/proc/self/statm") as file:
            before = int(file.read().split()[1])
            ram = Ram(1 << 30)
            ram.write(1 << 29, 8, 1)
            file.seek(0)
            after = int(file.read().split()[1])
    except OSError:
        pytest.skip("this system has no /proc/self/statm")
    assert (after - before) * os.sysconf("SC_PAGE_SIZE") < 16 << 20


def test_bus_finds_ram_and_devices():
    probe = Probe()
    bus = Bus(Ram(PAGE_SIZE), {0x1000: probe})
    bus.write(RAM_BASE, 4, 5)
    assert bus.read(RAM_BASE, 4) == 5
    assert probe.seen == []
    assert bus.read(0x1008, 8) == 0xAB
    bus.write(0x100F, 1, 0x1FF)
    assert probe.seen == [(8, 8), (15, 1, 0xFF)]


@pytest.mark.parametrize("address", [0, 0xFFF, 0x1010, RAM_BASE - 1, END, 1 << 56, (1 << 64) - 1])
def test_nothing_there(address):
    bus = Bus(Ram(PAGE_SIZE), {0x1000: Probe()})
    with pytest.raises(BusError):
        bus.read(address, 1)
    with pytest.raises(BusError):
        bus.write(address, 1, 0)


def test_page_tables_lie_in_ram_only():
    probe = Probe()
    bus = Bus(Ram(PAGE_SIZE), {0x1000: probe})
    assert bus.read_pte(RAM_BASE) == 0
    for address in (0x1000, END, END - 4):
        with pytest.raises(BusError):
            bus.read_pte(address)
    assert probe.seen == []
