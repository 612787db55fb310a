"""Step 8, hidden: snapshots (D18)."""

import struct

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.diskmap.build import Image
from vmlab.image import Reason
from vmlab.testing import Mismatch, clause

NOISE = bytes(n * n * 3 + n // 5 & 0xFF for n in range(1 << 16))


@clause("D18")
@weight(3)
@number("18.3")
def test_images_with_snapshots(bench):
    """Snapshots made by others, with zeros, compressed clusters and shared tables."""
    for version, bits in ((2, 9), (3, 9), (3, 12)):
        image = Image(1 << 17, bits, version)
        size = image.cluster
        for n in range(0, 32, 2):
            image.data(n, NOISE[n : n + size])
        image.compressed(1, b"squeezed " * 50)
        image.snapshot("first")
        image.data(2, b"changed").compressed(3, b"more" * 100)
        if version == 3:
            image.zero(4).zero(6, b"stale")
        image.snapshot("second")
        image.data(0, b"now")
        holds = image.contents()
        bench.put("a.qcow2", image.file())
        disk = bench.open("a.qcow2", holds=holds)
        for name in ("first", "second"):
            kept = type(disk.model)(image.contents(snapshot=name))
            disk.kept[name] = kept
        disk.snapshots_are("first", "second")
        disk.look()
        disk.write(size - 5, NOISE[:20])
        disk.write(3 * size + 9, b"x")
        disk.inspect()
        disk.apply("first")
        disk.look()
        disk.inspect()
        disk.write(0, NOISE[: 40 * 512])
        disk.take("third")
        disk.inspect()
        disk.delete("first")
        disk.inspect()
        disk.apply("second")
        disk.look()
        disk.write(100_000, b"far away" * 100)
        disk.inspect()
        disk.delete("second")
        disk.apply("third")
        disk.look()
        disk.delete("third")
        disk.snapshots_are()
        disk.inspect()
        disk.close()

    image = Image(1 << 16, 9, 3).data(1, b"kept")
    image.snapshot("one")
    bench.put("b.qcow2", _cut_off_behind_snapshots(image))
    disk = bench.open("b.qcow2", holds=image.contents())
    disk.kept["one"] = type(disk.model)(image.contents())
    disk.write(500, b"changed" * 9)
    disk.inspect()
    disk.apply("one")
    disk.look()
    disk.inspect()
    disk.close()


def _cut_off_behind_snapshots(image):
    """Move the snapshot table of an image to the end of the file, which ends with its last byte.

    QEMU leaves images so, too.
    """
    file = bytearray(image.file())
    old, end, block = image.places["snapshots"], len(file), image.places["block"]
    file += file[old : old + image.cluster].rstrip(b"\0")
    for at, value in (
        (64, struct.pack(">Q", end)),
        (block + old // image.cluster * 2, struct.pack(">H", 0)),
        (block + end // image.cluster * 2, struct.pack(">H", 1)),
    ):
        file[at : at + len(value)] = value
    return bytes(file)


@clause("D18")
@weight(2)
@number("18.4")
def test_many_snapshots(bench):
    """Twelve snapshots, deleted in another order; refcounts that are too narrow; what is freed."""
    disk = bench.fresh(1 << 16, cluster_bits=9, refcount_order=5)
    for n in range(12):
        disk.write(n * 5003, b"%d" % (n % 10) * 900)
        disk.take(f"snapshot {n}")
    disk.inspect()
    disk.close()
    kept = disk.kept
    disk = bench.open("disk.qcow2", holds=disk.model)
    disk.kept = kept
    disk.snapshots_are(*(f"snapshot {n}" for n in range(12)))
    for n in (3, 0, 11, 7, 1):
        disk.apply(f"snapshot {n}")
        disk.look()
        disk.delete(f"snapshot {n}")
    disk.inspect()
    for n in (2, 4, 5, 6, 8, 9, 10):
        disk.delete(f"snapshot {n}")
    disk.look()
    disk.inspect()
    size = bench.store.size("disk.qcow2")
    for n in range(40):
        disk.take("again")
        disk.write(n * 500, b"again" * 200)
        disk.delete("again")
    # Who takes the next free cluster, not the first, goes once through what one block counts.
    if (now := bench.store.size("disk.qcow2")) > size + (1 << 16):
        got = f"it grew from {size:,} to {now:,} bytes"
        raise Mismatch("40 snapshots, taken and deleted", "what is freed is used again", got)
    disk.inspect()
    disk.close()
    disk = bench.open("disk.qcow2", holds=disk.model, read_only=True)
    for what in ("take_snapshot", "apply_snapshot", "delete_snapshot"):
        disk.refuses(Reason.READ_ONLY, what, "again")
    disk.close()
    for order, most in ((0, 0), (1, 2)):
        disk = bench.fresh(1 << 16, f"{order}.qcow2", cluster_bits=9, refcount_order=order)
        disk.write(0, NOISE[:1000])
        for n in range(most):
            disk.take(f"{n}")
        try:
            disk.take("one more")
        except Mismatch as refused:
            if getattr(refused, "reason", None) is not Reason.UNSUPPORTED:
                raise
        else:
            raise Mismatch("refcounts of 1 bit", "refused: unsupported", "not refused")
        disk.write(500, b"still right")
        disk.look()
        disk.inspect()
