"""The split virtqueue, from the device's side (virtio 1.2, 2.7).

Everything here is read from memory that the guest can write at any time, so nothing is believed:
what breaks a rule raises Broken before anything was done with it.

    descriptor table            available ring (driver's)      used ring (device's)
    | address  64 |  x num      | flags 16 | idx 16 |          | flags 16 | idx 16 |
    | length   32 |             | head 16 |  x num             | head 32 | length 32 |  x num
    | flags    16 |
    | next     16 |
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from vmlab.devices.dma import Dma, DmaError

NEXT = 1
"""Descriptor flag: the chain goes on at `next`."""
WRITE = 2
"""Descriptor flag: the device writes this buffer; else it reads it."""
INDIRECT = 4
"""Descriptor flag: this buffer is a table of descriptors."""
NO_INTERRUPT = 1
"""Flag of the available ring: the driver does not want to be interrupted."""

DESCRIPTOR = struct.Struct("<QIHH")

Buffer = tuple[int, int]
"""Physical address and length in bytes."""


class Broken(Exception):
    """The driver broke a rule of the queue; the device needs a reset."""


@dataclass(frozen=True)
class Chain:
    """The buffers of one request. All of them lie in RAM."""

    head: int
    """What names the chain in the used ring."""
    readable: tuple[Buffer, ...]
    """What the driver says."""
    writable: tuple[Buffer, ...]
    """Room for the device's answer."""

    @property
    def said(self) -> int:
        """Bytes that the driver says."""
        return sum(length for _, length in self.readable)

    @property
    def room(self) -> int:
        """Bytes that fit into the answer."""
        return sum(length for _, length in self.writable)


class SplitQueue:
    """One queue. Addresses are physical; `num` is the number of descriptors, a power of 2."""

    def __init__(self, dma: Dma, most: int) -> None:
        """Make one that can have up to `most` descriptors."""
        self.dma = dma
        self.most = most
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.num = 0
        self.ready = False
        self.descriptors = 0
        self.driver = 0
        """Address of the available ring."""
        self.device = 0
        """Address of the used ring."""
        self.indirect = False
        """Whether the driver may use indirect descriptors."""
        self.features = 0
        """All features that the driver has accepted."""
        self.taken = 0
        """How many chains were taken from the available ring, modulo 2^16."""
        self.used = 0
        """How many were given back, modulo 2^16."""

    def well_placed(self) -> bool:
        """Tell whether size and alignment of the three parts are as 2.7 wants them."""
        aligned = not (self.descriptors % 16 or self.driver % 2 or self.device % 4)
        return 0 < self.num <= self.most and not self.num & self.num - 1 and aligned

    def waiting(self) -> int:
        """Return how many chains the driver has made available."""
        try:
            (index,) = struct.unpack("<H", self.dma.read(self.driver + 2, 2))
        except DmaError as error:
            raise Broken(str(error)) from None
        count: int = index - self.taken & 0xFFFF
        if count > self.num:
            raise Broken(f"{count} chains are available in a queue of {self.num}")
        return count

    def take(self) -> Chain:
        """Take the next available chain; call it only if one is `waiting`."""
        try:
            at = self.driver + 4 + 2 * (self.taken % self.num)
            (head,) = struct.unpack("<H", self.dma.read(at, 2))
            chain = self._follow(head)
        except DmaError as error:
            raise Broken(str(error)) from None
        self.taken = self.taken + 1 & 0xFFFF
        return chain

    def read(self, chain: Chain) -> bytes:
        """Return all that the driver says."""
        return b"".join(self.dma.read(address, length) for address, length in chain.readable)

    def write(self, chain: Chain, data: bytes, start: int = 0) -> None:
        """Put `data`, which must fit, into the answer, beginning at its byte `start`."""
        for address, length in chain.writable:
            if start < length and data:
                piece, data = data[: length - start], data[length - start :]
                self.dma.write(address + start, piece)
                start = length
            start -= min(start, length)

    def give_back(self, chain: Chain, written: int) -> None:
        """Put a chain into the used ring; the first `written` bytes of its answer are written."""
        try:
            at = self.device + 4 + 8 * (self.used % self.num)
            self.dma.write(at, struct.pack("<II", chain.head, written))
            self.used = self.used + 1 & 0xFFFF
            self.dma.write(self.device + 2, struct.pack("<H", self.used))
        except DmaError as error:
            raise Broken(str(error)) from None

    def wants_interrupt(self) -> bool:
        """Tell whether the driver wants to be told of used chains."""
        try:
            (flags,) = struct.unpack("<H", self.dma.read(self.driver, 2))
        except DmaError as error:
            raise Broken(str(error)) from None
        return not flags & NO_INTERRUPT

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {name: getattr(self, name) for name in _STATE}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        for name in _STATE:
            setattr(self, name, state[name])

    def _follow(self, head: int) -> Chain:
        """Collect a chain's buffers."""
        table, size, index = self.descriptors, self.num, head
        nested = False
        buffers: tuple[list[Buffer], list[Buffer]] = [], []
        total = 0
        for _ in range(self.num + 1):  # as many buffers as the queue may have, and a table
            if index >= size:
                raise Broken(f"descriptor {index} of a table of {size}")
            entry = self.dma.read(table + DESCRIPTOR.size * index, DESCRIPTOR.size)
            address, length, flags, following = DESCRIPTOR.unpack(entry)
            if flags & INDIRECT:
                if not self.indirect or nested or flags & NEXT:  # WRITE means nothing here
                    raise Broken(f"descriptor {index} must not be indirect")
                if not length or length % DESCRIPTOR.size:
                    raise Broken(f"a table of descriptors with {length} bytes")
                nested, table, size, index = True, address, length // DESCRIPTOR.size, 0
                continue
            writable = bool(flags & WRITE)
            if buffers[True] and not writable:
                raise Broken("a buffer to read comes after one to write")
            self.dma.check(address, length)
            total += length
            if not length or total > self.dma.size:
                raise Broken(f"a chain with a buffer of {length} bytes, {total} in all")
            buffers[writable].append((address, length))
            if not flags & NEXT:
                return Chain(head, tuple(buffers[False]), tuple(buffers[True]))
            index = following
        raise Broken(f"a chain longer than the queue's {self.num} descriptors")


_STATE = (
    *("num", "ready", "descriptors", "driver", "device"),
    *("indirect", "features", "taken", "used"),
)
