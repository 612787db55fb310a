"""Disks for guests: image files on the host's side, a virtio block device on the guest's.

The guest has numbered sectors; the host has a file. Between them stand an image, which turns an
offset of the disk into one of a file, and the device, which takes requests out of the guest's
memory and believes nothing that it reads there. D1 is a clause of the handout. The qcow2 format
stands in `qcow2.py`.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack
from dataclasses import dataclass, replace

import qcow2
from qcow2 import Qcow2
from vmlab.block import SECTOR
from vmlab.image import MOST, Format, NewImage, Queue, Reason, Refused, Snapshot
from vmlab.memory import RAM_BASE
from vmlab.parts.disk import Store

DEEPEST = 16
"""So many images, one upon the other, can be opened."""


class Host:
    """What the VMM lends for the length of one call."""

    store: Store
    memory: memoryview


host = Host()


# --- Files ---


@dataclass(frozen=True)
class File:
    """A file of the store. Its users need not care for the end of the file, nor for half a job."""

    name: str

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly so many bytes; behind the end of the file are zeros (D1)."""
        raise NotImplementedError("D1: all that was asked for")

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` (D1)."""
        raise NotImplementedError("D1: all that is to be written")

    def flush(self) -> None:
        """Return when all that was written is durable."""
        host.store.flush(self.name)

    def resize(self, size: int) -> None:
        """Give the file a length, and create it if there is none."""
        host.store.resize(self.name, size)

    @property
    def size(self) -> int:
        """The length of the file; 0 if there is none."""
        return host.store.size(self.name) or 0


# --- Images ---


@dataclass(eq=False)
class Raw:
    """An image that is its disk, byte for byte."""

    file: File
    read_only: bool
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk (D1)."""
        raise NotImplementedError("D1: read")

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of the disk (D1)."""
        raise NotImplementedError("D1: write")


Image = Raw | Qcow2
disks: dict[int, Image] = {}


def disk_size(image: Image) -> int:
    """Return the size that the guest sees: whole sectors (D1)."""
    raise NotImplementedError("D1: whole sectors")


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    raise NotImplementedError("D2: bounds")


def check_writable(image: Image) -> None:
    """Raise Refused if the disk may not be written to (D3)."""
    raise NotImplementedError("D3: read-only")


def open_image(name: str, format: Format, read_only: bool, above: tuple[str, ...] = ()) -> Image:
    """Lock and open a file, and what lies below it; `above` are the files that it lies below.

    If it is refused, nothing stays locked (D4).
    """
    raise NotImplementedError("D4: lock and open")


def open_below(image: Qcow2, above: tuple[str, ...]) -> Image:
    """Open the backing file of `above[-1]`, to be read only (D12, D14)."""
    raise NotImplementedError("D14: the chain")


def name_below(above: str, backing: str) -> str:
    """Return the store's name of a backing file that the image `above` names (D14)."""
    raise NotImplementedError("D14: names")


def close_image(image: Image) -> None:
    """Unlock a file, and what lies below it (D4)."""
    raise NotImplementedError("D4: unlock")


def flush_image(image: Image) -> None:
    """Return when all that was written is durable (D5)."""
    raise NotImplementedError("D5: flush")


# --- The virtqueue (virtio 1.2, 2.7) ---

NEXT, WRITE, INDIRECT = 1, 2, 4
NO_INTERRUPT = 1
DESCRIPTOR = struct.Struct("<QIHH")  # address, length, flags, next
Buffer = tuple[int, int]  # address, length


class Broken(Exception):
    """The driver broke a rule of the queue."""


@dataclass(frozen=True)
class Chain:
    """The buffers of one request. All of them are in RAM."""

    head: int
    readable: tuple[Buffer, ...]
    writable: tuple[Buffer, ...]


def ram(address: int, length: int) -> memoryview:
    """Return a piece of the guest's RAM. Raise Broken unless all of it is RAM (D17)."""
    raise NotImplementedError("D17: bounds of RAM")


def number(address: int, length: int) -> int:
    """Return a little-endian number in the guest's RAM. Raise Broken if there is none."""
    return int.from_bytes(ram(address, length), "little")


def waiting(queue: Queue) -> int:
    """Return how many chains the driver has made available (D16)."""
    raise NotImplementedError("D16: available")


def take(queue: Queue) -> Chain:
    """Take the next chain that is available (D16)."""
    raise NotImplementedError("D16: take")


def follow(queue: Queue, head: int) -> Chain:
    """Collect the buffers of a chain. Each descriptor is read once (D16, D17)."""
    raise NotImplementedError("D17: the chain")


def give_back(queue: Queue, chain: Chain, written: int) -> None:
    """Put a chain into the used ring: what was written of it first, then the index (D16)."""
    raise NotImplementedError("D16: used")


# --- The block device (virtio 1.2, 5.2) ---

HEADER = struct.Struct("<IIQ")  # type, reserved, sector
IN, OUT, FLUSH, GET_ID = 0, 1, 4, 8
OK, IOERR, UNSUPP = 0, 1, 2
ID_SIZE = 20


def length_of(buffers: tuple[Buffer, ...]) -> int:
    """Return the bytes of some buffers together."""
    return sum(length for _, length in buffers)


def scatter(buffers: tuple[Buffer, ...], data: bytes, start: int = 0) -> None:
    """Write `data` into some buffers, beginning at their byte `start`."""
    raise NotImplementedError("D15: scatter")


def answer(image: Image, queue: Queue, chain: Chain) -> int:
    """Answer a request; return how many bytes are written, from the first on (D15, D16)."""
    raise NotImplementedError("D15: answer")


def perform(image: Image, queue: Queue, request: bytes, room: int) -> tuple[bytes, int]:
    """Do what a request asks for; return the data, at most `room` bytes, and the status (D15)."""
    raise NotImplementedError("D15: requests")


# --- What the VMM calls ---


def create(store: Store, name: str, new: NewImage) -> None:
    """Make an image that was not there (D8)."""
    host.store = store
    if store.size(name) is not None:
        raise Refused(Reason.EXISTS, f"there is a file {name} already")
    file = File(name)
    new = replace(new, size=-(-new.size // SECTOR) * SECTOR)
    if new.format is Format.RAW:
        file.resize(new.size)
    else:
        if new.backing is not None:
            name_below(name, new.backing)
        qcow2.make_image(file, new)
    file.flush()


def attach(store: Store, name: str, format: Format, read_only: bool) -> int:
    """Open an image."""
    host.store = store
    disk = max(disks, default=0) + 1
    disks[disk] = open_image(name, format, read_only)
    return disk


def detach(store: Store, disk: int) -> None:
    """Close an image."""
    host.store = store
    image = disks.pop(disk)
    try:
        if not image.read_only:
            flush_image(image)
    finally:
        close_image(image)


def size(store: Store, disk: int) -> int:
    """Return the size of a disk in bytes."""
    host.store = store
    return disk_size(disks[disk])


def read_disk(image: Image, offset: int, length: int) -> bytes:
    """Return bytes of a disk, or raise Refused."""
    check_bounds(image, offset, length)
    return image.read(offset, length)


def write_disk(image: Image, offset: int, data: bytes) -> None:
    """Write bytes of a disk, or raise Refused."""
    check_writable(image)
    check_bounds(image, offset, len(data))
    image.write(offset, data)


def read(store: Store, disk: int, offset: int, length: int) -> bytes:
    """Return bytes of a disk."""
    host.store = store
    return read_disk(disks[disk], offset, length)


def write(store: Store, disk: int, offset: int, data: bytes) -> None:
    """Write bytes of a disk."""
    host.store = store
    write_disk(disks[disk], offset, data)


def flush(store: Store, disk: int) -> None:
    """Return when all that was written is durable."""
    host.store = store
    flush_image(disks[disk])


def with_snapshots(store: Store, disk: int) -> Qcow2:
    """Return an image that can have snapshots. Raise Refused."""
    host.store = store
    image = disks[disk]
    if not isinstance(image, Qcow2):
        raise Refused(Reason.UNSUPPORTED, "a raw image has no snapshots")
    return image


def snapshots(store: Store, disk: int) -> list[Snapshot]:
    """Return the snapshots in an image."""
    image = with_snapshots(store, disk)
    return [Snapshot(each.id, each.name, each.size) for each in qcow2.read_snapshots(image)]


def take_snapshot(store: Store, disk: int, name: str) -> None:
    """Keep the disk as it is."""
    image = with_snapshots(store, disk)
    check_writable(image)
    qcow2.keep_disk(image, name)


def apply_snapshot(store: Store, disk: int, name: str) -> None:
    """Make the disk what it was."""
    image = with_snapshots(store, disk)
    check_writable(image)
    qcow2.go_back(image, name)


def delete_snapshot(store: Store, disk: int, name: str) -> None:
    """Forget a snapshot."""
    image = with_snapshots(store, disk)
    check_writable(image)
    qcow2.forget(image, name)


def serve(store: Store, memory: memoryview, disk: int, queue: Queue) -> bool:
    """Answer the requests that wait, no more than wait now (D16, D17)."""
    host.store, host.memory = store, memory
    raise NotImplementedError("D16: serve")
