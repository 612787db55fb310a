"""Step 9, hidden: losses of power (D19)."""

from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_calls import Unexpected
from vmlab.diskmap.build import Image
from vmlab.image import Reason
from vmlab.testing import clause

SECTOR = 512


def write_about(disk, rng, count):
    """Write sectors here and there, each time with other contents, and flush now and then."""
    sectors = disk.model.size // SECTOR
    for _ in range(count):
        first = rng.randrange(sectors)
        length = min(rng.choice([1, 1, 2, 9, 20]), sectors - first)
        disk.write(first * SECTOR, bytes([rng.randrange(1, 250)]) * length * SECTOR)
        if rng.random() < 0.2:
            disk.flush()


@clause("D19")
@weight(2)
@number("19.2")
def test_writes_that_crash(bench):
    """Writes into new, compressed, zero and backed clusters, of one sector or several clusters."""
    for seed, bits, order in ((1, 9, 6), (2, 10, 4), (3, 12, 4)):
        disk = bench.fresh(1 << 16, f"{seed}.qcow2", cluster_bits=bits, refcount_order=order)
        write_about(disk, Random(seed), 15)
        bench.survives(disk, 120, seed)
        disk.close()
    image = Image(1 << 16, 9)
    for n in range(10):
        image.compressed(n, b"%d" % n * 512).data(20 + n, b"%d" % n * 512)
    image.zero(40, b"stale").zero(41).snapshot("old").data(23, b"x" * 512)
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents())
    bench.mark(disk)
    for n in (1, 22, 40, 41, 23, 50, 2, 60):
        disk.write(n * 512, b"%d" % (n % 10) * 1024)
    bench.survives(disk, 120)
    base = b"base" * 8192
    bench.put("base.img", base)
    bench.create("top.qcow2", len(base), cluster_bits=10, backing="base.img")
    disk = bench.open("top.qcow2", holds=base)
    bench.mark(disk)
    write_about(disk, Random(9), 8)
    bench.survives(disk, 90)
    bench.check_untouched("base.img")


@clause("D19")
@weight(2)
@number("19.3")
def test_tables_that_crash(bench):
    """Snapshots, refcount blocks and tables that come and go; a store that fails once."""
    disk = bench.fresh(1 << 15, cluster_bits=9)
    disk.write(0, b"a" * 4096)
    disk.take("kept")
    disk.write(1024, b"b" * 2048)
    disk.flush()
    for what in (
        lambda: disk.take("new"),
        lambda: disk.write(512, b"c" * 1024),
        lambda: disk.apply("kept"),
        lambda: disk.delete("new"),
        lambda: disk.write(2048, b"d" * 512),
    ):
        bench.mark(disk)
        what()
        bench.survives(disk, 100)
    disk.close()
    image = Image(1 << 21, 9, refcount_order=6)
    for n in range(3900):
        image.data(n, b"%d" % n)
    bench.put("big.qcow2", image.file())
    disk = bench.open("big.qcow2", holds=image.contents())
    for n in range(3900 * 512, 1 << 21, 512):  # until the refcount table, of one cluster, is full
        bench.mark(disk)
        disk.write(n, b"e" * 512)
        if bench.store.files["big.qcow2"].read(56, 4) != b"\0\0\0\1":
            bench.survives(disk, 90)
            break
    for what in ("write", "flush"):
        for after in range(20):
            _fails_once_in_going_back(bench, what, after)


def _fails_once_in_going_back(bench, what, after):
    """The disk is then the old or the new, and goes on as that; nothing written later is lost."""
    disk = bench.fresh(8192, f"{what}{after}.qcow2", cluster_bits=9)
    disk.write(0, b"old" * 1000)
    disk.take("old")
    disk.write(1000, b"newer" * 200)
    bench.store.fail, bench.store.fail_after = what, after
    try:
        disk.apply("old")
    except Unexpected as refused:
        if refused.reason is not Reason.FAILED:
            raise
    bench.store.fail = ""
    if bench.part.read(bench.store, disk.number, 0, 8192) == disk.kept["old"].read(0, 8192):
        disk.model = disk.kept["old"].copy()
    disk.look()
    disk.write(600, b"later" * 100)
    disk.look()
    disk.close()
    disk = bench.open(disk.name, holds=disk.model, read_only=True)
    disk.look()
    disk.close()
