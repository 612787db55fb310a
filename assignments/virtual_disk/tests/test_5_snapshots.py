"""Steps 8 and 9: snapshots; crashes and hostile images (D18 to D20)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.diskmap.build import Image
from vmlab.image import Reason
from vmlab.testing import clause


@clause("D18")
@weight(2)
@number("18.1")
def test_snapshots(bench):
    """A disk is taken, changed, brought back, and what only the snapshot had is freed."""
    disk = bench.fresh(1 << 17, cluster_bits=9)
    disk.write(0, b"one" * 5000)
    disk.take("one")
    disk.inspect()
    disk.write(100, b"two" * 300)
    disk.write(60_000, b"more")
    disk.inspect()
    disk.take("two")
    disk.snapshots_are("one", "two")
    disk.apply("one")
    disk.look()
    disk.inspect()
    disk.write(0, b"three")
    disk.delete("one")
    disk.inspect()
    disk.apply("two")
    disk.delete("two")
    disk.snapshots_are()
    disk.inspect()


@clause("D18")
@weight(1)
@number("18.2")
def test_snapshots_that_are_not_there(bench):
    """A name can be taken once; one that is not there cannot be applied or deleted."""
    disk = bench.fresh(1 << 16, cluster_bits=9)
    disk.take("a")
    disk.refuses(Reason.EXISTS, "take_snapshot", "a")
    disk.refuses(Reason.MISSING, "apply_snapshot", "b")
    disk.refuses(Reason.MISSING, "delete_snapshot", "b")
    disk.inspect()


@clause("D19")
@weight(2)
@number("19.1")
def test_crashes(bench):
    """Whenever power is lost, what was flushed is there, and the image is right."""
    disk = bench.fresh(1 << 16, cluster_bits=9)
    disk.write(0, b"a" * 2048)
    disk.flush()
    bench.mark(disk)
    disk.write(1024, b"b" * 4096)
    disk.flush()
    disk.write(40_448, b"c" * 512)
    disk.write(0, b"d" * 512)
    bench.survives(disk)


@clause("D20")
@weight(2)
@number("20.1")
def test_hostile_images(bench):
    """Tables that lie outside of the file, or upon each other, are refused; nothing is written."""
    image = Image(1 << 16, 9).data(3, b"data")
    good = image.file()
    bench.put("good", good)
    bench.open("good", holds=image.contents()).look()
    l1, table, block = (image.places[name] for name in ("l1", "table", "block"))
    changes = {
        "cluster_bits of 8": (20, (8).to_bytes(4, "big")),
        "cluster_bits of 63": (20, (63).to_bytes(4, "big")),
        "an L1 table of gigabytes": (36, (1 << 30).to_bytes(4, "big")),
        "an L1 table behind the end": (40, (1 << 40).to_bytes(8, "big")),
        "an L1 table that is too short": (24, (1 << 50).to_bytes(8, "big")),
        "an L2 table upon the refcounts": (l1 + 8, (1 << 63 | block).to_bytes(8, "big")),
        "a refcount block behind the end": (table, (1 << 40).to_bytes(8, "big")),
    }
    for name, (at, data) in changes.items():
        bench.put(name, good[:at] + data + good[at + len(data) :])
        bench.refuses_to_open(name, Reason.CORRUPT, Reason.UNSUPPORTED)
