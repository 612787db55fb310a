"""The split virtqueue against drivers that keep the rules, and those that do not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vmlab.block import MemoryDisk
from vmlab.devices.dma import Dma
from vmlab.devices.virtio import BlockDevice
from vmlab.devices.virtio.mmio import Reg
from vmlab.devices.virtio.queue import Broken, SplitQueue
from vmlab.memory import RAM_BASE, Ram

NEXT, WRITE, INDIRECT = 1, 2, 4
FIXTURES = [HealthCheck.function_scoped_fixture]  # it gives a class
SIZE = 1 << 16
TABLE, DRIVER, DEVICE, TABLES = 0x0, 0x1000, 0x2000, 0x3000
NUM = 4


def queue_in(ram: Ram, *, num: int = NUM, indirect: bool = True) -> SplitQueue:
    queue = SplitQueue(Dma(ram), 256)
    queue.num, queue.ready, queue.indirect = num, True, indirect
    queue.descriptors, queue.driver = RAM_BASE + TABLE, RAM_BASE + DRIVER
    queue.device = RAM_BASE + DEVICE
    return queue


# What a chain is, written a second time: by recursion, with all rules in one place


def expected(ram: bytes, head: int, indirect: bool):
    """Return (readable, writable) as lists of (address, length), or None if a rule is broken."""
    buffers = walk(ram, RAM_BASE, NUM, head, indirect, 0)
    if buffers is None or len(buffers) > NUM:
        return None
    kinds = [writable for *_, writable in buffers]
    if kinds != sorted(kinds) or sum(length for _, length, _ in buffers) > SIZE:
        return None
    return [[(a, n) for a, n, writable in buffers if writable == kind] for kind in (False, True)]


def walk(ram: bytes, table: int, size: int, index: int, indirect: bool, depth: int):
    at = table - RAM_BASE + 16 * index
    if index >= size or at < 0 or at + 16 > SIZE or depth > NUM:
        return None
    address, length, flags, following = struct.unpack_from("<QIHH", ram, at)
    if flags & INDIRECT:
        if not indirect or flags & NEXT or length == 0 or length % 16:
            return None
        return walk(ram, address, length // 16, 0, False, depth)
    if length == 0 or address < RAM_BASE or address + length > RAM_BASE + SIZE:
        return None
    rest = walk(ram, table, size, following, indirect, depth + 1) if flags & NEXT else []
    return None if rest is None else [(address, length, bool(flags & WRITE)), *rest]


places = st.one_of(
    st.integers(RAM_BASE, RAM_BASE + SIZE + 64),
    st.sampled_from([RAM_BASE + TABLES, RAM_BASE + TABLES + 32, RAM_BASE + SIZE - 48, RAM_BASE]),
    st.integers(0, (1 << 64) - 1),
)
lengths = st.one_of(st.sampled_from([0, 16, 32, 48, 64, SIZE]), st.integers(0, 0xFFFF_FFFF))
small = st.integers(1, 600)
good = st.tuples(
    st.integers(RAM_BASE, RAM_BASE + SIZE - 600), small, st.sampled_from([0, 1, 2, 3]), st.just(0)
)
bad = st.tuples(places, lengths, st.integers(0, 15), st.integers(0, NUM + 1))
indirect_ones = st.tuples(
    st.just(RAM_BASE + TABLES), st.sampled_from([16, 32, 48, 80]), st.sampled_from([4, 6, 5]),
    st.just(0),
)  # fmt: skip


@st.composite
def tables(draw, size: int):
    """Draw descriptors, most of them good, chained one after another."""
    found = []
    for index in range(size):
        address, length, flags, following = draw(st.one_of(good, good, good, indirect_ones, bad))
        if draw(st.integers(0, 7)):
            following = index + 1
        found.append(struct.pack("<QIHH", address, length, flags, following))
    return b"".join(found)


@settings(max_examples=600, deadline=None)
@given(main=tables(NUM), second=tables(5), head=st.integers(0, NUM), indirect=st.booleans())
def test_chains_are_what_the_rules_say(main, second, head, indirect):
    ram = Ram(SIZE)
    ram.bytes[TABLE : TABLE + len(main)] = main
    ram.bytes[TABLES : TABLES + len(second)] = second
    ram.bytes[DRIVER : DRIVER + 6] = struct.pack("<HHH", 0, 1, head)
    queue = queue_in(ram, indirect=indirect)
    wanted = expected(bytes(ram.bytes), head, indirect)
    assert queue.waiting() == 1
    if wanted is None:
        with pytest.raises(Broken):
            queue.take()
    else:
        chain = queue.take()
        assert [list(chain.readable), list(chain.writable)] == wanted
        assert chain.head == head


@settings(max_examples=300, deadline=None, suppress_health_check=FIXTURES)
@given(
    main=tables(8),
    second=tables(5),
    rings=st.binary(min_size=64, max_size=64),
    index=st.integers(0, 0xFFFF),
    places=st.tuples(*[st.integers(-64, SIZE + 64)] * 3),
)
def test_no_queue_upsets_a_disk(driver, main, second, rings, index, places):
    """Whatever it finds, it raises nothing, and after a reset it works."""
    contents = bytes(range(256)) * 16
    disk = MemoryDisk(contents)
    drive = driver(BlockDevice(disk))
    drive.put(0, main)
    drive.put(TABLES, second)
    drive.put(DRIVER, rings)
    drive.put(DRIVER + 2, struct.pack("<H", index % 12))
    drive.notify()
    drive.write(Reg.STATUS, 0)
    for register, place in zip((0x80, 0x90, 0xA0), places, strict=True):
        drive.write(register, RAM_BASE + place & ~15)
    drive.write(Reg.QUEUE_NUM, 8)
    drive.write(Reg.QUEUE_READY, 1)
    drive.write(Reg.STATUS, 15)
    drive.notify()
    drive.notify()
    drive.put(0, bytes(0x4000))
    drive.start()
    assert not drive.read(Reg.STATUS) & 64
    (room, status) = drive.chain([struct.pack("<IIQ", 0, 0, 0)], [512, 1])
    drive.notify()
    assert len(drive.used()) == 1
    assert drive.get(status, 1) == b"\0"
    assert drive.get(room, 512) == bytes(disk.contents[:512])


BUFFER = RAM_BASE + 0x8000
HALF = SIZE // 2


@pytest.mark.parametrize(
    ("main", "second", "good"),
    [
        ([(BUFFER, 4, NEXT, 1), (BUFFER, 4, WRITE, 0)], [], True),
        ([(RAM_BASE, SIZE - 4, NEXT, 1), (BUFFER, 4, NEXT, 2), (BUFFER, 1, 0, 0)], [], False),
        ([(RAM_BASE, HALF, NEXT, 1), (RAM_BASE, HALF, 0, 0)], [], True),
        ([(BUFFER, 4, NEXT, 4), *[(BUFFER, 4, 0, 0)] * 4], [], False),  # behind the table's end
        ([(BUFFER, 4, NEXT, 0)], [], False),  # in a circle
        # Through a table of its own: at most as many buffers as the queue has descriptors
        ([(RAM_BASE + TABLES, 64, INDIRECT, 0)], [(BUFFER, 4, NEXT, n) for n in (1, 2, 3)], True),
        (
            [(RAM_BASE + TABLES, 80, INDIRECT, 0)],
            [(BUFFER, 4, NEXT, n + 1) for n in range(4)],
            False,
        ),
        ([(BUFFER, 4, NEXT, 1), (RAM_BASE + TABLES, 16, INDIRECT, 0)], [], True),
        ([(RAM_BASE + TABLES, 16, INDIRECT | WRITE, 0)], [], True),  # WRITE is to be ignored
        ([(RAM_BASE + TABLES, 16, INDIRECT | NEXT, 1), (BUFFER, 4, 0, 0)], [], False),
        (
            [(RAM_BASE + TABLES, 16, INDIRECT, 0)],
            [(RAM_BASE + TABLES + 16, 16, INDIRECT, 0)],
            False,
        ),
        ([(RAM_BASE + TABLES, 17, INDIRECT, 0)], [], False),
        ([(RAM_BASE + TABLES, 0, INDIRECT, 0)], [], False),
        ([(RAM_BASE + SIZE - 8, 16, INDIRECT, 0)], [], False),
    ],
)
def test_rules_for_chains(main, second, good):
    ram = Ram(SIZE)
    second = [*second, (BUFFER, 4, 0, 0)]
    for place, table in ((TABLE, main), (TABLES, second)):
        packed = b"".join(struct.pack("<QIHH", *entry) for entry in table)
        ram.bytes[place : place + len(packed)] = packed
    ram.bytes[DRIVER + 2] = 1
    queue = queue_in(ram)
    assert (expected(bytes(ram.bytes), 0, True) is not None) is good
    if good:
        queue.take()
    else:
        with pytest.raises(Broken):
            queue.take()


def test_rings_wrap_at_16_bits():
    ram = Ram(SIZE)
    queue = queue_in(ram)
    ram.bytes[0:16] = struct.pack("<QIHH", RAM_BASE + 0x8000, 4, WRITE, 0)
    for turn in range((1 << 16) + 3):
        ram.bytes[DRIVER + 2 : DRIVER + 4] = struct.pack("<H", turn + 1 & 0xFFFF)
        assert queue.waiting() == 1
        queue.give_back(queue.take(), turn)
        assert queue.waiting() == 0
    assert struct.unpack("<H", ram.bytes[DEVICE + 2 : DEVICE + 4]) == (3,)
    last = DEVICE + 4 + 8 * ((turn) % NUM)
    assert struct.unpack("<II", ram.bytes[last : last + 8]) == (0, turn)


def test_more_chains_than_fit():
    ram = Ram(SIZE)
    queue = queue_in(ram)
    ram.bytes[DRIVER + 2] = NUM
    assert queue.waiting() == NUM
    ram.bytes[DRIVER + 2] = NUM + 1
    with pytest.raises(Broken):
        queue.waiting()


@pytest.mark.parametrize("ring", ["driver", "device", "descriptors"])
@pytest.mark.parametrize("place", [0, RAM_BASE - 4, RAM_BASE + SIZE, (1 << 64) - 16])
def test_rings_outside_ram(ring, place):
    ram = Ram(SIZE)
    queue = queue_in(ram)
    ram.bytes[0:16] = struct.pack("<QIHH", RAM_BASE + 0x8000, 4, 0, 0)
    ram.bytes[DRIVER + 2] = 1
    setattr(queue, ring, place)
    with pytest.raises(Broken):
        [queue.give_back(queue.take(), 0) for _ in range(queue.waiting())]


@pytest.mark.parametrize(
    ("num", "descriptors", "driver", "device", "good"),
    [
        (8, 16, 2, 4, True),
        (256, 0, 0, 0, True),
        (0, 0, 0, 0, False),
        (3, 0, 0, 0, False),
        (512, 0, 0, 0, False),
        (8, 8, 2, 4, False),
        (8, 16, 1, 4, False),
        (8, 16, 2, 2, False),
    ],
)
def test_sizes_and_places(num, descriptors, driver, device, good):
    queue = SplitQueue(Dma(Ram(SIZE)), 256)
    queue.num, queue.descriptors, queue.driver, queue.device = num, descriptors, driver, device
    assert queue.well_placed() is good


@given(
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    start=st.integers(0, 80),
    data=st.binary(max_size=80),
)
def test_writing_into_buffers(lengths, start, data):
    """It is as if the buffers were one."""
    ram = Ram(SIZE)
    queue = queue_in(ram)
    for index, length in enumerate(lengths):
        flags = WRITE | (index + 1 < len(lengths)) * NEXT
        entry = struct.pack("<QIHH", RAM_BASE + 0x8000 + 64 * index, length, flags, index + 1)
        ram.bytes[16 * index : 16 * index + 16] = entry
    ram.bytes[DRIVER + 2] = 1
    chain = queue.take()
    assert chain.room == sum(lengths)
    start = min(start, chain.room)
    data = data[: chain.room - start]
    queue.write(chain, data, start)
    whole = b"".join(
        bytes(ram.bytes[0x8000 + 64 * index :][:length]) for index, length in enumerate(lengths)
    )
    assert whole == (bytes(start) + data).ljust(chain.room, b"\0")
