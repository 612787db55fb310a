"""Disks for guests: image files on the host's side, a virtio block device on the guest's.

Here are files, raw images, the chain of images, and the device; `qcow2.py` has the format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import qcow2
from qcow2 import Qcow2, ceil
from vmlab.block import SECTOR
from vmlab.image import MOST, Format, NewImage, Queue, Reason, Refused, Snapshot
from vmlab.memory import RAM_BASE
from vmlab.parts.disk import Store

DEEPEST = 32
"""So many images, one upon the other, can be opened."""
LONGEST_NAME = 1 << 10


class Host:
    """What the VMM lends for the length of one call."""

    store: Store
    memory: memoryview


host = Host()


# --- Files and raw images ---


@dataclass(frozen=True)
class File:
    """A file of the store: exact reads, with zeros behind the end, and whole writes."""

    name: str

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly so many bytes (D1)."""
        data = bytearray()
        while len(data) < length:
            at = offset + len(data)
            if at >= 1 << 64:
                break
            piece = host.store.read(self.name, at, min(length - len(data), MOST))
            if not piece:
                break
            data += piece
        return bytes(data.ljust(length, b"\0"))

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` (D1)."""
        done = 0
        while done < len(data):
            done += host.store.write(self.name, offset + done, data[done : done + MOST])

    def flush(self) -> None:
        """Return when all that was written is durable."""
        host.store.flush(self.name)

    def resize(self, size: int) -> None:
        """Give the file a length, and create it if there is none."""
        host.store.resize(self.name, size)

    @property
    def size(self) -> int:
        """The length of the file."""
        return host.store.size(self.name) or 0


@dataclass(eq=False)
class Raw:
    """An image that is its disk, byte for byte."""

    file: File
    read_only: bool
    size: int
    locks: ExitStack = field(default_factory=ExitStack)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk."""
        return self.file.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of the disk."""
        self.file.write(offset, data)


Image = Raw | Qcow2
disks: dict[int, Image] = {}


# --- The chain ---


def resolve(folder: list[str], name: str) -> str:
    """Return the store's name of a file that is named from a folder (D14)."""
    if name.startswith("/") or any(character in name for character in ":\\\0"):
        raise Refused(Reason.UNSAFE, "the name of a backing file may lead out of the store")
    parts = list(folder)
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise Refused(Reason.UNSAFE, "the name of a backing file leads out of the store")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    resolved = "/".join(parts)
    if not resolved:
        raise Refused(Reason.UNSAFE, "the name of a backing file is that of the store")
    if len(resolved) > LONGEST_NAME:
        raise Refused(Reason.MISSING, "the name of a backing file is too long for the store")
    return resolved


def below(name: str, backing: str) -> str:
    """Return the store's name of a backing file that the image `name` names."""
    return resolve(name.split("/")[:-1], backing)


def open_image(name: str, format: Format, read_only: bool, above: tuple[str, ...] = ()) -> Image:
    """Lock and open a file and all below it; `above` are the files that it lies below (D4, D14)."""
    if name in above or len(above) >= DEEPEST:
        raise Refused(Reason.UNSAFE, f"{name[:80]!r} lies below itself, or too deep")
    if host.store.size(name) is None:
        raise Refused(Reason.MISSING, f"there is no file {name[:80]!r}")
    if not host.store.lock(name, not read_only):
        raise Refused(Reason.LOCKED, f"{name[:80]!r} is open elsewhere")
    with ExitStack() as locks:
        locks.callback(lambda: host.store.unlock(name))
        file = File(name)
        image: Image
        if format is Format.RAW:
            image = Raw(file, read_only, file.size)
        else:
            image = Qcow2(file, read_only)
            if image.backing:
                format_below = qcow2.backing_format(image)
                at = below(name, image.backing)
                image.below = open_image(at, format_below, True, (*above, name))
                locks.push(image.below.locks)
            if not read_only:
                image.begin_writing()
        image.locks = locks.pop_all()
    return image


def disk_size(image: Image) -> int:
    """Return the size that the guest sees: whole sectors (D1)."""
    return ceil(image.size, SECTOR) * SECTOR


# --- What is done with a disk ---


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    if offset + length > disk_size(image):
        raise Refused(Reason.BOUNDS, f"{length} bytes at {offset:#x} are not in the disk")


def check_writable(image: Image) -> None:
    """Raise Refused if the disk may not be written to (D3)."""
    if image.read_only:
        raise Refused(Reason.READ_ONLY, "the disk was opened to be read")


def read_disk(image: Image, offset: int, length: int) -> bytes:
    """Return bytes of a disk. Raise Refused."""
    check_bounds(image, offset, length)
    return image.read(offset, length)


def write_disk(image: Image, offset: int, data: bytes) -> None:
    """Write bytes of a disk. Raise Refused."""
    check_writable(image)
    check_bounds(image, offset, len(data))
    image.write(offset, data)


def flush_disk(image: Image) -> None:
    """Return when all that was written is durable (D5)."""
    if not image.read_only:
        image.file.flush()


# --- The virtqueue (virtio 1.2, 2.7) ---

NEXT, WRITE, INDIRECT = 1, 2, 4
NO_INTERRUPT = 1
DESCRIPTOR = struct.Struct("<QIHH")  # address, length, flags, next
USED = struct.Struct("<II")  # head, bytes written


class Broken(Exception):
    """The driver broke a rule of the queue."""


def demand(rule: bool) -> None:
    """Raise Broken unless a rule is kept."""
    if not rule:
        raise Broken


def ram(address: int, length: int) -> memoryview:
    """Return a piece of the guest's RAM. Raise Broken unless all of it is RAM (D17)."""
    start = address - RAM_BASE
    demand(start >= 0 and start + length <= len(host.memory))
    return host.memory[start : start + length]


def number(address: int) -> int:
    """Return a number of 2 bytes in RAM."""
    return int.from_bytes(ram(address, 2), "little")


def waiting(queue: Queue) -> int:
    """Return how many chains are available. Raise Broken if the rings are not as they must be."""
    ram(queue.descriptors, DESCRIPTOR.size * queue.size)
    ram(queue.driver, 6 + 2 * queue.size)
    ram(queue.device, 6 + USED.size * queue.size)
    ahead = (number(queue.driver + 2) - queue.taken) % (1 << 16)
    demand(ahead <= queue.size)
    return ahead


def descriptors(queue: Queue, head: int) -> Iterator[tuple[int, int, int]]:
    """Yield address, length and flags of a chain's buffers; each descriptor is read once (D17)."""
    table, entries, index, direct = queue.descriptors, queue.size, head, True
    while True:
        demand(index < entries)
        place = ram(table + DESCRIPTOR.size * index, DESCRIPTOR.size)
        address, length, flags, index = DESCRIPTOR.unpack(bytes(place))
        if flags & INDIRECT:
            demand(queue.indirect and direct and not flags & NEXT)
            demand(length > 0 and length % DESCRIPTOR.size == 0)
            ram(address, length)
            table, entries, index, direct = address, length // DESCRIPTOR.size, 0, False
            continue
        yield address, length, flags
        if not flags & NEXT:
            return


@dataclass(frozen=True)
class Chain:
    """The buffers of one request, as pieces of RAM."""

    head: int
    readable: list[memoryview]
    writable: list[memoryview]

    def said(self, start: int, length: int) -> bytes:
        """Return bytes of what the driver says, as far as there are so many."""
        out = bytearray()
        for buffer in self.readable:
            out += buffer[start : start + length - len(out)]
            start = max(0, start - len(buffer))
        return bytes(out)

    def answer(self, start: int, data: bytes) -> None:
        """Write bytes for the driver, the first at byte `start` of all that may be written."""
        for buffer in self.writable:
            piece = data[: max(0, len(buffer) - start)]
            buffer[start : start + len(piece)] = piece
            data = data[len(piece) :]
            start = max(0, start - len(buffer))


def collect(queue: Queue, head: int) -> Chain:
    """Return a chain. Raise Broken unless it keeps all rules (D17)."""
    chain = Chain(head, [], [])
    for address, length, flags in descriptors(queue, head):
        demand(len(chain.readable) + len(chain.writable) < queue.size)
        if flags & WRITE:
            chain.writable.append(ram(address, length))
        else:
            demand(not chain.writable)
            chain.readable.append(ram(address, length))
    demand(any(map(len, chain.writable)))
    return chain


# --- The block device (virtio 1.2, 5.2) ---

HEADER = struct.Struct("<IIQ")  # type, reserved, sector
IN, OUT, FLUSH, GET_ID = 0, 1, 4, 8
OK, IOERR, UNSUPP = 0, 1, 2
ID_SIZE = 20


def answer(image: Image, queue: Queue, chain: Chain) -> int:
    """Do what a request asks for; return how many bytes are written, from the first on (D15)."""
    room = sum(map(len, chain.writable)) - 1
    try:
        data, status = perform(image, queue, chain, room)
    except Refused:
        data, status = b"", IOERR
    chain.answer(0, data)
    chain.answer(room, bytes([status]))
    return room + 1 if len(data) == room else len(data)


def perform(image: Image, queue: Queue, chain: Chain, room: int) -> tuple[bytes, int]:
    """Return data, at most `room` bytes, and the status. Raise Refused."""
    said = chain.said(0, HEADER.size)
    if len(said) < HEADER.size:
        return b"", IOERR
    kind, _, sector = HEADER.unpack(said)
    payload = sum(map(len, chain.readable)) - HEADER.size
    if kind == IN:
        if room % SECTOR or room > MOST:
            return b"", IOERR
        return read_disk(image, sector * SECTOR, room), OK
    if kind == OUT:
        if payload % SECTOR or payload > MOST:
            return b"", IOERR
        write_disk(image, sector * SECTOR, chain.said(HEADER.size, payload))
        if not queue.write_back:
            flush_disk(image)
        return b"", OK
    if kind == FLUSH:
        flush_disk(image)
        return b"", OK
    if kind == GET_ID:
        return image.file.name.encode()[:ID_SIZE].ljust(ID_SIZE, b"\0")[:room], OK
    return b"", UNSUPP


# --- What the VMM calls ---


def create(store: Store, name: str, new: NewImage) -> None:
    """Make an image that was not there (D8)."""
    host.store = store
    if store.size(name) is not None:
        raise Refused(Reason.EXISTS, f"there is a file {name[:80]!r} already")
    file = File(name)
    new = replace(new, size=ceil(new.size, SECTOR) * SECTOR)
    if new.size >= 1 << 64:
        raise Refused(Reason.UNSUPPORTED, "a disk of 2^64 bytes")
    if new.format is Format.RAW:
        file.resize(new.size)
    else:
        if new.backing is not None:
            below(name, new.backing)
        qcow2.make_image(file, new)
    file.flush()


def attach(store: Store, name: str, format: Format, read_only: bool) -> int:
    """Open an image."""
    host.store = store
    disk = max(disks, default=0) + 1
    disks[disk] = open_image(name, format, read_only)
    return disk


def detach(store: Store, disk: int) -> None:
    """Close an image; it is unlocked even if it cannot be flushed (D4)."""
    host.store = store
    image = disks.pop(disk)
    with image.locks:
        flush_disk(image)


def size(store: Store, disk: int) -> int:
    """Return the size of a disk in bytes."""
    return disk_size(disks[disk])


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
    flush_disk(disks[disk])


def with_snapshots(image: Image) -> Qcow2:
    """Return an image that can have snapshots. Raise Refused."""
    if isinstance(image, Raw):
        raise Refused(Reason.UNSUPPORTED, "a raw image has no snapshots")
    return image


def snapshots(store: Store, disk: int) -> list[Snapshot]:
    """Return the snapshots in an image."""
    host.store = store
    rows = with_snapshots(disks[disk]).snapshots()
    return [Snapshot(row.id, row.name, row.size) for row in rows]


def take_snapshot(store: Store, disk: int, name: str) -> None:
    """Keep the disk as it is."""
    host.store = store
    check_writable(disks[disk])
    with_snapshots(disks[disk]).take(name)


def apply_snapshot(store: Store, disk: int, name: str) -> None:
    """Make the disk what it was."""
    host.store = store
    check_writable(disks[disk])
    with_snapshots(disks[disk]).apply(name)


def delete_snapshot(store: Store, disk: int, name: str) -> None:
    """Forget a snapshot."""
    host.store = store
    check_writable(disks[disk])
    with_snapshots(disks[disk]).delete(name)


def serve(store: Store, memory: memoryview, disk: int, queue: Queue) -> bool:
    """Answer the requests that wait now; return whether to interrupt (D16, D17)."""
    host.store, host.memory = store, memory
    answered = False
    try:
        for _ in range(0 if queue.broken else waiting(queue)):
            head = number(queue.driver + 4 + 2 * (queue.taken % queue.size))
            chain = collect(queue, head)
            written = answer(disks[disk], queue, chain)
            place = queue.device + 4 + USED.size * (queue.used % queue.size)
            ram(place, USED.size)[:] = USED.pack(head, written)
            queue.taken = (queue.taken + 1) % (1 << 16)
            queue.used = (queue.used + 1) % (1 << 16)
            ram(queue.device + 2, 2)[:] = queue.used.to_bytes(2, "little")
            answered = True
    except Broken:
        queue.broken = True
    return answered and not number(queue.driver) & NO_INTERRUPT
