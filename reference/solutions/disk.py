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
        # BEGIN SOLUTION D1: all that was asked for
        data = bytearray()
        while len(data) < length:
            rest = min(length - len(data), MOST)
            piece = host.store.read(self.name, offset + len(data), rest)
            if not piece:
                break
            data += piece
        return bytes(data).ljust(length, b"\0")
        # END SOLUTION

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` (D1)."""
        # BEGIN SOLUTION D1: all that is to be written
        done = 0
        while done < len(data):
            done += host.store.write(self.name, offset + done, data[done : done + MOST])
        # END SOLUTION

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
        # BEGIN SOLUTION D1: read
        return self.file.read(offset, length)
        # END SOLUTION

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of the disk (D1)."""
        # BEGIN SOLUTION D1: write
        self.file.write(offset, data)
        # END SOLUTION


Image = Raw | Qcow2
disks: dict[int, Image] = {}


def disk_size(image: Image) -> int:
    """Return the size that the guest sees: whole sectors (D1)."""
    # BEGIN SOLUTION D1: whole sectors
    return -(-image.size // SECTOR) * SECTOR
    # END SOLUTION


def check_bounds(image: Image, offset: int, length: int) -> None:
    """Raise Refused unless all of the range is in the disk (D2)."""
    # BEGIN SOLUTION D2: bounds
    if offset + length > disk_size(image):
        raise Refused(Reason.BOUNDS, f"{length} bytes at {offset:#x} are not all in the disk")
    # END SOLUTION


def check_writable(image: Image) -> None:
    """Raise Refused if the disk may not be written to (D3)."""
    # BEGIN SOLUTION D3: read-only
    if image.read_only:
        raise Refused(Reason.READ_ONLY, f"{image.file.name} was opened only to be read")
    # END SOLUTION


def open_image(name: str, format: Format, read_only: bool, above: tuple[str, ...] = ()) -> Image:
    """Lock and open a file, and what lies below it; `above` are the files that it lies below.

    If it is refused, nothing stays locked (D4).
    """
    # BEGIN SOLUTION D4: lock and open
    size = host.store.size(name)
    if size is None:
        raise Refused(Reason.MISSING, f"there is no file {name}")
    if not host.store.lock(name, not read_only):
        raise Refused(Reason.LOCKED, f"{name} is in use")
    store = host.store
    with ExitStack() as undo:
        undo.callback(store.unlock, name)
        image: Image = Raw(File(name), read_only, size)
        if format is Format.QCOW2:
            image = qcow2.load(File(name), read_only)
            if image.backing is not None:
                image.below = open_below(image, (*above, name))
                undo.callback(close_image, image.below)
            if not read_only:
                qcow2.begin_writing(image)
        undo.pop_all()
    return image
    # END SOLUTION


def open_below(image: Qcow2, above: tuple[str, ...]) -> Image:
    """Open the backing file of `above[-1]`, to be read only (D12, D14)."""
    # BEGIN SOLUTION D14: the chain
    assert image.backing is not None
    name = name_below(above[-1], image.backing)
    if name in above:
        raise Refused(Reason.UNSAFE, f"{name} lies below itself")
    if len(above) >= DEEPEST:
        raise Refused(Reason.UNSAFE, f"more than {DEEPEST} images lie one upon the other")
    if image.backing_format is None:
        # A guess would go by what the base begins with, and a guest may have written that.
        raise Refused(Reason.UNSAFE, f"{above[-1]} does not say what format {name} has")
    return open_image(name, image.backing_format, True, above)
    # END SOLUTION


def name_below(above: str, backing: str) -> str:
    """Return the store's name of a backing file that the image `above` names (D14)."""
    # BEGIN SOLUTION D14: names
    # On some hosts ":" and "\" lead to drives and folders; qemu takes "json:" for a protocol.
    if backing.startswith("/") or set(backing) & set(":\\\0"):
        raise Refused(Reason.UNSAFE, f"{above} lies upon {backing!r}")
    parts = above.split("/")[:-1]
    for part in backing.split("/"):
        if part == ".." and not parts:
            raise Refused(Reason.UNSAFE, f"{above} lies upon {backing!r}, outside of the folder")
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
    # END SOLUTION


def close_image(image: Image) -> None:
    """Unlock a file, and what lies below it (D4)."""
    # BEGIN SOLUTION D4: unlock
    host.store.unlock(image.file.name)
    if isinstance(image, Qcow2) and image.below is not None:
        close_image(image.below)
    # END SOLUTION


def flush_image(image: Image) -> None:
    """Return when all that was written is durable (D5)."""
    # BEGIN SOLUTION D5: flush
    image.file.flush()
    # END SOLUTION


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
    # BEGIN SOLUTION D17: bounds of RAM
    start = address - RAM_BASE
    if not 0 <= start <= len(host.memory) - length:
        raise Broken(f"{length} bytes at {address:#x} are not all in RAM")
    return host.memory[start : start + length]
    # END SOLUTION


def number(address: int, length: int) -> int:
    """Return a little-endian number in the guest's RAM. Raise Broken if there is none."""
    return int.from_bytes(ram(address, length), "little")


def waiting(queue: Queue) -> int:
    """Return how many chains the driver has made available (D16)."""
    # BEGIN SOLUTION D16: available
    count = number(queue.driver + 2, 2) - queue.taken & 0xFFFF
    if count > queue.size:
        raise Broken(f"{count} chains in a queue of {queue.size}")
    return count
    # END SOLUTION


def take(queue: Queue) -> Chain:
    """Take the next chain that is available (D16)."""
    # BEGIN SOLUTION D16: take
    head = number(queue.driver + 4 + 2 * (queue.taken % queue.size), 2)
    chain = follow(queue, head)
    queue.taken = queue.taken + 1 & 0xFFFF
    return chain
    # END SOLUTION


def follow(queue: Queue, head: int) -> Chain:
    """Collect the buffers of a chain. Each descriptor is read once (D16, D17)."""
    # BEGIN SOLUTION D17: the chain
    table, size, index = queue.descriptors, queue.size, head
    readable: list[Buffer] = []
    writable: list[Buffer] = []
    indirect = False
    while len(readable) + len(writable) < queue.size:
        if index >= size:
            raise Broken(f"descriptor {index} of {size}")
        entry = bytes(ram(table + DESCRIPTOR.size * index, DESCRIPTOR.size))
        address, length, flags, index = DESCRIPTOR.unpack(entry)
        if flags & INDIRECT:
            if not queue.indirect or indirect or flags & NEXT:
                raise Broken("a descriptor that must not be indirect")
            if length == 0 or length % DESCRIPTOR.size:
                raise Broken(f"a table of {length} bytes")
            table, size, index, indirect = address, length // DESCRIPTOR.size, 0, True
            continue
        if writable and not flags & WRITE:
            raise Broken("what is to be read comes after what is to be written")
        ram(address, length)
        (writable if flags & WRITE else readable).append((address, length))
        if not flags & NEXT:
            return Chain(head, tuple(readable), tuple(writable))
    raise Broken(f"a chain with more than {queue.size} buffers")
    # END SOLUTION


def give_back(queue: Queue, chain: Chain, written: int) -> None:
    """Put a chain into the used ring: what was written of it first, then the index (D16)."""
    # BEGIN SOLUTION D16: used
    at = queue.device + 4 + 8 * (queue.used % queue.size)
    ram(at, 8)[:] = struct.pack("<II", chain.head, written)
    queue.used = queue.used + 1 & 0xFFFF
    ram(queue.device + 2, 2)[:] = struct.pack("<H", queue.used)
    # END SOLUTION


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
    # BEGIN SOLUTION D15: scatter
    done = 0
    for address, length in buffers:
        skipped = min(start, length)
        count = min(length - skipped, len(data) - done)
        ram(address + skipped, count)[:] = data[done : done + count]
        done, start = done + count, start - skipped
    # END SOLUTION


def answer(image: Image, queue: Queue, chain: Chain) -> int:
    """Answer a request; return how many bytes are written, from the first on (D15, D16)."""
    # BEGIN SOLUTION D15: answer
    room = length_of(chain.writable) - 1  # the last byte is the status
    if room < 0:
        raise Broken("no room for a status")
    data, status = b"", IOERR
    if room <= MOST and HEADER.size <= length_of(chain.readable) <= HEADER.size + MOST:
        request = b"".join(bytes(ram(*buffer)) for buffer in chain.readable)
        try:
            data, status = perform(image, queue, request, room)
        except Refused:
            status = IOERR
    scatter(chain.writable, data)
    scatter(chain.writable, bytes([status]), room)
    return room + 1 if len(data) == room else len(data)
    # END SOLUTION


def perform(image: Image, queue: Queue, request: bytes, room: int) -> tuple[bytes, int]:
    """Do what a request asks for; return the data, at most `room` bytes, and the status (D15)."""
    # BEGIN SOLUTION D15: requests
    (kind, _, sector), payload = HEADER.unpack_from(request), request[HEADER.size :]
    if kind == IN:
        if room % SECTOR:
            return b"", IOERR
        return read_disk(image, sector * SECTOR, room), OK
    if kind == OUT:
        if len(payload) % SECTOR:
            return b"", IOERR
        write_disk(image, sector * SECTOR, payload)
        if not queue.write_back:
            flush_image(image)
        return b"", OK
    if kind == FLUSH:
        flush_image(image)
        return b"", OK
    if kind == GET_ID:
        return image.file.name.encode()[:ID_SIZE].ljust(ID_SIZE, b"\0")[:room], OK
    return b"", UNSUPP
    # END SOLUTION


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
    # BEGIN SOLUTION D16: serve
    served = 0
    try:
        for _ in range(waiting(queue)):
            chain = take(queue)
            give_back(queue, chain, answer(disks[disk], queue, chain))
            served += 1
        return served > 0 and not number(queue.driver, 2) & NO_INTERRUPT
    except Broken:
        queue.broken = True
        return served > 0
    # END SOLUTION
