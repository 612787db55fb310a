"""Step 9, hidden: images made to do harm (D20)."""

import struct
from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_calls import Unexpected
from vmlab.bench.disk_store import SparseFile
from vmlab.diskmap.build import Image
from vmlab.image import Reason
from vmlab.testing import Mismatch, clause

COPIED, COMPRESSED = 1 << 63, 1 << 62
BAD = Reason.CORRUPT, Reason.UNSUPPORTED


def image():
    """Return an image with something of everything."""
    made = Image(1 << 18, 9).data(3, b"data").data(70, b"more").compressed(5, b"packed" * 9)
    return made.snapshot("old").data(4, b"new")


def changed(file, at, data):
    """Return the file with other bytes at an offset."""
    return file[:at] + data + file[at + len(data) :]


def u32(value):
    """Return 4 bytes."""
    return struct.pack(">I", value)


def u64(value):
    """Return 8 bytes."""
    return struct.pack(">Q", value)


@clause("D20")
@weight(2)
@number("20.2")
def test_images_that_are_refused(bench):
    """Each field of the header, and each table, at its extremes; cut short anywhere."""
    made = image()
    good = made.file()
    places = made.places
    _opens(bench, made)
    bad = {
        "nothing": b"",
        "only a magic number": good[:4],
        "half a header": good[:60],
        "cluster_bits 31": changed(good, 20, u32(31)),
        "cluster_bits of 2^32 - 1": changed(good, 20, u32((1 << 32) - 1)),
        "a disk of 2^64 - 1 bytes": changed(good, 24, u64((1 << 64) - 1)),
        "no L1 entries": changed(good, 36, u32(0)),
        "an L1 table of 32 GiB": changed(good, 36, u32((1 << 32) - 1)),
        "an L1 table that is not aligned": changed(good, 40, u64(places["l1"] + 8)),
        "an L1 table at 2^63": changed(good, 40, u64(1 << 63)),
        "a refcount table at 0": changed(good, 48, u64(0)),
        "a refcount table at 2^64 - 512": changed(good, 48, u64((1 << 64) - 512)),
        "2^32 - 1 clusters of refcount table": changed(good, 56, u32((1 << 32) - 1)),
        "no refcount table": changed(good, 56, u32(0)),
        "2^32 - 1 snapshots": changed(good, 60, u32((1 << 32) - 1)),
        "snapshots behind the end": changed(good, 64, u64(1 << 50)),
        "snapshots that are not aligned": changed(good, 64, u64(places["snapshots"] + 1)),
        "a header of 2^32 - 8 bytes": changed(good, 100, u32((1 << 32) - 8)),
        "a header of 100 bytes": changed(good, 100, u32(100)),
        "an extension of 2 GiB": changed(good, 104, struct.pack(">II", 7, 1 << 31)),
        "a backing name at 2^60": changed(good, 8, u64(1 << 60) + u32(9)),
        "a backing name of 2 GiB": changed(good, 8, u64(112) + u32(1 << 31)),
        "a backing name over the first cluster's end": changed(good, 8, u64(500) + u32(50)),
        "two L2 tables in one place": changed(good, places["l1"] + 8, u64(places["l2.0"])),
        "an L2 table upon the header's cluster": changed(good, 40, u64(0)),
        "an L2 table upon L1": changed(good, places["l1"] + 8, u64(places["l1"] | COPIED)),
        "an L2 table upon the snapshots": changed(
            good, places["l1"] + 8, u64(places["snapshots"] | COPIED)
        ),
        "an L2 table behind the end": changed(good, places["l1"] + 8, u64(1 << 40)),
        "L1 upon the refcounts": changed(good, 40, u64(places["block"])),
        "a refcount block upon L1": changed(good, places["table"], u64(places["l1"])),
        "a refcount block that is not aligned": changed(good, places["table"], u64(0x100)),
        "a snapshot's L1 behind the end": changed(good, places["snapshots"], u64(1 << 44)),
        "a snapshot's L1 of 32 GiB": changed(good, places["snapshots"] + 8, u32((1 << 32) - 1)),
        "a snapshot with 4 GiB of extra data": changed(
            good, places["snapshots"] + 36, u32((1 << 32) - 1)
        ),
    }
    for name, file in bad.items():
        bench.put("a.qcow2", file)
        try:
            bench.refuses_to_open("a.qcow2", *BAD)
        except Mismatch as mismatch:
            raise Mismatch(
                f"an image with {name} is opened", mismatch.expected, mismatch.got
            ) from None
    for length in range(0, len(good), 512):
        bench.put("a.qcow2", good[:length])
        _bounded(bench, "a.qcow2")
    huge = SparseFile(changed(changed(good, 36, u32(1 << 29)), 40, u64(1 << 20)))
    huge.resize(1 << 50)
    bench.put("huge.qcow2", huge)
    bench.refuses_to_open("huge.qcow2", *BAD)
    bench.refuses_to_open("huge.qcow2", *BAD, read_only=True)


