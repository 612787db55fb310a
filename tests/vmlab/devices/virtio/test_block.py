"""The virtio disk: what each request does, and what of a bad one is answered."""

from __future__ import annotations

import struct

import pytest
from vmlab.block import MemoryDisk
from vmlab.devices.virtio import BlockDevice
from vmlab.devices.virtio.mmio import Reg
from vmlab.devices.virtio.requests import BlockRequests

IN, OUT, FLUSH, GET_ID = 0, 1, 4, 8
OK, IOERR, UNSUPP = 0, 1, 2
CONTENTS = b"".join(bytes([sector]) * 512 for sector in range(16))


class Noting(MemoryDisk):
    """Notes what it is asked for, and breaks on demand."""

    def __init__(self, **options) -> None:
        super().__init__(CONTENTS, **options)
        self.asked = []
        self.error: Exception | None = None

    def read(self, sector, count):
        self.asked.append(("read", sector, count))
        if self.error:
            raise self.error
        return super().read(sector, count)

    def write(self, sector, data):
        self.asked.append(("write", sector, len(data)))
        if self.error:
            raise self.error
        super().write(sector, data)

    def flush(self):
        self.asked.append(("flush",))
        if self.error:
            raise self.error


@pytest.fixture
def disk():
    return Noting()


@pytest.fixture
def drive(driver, disk):
    return driver(BlockDevice(disk))


def header(kind: int, sector: int = 0) -> bytes:
    return struct.pack("<IIQ", kind, 0, sector)


def ask(drive, said: list[bytes], rooms: list[int]) -> tuple[int, list[bytes], int]:
    """Make a request; return status, what the rooms hold, and the length in the used ring."""
    places = drive.chain(said, [*rooms, 1])
    drive.put(places[-1], b"\xee")
    drive.notify()
    ((head, length),) = drive.used()
    assert head == 0
    found = [drive.get(at, size) for at, size in zip(places, rooms, strict=False)]
    return drive.get(places[-1], 1)[0], found, length


def test_read(drive, disk):
    assert ask(drive, [header(IN, 3)], [1024]) == (OK, [CONTENTS[1536:2560]], 1025)
    assert disk.asked == [("read", 3, 2)]
    assert drive.levels == [False, True]  # from the reset, and for the used buffer
    assert drive.read(Reg.INTERRUPT_STATUS) == 1
    drive.write(Reg.INTERRUPT_ACK, 1)
    assert drive.levels[-1] is False


def test_read_into_pieces_of_any_size(drive):
    status, rooms, length = ask(drive, [header(IN, 1)[:5], header(IN, 1)[5:]], [1, 600, 423])
    assert (status, b"".join(rooms), length) == (OK, CONTENTS[512:1536], 1025)


def test_write_from_pieces_of_any_size(drive, disk):
    data = bytes(range(256)) * 4
    said = [header(OUT, 2)[:16], data[:3], data[3:700], data[700:]]
    assert ask(drive, said, []) == (OK, [], 1)
    assert bytes(disk.contents) == CONTENTS[:1024] + data + CONTENTS[2048:]
    assert ask(drive, [header(OUT, 2) + data], []) == (OK, [], 1)


def test_flush(drive, disk):
    assert ask(drive, [header(FLUSH)], []) == (OK, [], 1)
    assert disk.asked == [("flush",)]


def test_its_name(driver):
    disk = MemoryDisk(CONTENTS)
    drive = driver(BlockDevice(disk, BlockRequests(disk, b"abc")))
    assert ask(drive, [header(GET_ID)], [20]) == (OK, [b"abc".ljust(20, b"\0")], 21)
    assert ask(drive, [header(GET_ID)], [2])[:2] == (OK, [b"ab"])


