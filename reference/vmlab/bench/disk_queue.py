"""The driver of a virtio disk, honest or not: it lays queues out in RAM and looks what comes back.

RAM_BASE + 0x0000   descriptor table, then available and used ring
         + 0x8000   tables of indirect descriptors
         + 0x10000  buffers
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmlab.block import SECTOR
from vmlab.image import Queue
from vmlab.memory import RAM_BASE
from vmlab.testing import Mismatch

if TYPE_CHECKING:
    from vmlab.bench.disk import Bench, Drive

NEXT, WRITE, INDIRECT = 1, 2, 4
IN, OUT, FLUSH, GET_ID = 0, 1, 4, 8
OK, IOERR, UNSUPP = 0, 1, 2
NEVER = 0xEE
"""What stands where the device has not written a status."""
STATUS = {OK: "S_OK", IOERR: "S_IOERR", UNSUPP: "S_UNSUPP", NEVER: "no status"}
HEADER = struct.Struct("<IIQ")
DESCRIPTOR = struct.Struct("<QIHH")
TABLES, BUFFERS = RAM_BASE + 0x8000, RAM_BASE + 0x1_0000


@dataclass(frozen=True)
class Buffer:
    """A piece of RAM that a descriptor names."""

    address: int
    length: int
    write: bool = False
    """Whether the device may write it."""


@dataclass
class Request:
    """A request as the driver made it."""

    scenario: str
    head: int
    buffers: list[Buffer]
    status: int | None
    """Address of the status byte; None if there is none."""

    @property
    def data(self) -> list[Buffer]:
        """The buffers that the device may write."""
        return [buffer for buffer in self.buffers if buffer.write]


class Driver:
    """One queue of a disk. What it sends, `kick` has served and `answers` judges."""

    def __init__(
        self,
        bench: Bench,
        drive: Drive,
        size: int = 8,
        *,
        indirect: bool = True,
        write_back: bool = True,
        start: int = 0,
    ) -> None:
        """Lay out a queue of so many descriptors; `start` is where both indices begin."""
        self._bench = bench
        self._drive = drive
        self.memory = bench.ram.bytes
        rings = RAM_BASE + 16 * size
        used = -(-(rings + 6 + 2 * size) // 4) * 4
        self.queue = Queue(size, RAM_BASE, rings, used, indirect, write_back, start, start)
        self.free = list(range(size))
        self.pending: list[Request] = []
        """What is available, in order."""
        self.available = start
        self.seen = start
        """The used index up to which answers were looked at."""
        self._next = BUFFERS
        self._tables = TABLES
        self.set(rings, struct.pack("<HH", 0, start))
        self.set(used, struct.pack("<HH", 0, start))

    # Memory

    def set(self, address: int, data: bytes) -> int:
        """Write RAM; return the address."""
        self.memory[address - RAM_BASE : address - RAM_BASE + len(data)] = data
        return address

    def get(self, address: int, length: int) -> bytes:
        """Read RAM."""
        return bytes(self.memory[address - RAM_BASE : address - RAM_BASE + length])

    def room(self, length: int, data: bytes = b"") -> int:
        """Return the address of fresh RAM with `data` in it, filled up with 0xEE."""
        address = self._next
        self._next += -(-max(length, 1) // 16) * 16
        assert self._next <= RAM_BASE + len(self.memory), "the buffers do not fit into RAM"
        return self.set(address, data.ljust(length, bytes([NEVER])))

    def reuse(self) -> None:
        """Use all buffers afresh; nothing may be pending."""
        self._next, self._tables = BUFFERS, TABLES

    # Chains

    def descriptor(self, index: int, address: int, length: int, flags: int, following: int) -> None:
        """Write an entry of the descriptor table."""
        entry = DESCRIPTOR.pack(address, length, flags, following)
        self.set(self.queue.descriptors + 16 * index, entry)

    def table(self, entries: list[tuple[int, int, int, int]]) -> Buffer:
        """Write a table of indirect descriptors."""
        data = b"".join(DESCRIPTOR.pack(*entry) for entry in entries)
        address, self._tables = self._tables, self._tables + len(data)
        self.set(address, data)
        return Buffer(address, len(data))

    def chain(self, buffers: list[Buffer], *, indirect: int | None = None) -> int:
        """Write a chain; from buffer number `indirect` on in a table of its own. Return its head.

        The direct descriptors are not in the table's order.
        """
        direct = list(buffers if indirect is None else buffers[:indirect])
        if indirect is not None:
            rest = buffers[indirect:]
            count = len(rest)
            order = [0, *reversed(range(1, count))]
            entries = [(0, 0, 0, 0)] * count
            for n, buffer in enumerate(rest):
                more = n + 1 < count
                flags = WRITE * buffer.write | NEXT * more
                following = order[n + 1] if more else 0
                entries[order[n]] = (buffer.address, buffer.length, flags, following)
            direct.append(self.table(entries))
        indices = [self.free.pop() for _ in direct]
        for n, (index, buffer) in enumerate(zip(indices, direct, strict=True)):
            last = n + 1 == len(direct)
            flags = WRITE * buffer.write | (0 if last else NEXT)
            if indirect is not None and last:
                flags = INDIRECT
            following = 0xFFFF if last else indices[n + 1]
            self.descriptor(index, buffer.address, buffer.length, flags, following)
        return indices[0]

    def offer(self, head: int) -> None:
        """Put a head into the available ring."""
        slot = self.available % self.queue.size
        self.set(self.queue.driver + 4 + 2 * slot, struct.pack("<H", head))
        self.available = self.available + 1 & 0xFFFF
        self.set(self.queue.driver + 2, struct.pack("<H", self.available))

    def request(
        self,
        kind: int,
        sector: int = 0,
        data: bytes | int = b"",
        *,
        split: tuple[int, ...] = (),
        indirect: int | None = None,
    ) -> Request:
        """Make a request available: with data to write, or room for so many bytes to read.

        `split` cuts the readable and the writable bytes into buffers of these lengths first.
        """
        payload = data if isinstance(data, bytes) else b""
        said = HEADER.pack(kind, 0, sector) + payload
        room = 1 + (data if isinstance(data, int) else 0)
        cuts = list(split)
        first, last = self.room(len(said), said), self.room(room)
        buffers = _cut(first, len(said), cuts, False) if split else _parts(first, len(payload))
        if split:
            buffers += _cut(last, room, cuts, True)
        else:
            buffers += [Buffer(last, room - 1, True)] if room > 1 else []
            buffers.append(Buffer(last + room - 1, 1, True))
        names = {IN: "read", OUT: "write", FLUSH: "flush", GET_ID: "get id"}
        size = len(payload) or room - 1
        what = f"{names.get(kind, f'request {kind}')}, sector {sector}, {size} bytes"
        head = self.chain(buffers, indirect=indirect)
        made = Request(f"{self._drive.name}: {what}", head, buffers, last + room - 1)
        self.send(made)
        return made

    def send(self, request: Request) -> None:
        """Make available what was built by hand."""
        self.pending.append(request)
        self.offer(request.head)

    # What comes back

    def kick(self, extra: list[Buffer] | None = None) -> bool:
        """Have the device serve; return whether it interrupts.

        Raises Mismatch if it writes anything but what it may: buffers for it, and the used ring.
        """
        allowed = [b for request in self.pending for b in request.data] + (extra or [])
        queue = self.queue
        allowed.append(Buffer(queue.device + 2, 2 + 8 * queue.size))
        before = bytearray(self.memory)
        interrupt = self._bench.part.serve(
            self._bench.store, self.memory, self._drive.number, queue
        )
        now = bytes(self.memory)
        for buffer in allowed:
            start = buffer.address - RAM_BASE
            if 0 <= start <= len(now) - buffer.length:
                before[start : start + buffer.length] = now[start : start + buffer.length]
        if bytes(before) != now:
            at = next(n for n, (one, two) in enumerate(zip(before, now, strict=True)) if one != two)
            raise Mismatch(
                f"{self._drive.name}: a queue is served",
                "only buffers for the device, and the used ring, are written",
                f"the byte at {RAM_BASE + at:#x} ({self.place(RAM_BASE + at)})",
            )
        return interrupt

    def place(self, address: int) -> str:
        """Say what is at an address."""
        queue = self.queue
        if queue.descriptors <= address < queue.descriptors + 16 * queue.size:
            return "the descriptor table"
        if queue.driver <= address < queue.driver + 6 + 2 * queue.size:
            return "the available ring"
        return "RAM of the guest's own"

    @property
    def used(self) -> int:
        """The index of the used ring, as it stands in RAM."""
        return int.from_bytes(self.get(self.queue.device + 2, 2), "little")

    def answers(self) -> list[tuple[Request, int, int]]:
        """Return what was given back since: the request, its status, the length in the used ring.

        Raises Mismatch for what was not asked, or a length that says more than was written.
        """
        found = []
        while self.seen != self.used:
            at = self.queue.device + 4 + 8 * (self.seen % self.queue.size)
            head, length = struct.unpack("<II", self.get(at, 8))
            match = [request for request in self.pending if request.head == head]
            if not match:
                raise Mismatch(
                    f"{self._drive.name}: the used ring",
                    "heads of chains that are available, each once",
                    f"{head}",
                )
            request = match[0]
            self.pending.remove(request)
            self.seen = self.seen + 1 & 0xFFFF
            self._check_length(request, length)
            status = NEVER if request.status is None else self.get(request.status, 1)[0]
            found.append((request, status, length))
            self.free = list(range(self.queue.size)) if not self.pending else self.free
        return found

    def _check_length(self, request: Request, length: int) -> None:
        room = b"".join(self.get(b.address, b.length) for b in request.data)
        written = len(room.rstrip(bytes([NEVER]))) if room.strip(bytes([NEVER])) else 0
        # From the first byte on, without a gap: data that is missing before the status counts.
        gap = room[:-1] == bytes([NEVER]) * (len(room) - 1) and len(room) > 1
        if length > (0 if gap else written):
            raise Mismatch(
                f"{request.scenario}: the used ring",
                f"at most {0 if gap else written} bytes written, from the first on",
                f"{length}",
                "virtio 1.2, 2.7.8.2: at least len bytes are written, beginning at the first",
            )

    def gives(self, request: Request, status: int, data: bytes | None = None) -> None:
        """Serve, and raise Mismatch unless just this request is answered so."""
        self.kick()
        self.check(request, status, data)

    def check(self, request: Request, status: int, data: bytes | None = None) -> None:
        """Raise Mismatch unless this request, and no other, was answered so since."""
        found = self.answers()
        if self.queue.broken or [each[0] for each in found] != [request]:
            got = "the queue is broken" if self.queue.broken else f"{len(found)} answers"
            raise Mismatch(request.scenario, f"one answer, {STATUS[status]}", got)
        got_status = found[0][1]
        if got_status != status:
            got = STATUS.get(got_status, f"status {got_status}")
            raise Mismatch(request.scenario, STATUS[status], got)
        if data is not None:
            room = b"".join(self.get(b.address, b.length) for b in request.data)[:-1]
            if room != data:
                raise Mismatch(
                    request.scenario,
                    f"{len(data)} bytes, {data[:8].hex(' ')} ...",
                    f"{room[:8].hex(' ')} ...",
                )

    def breaks(self, scenario: str, *, answered: int = 0) -> None:
        """Serve, and raise Mismatch unless the device finds the queue broken, and does no more."""
        start = len(self._bench.store.log)
        self.kick()
        found = self.answers()
        if not self.queue.broken or len(found) != answered:
            got = "it is" if self.queue.broken else "it is not"
            raise Mismatch(
                f"{self._drive.name}: {scenario}",
                f"the queue is broken, after {answered} answers",
                f"{got}, after {len(found)}",
            )
        if not answered and len(self._bench.store.log) > start:
            raise Mismatch(
                f"{self._drive.name}: {scenario}", "nothing is done", "a file was written to"
            )

    # What drives a disk mostly need

    def reads(self, sector: int, count: int = 1, **how: Any) -> None:
        """Read sectors, and raise Mismatch unless they hold what the disk should."""
        length = count * SECTOR
        request = self.request(IN, sector, length, **how)
        self.gives(request, OK, self._drive.model.read(sector * SECTOR, length))

    def writes(self, sector: int, data: bytes, **how: Any) -> None:
        """Write sectors."""
        self.gives(self.request(OUT, sector, data, **how), OK)
        self._drive.model.write(sector * SECTOR, data)


def _parts(start: int, payload: int) -> list[Buffer]:
    """Return the readable buffers as most drivers have them: header, then data."""
    first = [Buffer(start, HEADER.size)]
    return [*first, Buffer(start + HEADER.size, payload)] if payload else first


def _cut(start: int, length: int, cuts: list[int], write: bool) -> list[Buffer]:
    """Cut a piece of RAM into buffers of the next lengths in `cuts`, and the rest."""
    found = []
    while length:
        count = min(cuts.pop(0), length) if cuts else length
        found.append(Buffer(start, count, write))
        start, length = start + count, length - count
    return found