def _opens(bench, made):
    """Open and read an image that is right: who refuses everything has looked at nothing."""
    bench.put("good.qcow2", made.file())
    disk = bench.open("good.qcow2", holds=made.contents())
    disk.look()
    disk.close()


def _bounded(bench, name):
    """Open, read and write an image: whatever comes of it, it must come soon, and be clear."""
    disk = None
    try:
        disk = bench.open(name)
        number_ = disk.number
        for offset in (0, 3 * 512, 5 * 512, 70 * 512, (1 << 18) - 512):
            bench.part.read(bench.store, number_, offset, 512)
            bench.part.write(bench.store, number_, offset, b"x" * 100)
    except Unexpected:
        pass
    if disk is not None:
        disk.close()
    bench.check_unlocked(name)


@clause("D20")
@weight(2)
@number("20.3")
def test_what_shows_late(bench):
    """Entries that lead to tables, out of the file or nowhere: refused when they are met."""
    made = image()
    good = made.file()
    places = made.places
    entry = places["l2.0"] + 3 * 8
    for name, value in {
        "L1": places["l1"] | COPIED,
        "the refcount table": places["table"] | COPIED,
        "a refcount block": places["block"] | COPIED,
        "another L2 table": places["l2.1"] | COPIED,
        "its own L2 table": places["l2.0"] | COPIED,
        "the snapshot table": places["snapshots"] | COPIED,
    }.items():
        bench.put("a.qcow2", changed(good, entry, u64(value)))
        disk = bench.open("a.qcow2", holds=made.contents())
        bench.expect_refused(
            f"a write to a cluster whose entry leads to {name}",
            lambda disk=disk: disk.write(3 * 512, b"x"),
            Reason.CORRUPT,
        )
        disk.close()
    packed = places["l2.0"] + 5 * 8
    for value in (COMPRESSED | places["l1"], COMPRESSED | 1 << 50, COMPRESSED | (1 << 62) - 1):
        bench.put("a.qcow2", changed(good, packed, u64(value)))
        disk = bench.open("a.qcow2", holds=made.contents())
        bench.expect_refused(
            "a compressed cluster that is none", lambda disk=disk: disk.read(5 * 512, 9), *BAD
        )
        disk.read(3 * 512, 512)
        disk.close()
    old = Image(1 << 16, 9, 2).data(1, b"data")
    file = old.file()
    at = old.places["l2.0"] + 8
    value = int.from_bytes(file[at : at + 8], "big") | 1
    bench.put("b.qcow2", changed(file, at, u64(value)))
    disk = bench.open("b.qcow2", holds=old.contents())
    bench.expect_refused("a zero bit in version 2", lambda: disk.read(512, 9), *BAD)
    disk.close()
    file = made.file()
    first = places["block"] + 2 * (places["l2.1"] // 512)
    bench.put("c.qcow2", changed(file, first, b"\0\0"))  # a table that is said to be free
    disk = bench.open("c.qcow2", holds=made.contents())
    for n in range(20):
        try:
            disk.write((100 + n) * 512, b"new")
        except Unexpected as refused:
            if refused.reason not in BAD:
                raise
            break
    disk.read(70 * 512, 512)


@clause("D20")
@weight(1)
@number("20.4")
def test_noise(bench):
    """Images with noise in them are read, written or refused, in bounded time and memory."""
    good = image().file()
    _opens(bench, image())
    rng = Random(20)
    for _ in range(80):
        file = bytearray(good)
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(112 if rng.random() < 0.4 else len(file))
            file[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        bench.put("a.qcow2", bytes(file))
        _bounded(bench, "a.qcow2")