@pytest.mark.parametrize(
    ("said", "rooms", "status"),
    [
        ([header(IN, 16)], [512], IOERR),
        ([header(IN, 15)], [1024], IOERR),
        ([header(IN, (1 << 64) - 1)], [512], IOERR),
        ([header(IN)], [511], IOERR),
        ([header(OUT, 16), bytes(512)], [], IOERR),
        ([header(OUT, 15), bytes(1024)], [], IOERR),
        ([header(OUT), bytes(100)], [], IOERR),
        ([header(2)], [], UNSUPP),
        ([header(0xFFFF_FFFF), bytes(512)], [512], UNSUPP),
        ([header(IN)[:15]], [512], IOERR),
        ([], [512], IOERR),
    ],
)
def test_bad_requests_get_a_status_and_nothing_else(drive, disk, said, rooms, status):
    found, untouched, length = ask(drive, said, rooms)
    assert found == status
    assert not any(map(any, untouched))
    assert length == (0 if rooms else 1)  # the status is counted only with all before it
    assert disk.asked == []


@pytest.mark.parametrize("said", [[header(IN)], [header(OUT) + bytes(512)], [header(FLUSH)]])
def test_errors_of_the_backend(drive, disk, said):
    disk.error = OSError("broken")
    assert ask(drive, said, [512] if len(said[0]) == 16 and said[0][0] == IN else [])[0] == IOERR


def test_no_data(drive):
    assert ask(drive, [header(IN)], [])[::2] == (OK, 1)


def test_read_only(driver):
    disk = Noting(read_only=True)
    drive = driver(BlockDevice(disk))
    assert drive.slot.read(Reg.DEVICE_FEATURES, 4) == 1  # of the high half, which is selected
    drive.write(Reg.DEVICE_FEATURES_SEL, 0)
    assert drive.slot.read(Reg.DEVICE_FEATURES, 4) >> 5 & 1
    assert ask(drive, [header(OUT), bytes(512)], []) == (IOERR, [], 1)
    assert ask(drive, [header(IN)], [512])[0] == OK
    assert disk.asked == [("read", 0, 1)]


def test_without_room_for_a_status_it_gives_up(drive, disk):
    drive.chain([header(OUT), bytes(512)], [])
    drive.notify()
    assert drive.read(Reg.STATUS) & 64
    assert disk.asked == []


def test_several_at_once_and_one_interrupt(drive, flags):
    drive.put(0x8000, header(IN, 1) + header(IN, 2))
    for which in range(2):
        first = 3 * which
        drive.describe(first, (0x8000 + 16 * which, 16, flags.next, first + 1))
        drive.describe(first + 1, (0x9000 + 512 * which, 512, 3, first + 2))
        drive.describe(first + 2, (0xA000 + which, 1, flags.write, 0))
        drive.publish(first)
    drive.notify()
    assert drive.used() == [(0, 513), (3, 513)]
    assert drive.get(0x9000, 1024) == CONTENTS[512:1536]
    assert drive.levels == [False, True]


def test_config(drive):
    assert drive.read(0x100) == 16
    assert drive.read(0x104) == 0
    assert drive.read(0x10C) == 254
    assert drive.read(0x114) == 512
    assert [drive.read(0x114 + i, 1) for i in range(2)] == [0, 2]
    assert drive.read(0x114, 2) == 512
    assert drive.read(0x100, 8) == 16
    assert drive.read(0x118) == 0  # behind its end
    drive.slot.write(0x100, 8, 99)
    assert drive.read(0x100) == 16


def test_a_snapshot_keeps_disk_and_queue(driver, drive, disk):
    ask(drive, [header(OUT, 5) + b"x" * 512], [])
    state = drive.slot.state()
    ask(drive, [header(OUT, 6) + b"y" * 512], [])
    other = Noting()
    twin = driver(BlockDevice(other))
    twin.slot.restore(state)
    assert bytes(other.contents) == CONTENTS[: 5 * 512] + b"x" * 512 + CONTENTS[6 * 512 :]
    assert twin.slot.state() == state
    assert state != drive.slot.state()
