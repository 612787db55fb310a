"""A driver in Python: it sets a slot up, and puts chains of buffers into its queues."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from vmlab.devices.dma import Dma
from vmlab.devices.virtio import VirtioMmio
from vmlab.devices.virtio.mmio import Reg
from vmlab.memory import RAM_BASE, Ram

NEXT, WRITE, INDIRECT = 1, 2, 4
VERSION_1, RING_INDIRECT_DESC = 1 << 32, 1 << 28


class Driver:
    """Drives the device in one slot, with 256 KiB of RAM. Addresses are offsets in RAM."""

    def __init__(self, model, *, num: int = 8, features: int | None = None) -> None:
        self.ram = Ram(1 << 18)
        self.levels: list[bool] = []
        self.written: list[tuple[int, int]] = []
        dma = Dma(self.ram, lambda offset, length: self.written.append((offset, length)))
        self.slot = VirtioMmio(model, dma, self.levels.append)
        self.num = num
        self.used_seen = [0] * len(model.queue_sizes)
        self.start(features)

    def start(self, features: int | None = None) -> None:
        """Set the device up as 3.1.1 says, accepting `features`, or all."""
        self.write(Reg.STATUS, 0)
        self.write(Reg.STATUS, 3)
        for half in range(2):
            self.write(Reg.DEVICE_FEATURES_SEL, half)
            self.write(Reg.DRIVER_FEATURES_SEL, half)
            offered = self.read(Reg.DEVICE_FEATURES)
            chosen = offered if features is None else features >> 32 * half & 0xFFFF_FFFF
            self.write(Reg.DRIVER_FEATURES, chosen)
        self.write(Reg.STATUS, 3 | 8)
        assert self.read(Reg.STATUS) == 11
        for queue in range(len(self.used_seen)):
            self.set_up(queue)
        self.write(Reg.STATUS, 3 | 8 | 4)

    def set_up(self, queue: int) -> None:
        self.write(Reg.QUEUE_SEL, queue)
        self.write(Reg.QUEUE_NUM, self.num)
        table, driver, device = self.rings(queue)
        for register, offset in (
            (Reg.QUEUE_DESC, table),
            (Reg.QUEUE_DRIVER, driver),
            (Reg.QUEUE_DEVICE, device),
        ):
            self.write(register, RAM_BASE + offset)
            self.write(register + 4, 0)
        self.write(Reg.QUEUE_READY, 1)
        self.used_seen[queue] = 0

    def rings(self, queue: int) -> tuple[int, int, int]:
        start = queue * 0x4000
        return start, start + 0x1000, start + 0x2000

    def read(self, offset: int, width: int = 4) -> int:
        return self.slot.read(offset, width)

    def write(self, offset: int, value: int) -> None:
        self.slot.write(offset, 4, value)

    def put(self, offset: int, data: bytes) -> None:
        self.ram.bytes[offset : offset + len(data)] = data

    def get(self, offset: int, length: int) -> bytes:
        return bytes(self.ram.bytes[offset : offset + length])

    def describe(self, index: int, entry: tuple[int, int, int, int], table: int = 0) -> None:
        """Write a descriptor: offset in RAM, length, flags, next."""
        offset, length, flags, following = entry
        address = RAM_BASE + offset & (1 << 64) - 1
        self.put(table + 16 * index, struct.pack("<QIHH", address, length, flags, following))

    def publish(self, head: int, queue: int = 0) -> None:
        """Make a chain available."""
        _, driver, _ = self.rings(queue)
        (index,) = struct.unpack("<H", self.get(driver + 2, 2))
        self.put(driver + 4 + 2 * (index % self.num), struct.pack("<H", head))
        self.put(driver + 2, struct.pack("<H", index + 1 & 0xFFFF))

    def notify(self, queue: int = 0) -> None:
        self.write(Reg.QUEUE_NOTIFY, queue)

    def used(self, queue: int = 0) -> list[tuple[int, int]]:
        """Return (head, length) of what was used since the last time."""
        _, _, device = self.rings(queue)
        (index,) = struct.unpack("<H", self.get(device + 2, 2))
        found = []
        while self.used_seen[queue] != index:
            at = device + 4 + 8 * (self.used_seen[queue] % self.num)
            found.append(struct.unpack("<II", self.get(at, 8)))
            self.used_seen[queue] = self.used_seen[queue] + 1 & 0xFFFF
        return found

    def chain(self, said: list[bytes], rooms: list[int], queue: int = 0) -> list[int]:
        """Publish one chain with buffers from 0x10000 on; return the offsets of the rooms."""
        table, _, _ = self.rings(queue)
        at, places = 0x10000, []
        sizes = [*map(len, said), *rooms]
        for index, size in enumerate(sizes):
            if index < len(said):
                self.put(at, said[index])
            else:
                places.append(at)
            flags = (index >= len(said)) * WRITE | (index + 1 < len(sizes)) * NEXT
            self.describe(index, (at, size, flags, index + 1), table)
            at += size + 5  # at any alignment
        self.publish(0, queue)
        return places


@pytest.fixture
def driver():
    return Driver


@pytest.fixture
def flags():
    return SimpleNamespace(next=NEXT, write=WRITE, indirect=INDIRECT)
