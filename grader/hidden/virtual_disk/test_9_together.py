"""Step 10, hidden: anything in any order, and a kernel whose machine loses power (D21, D22)."""

from pathlib import Path
from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_crash import crashes
from vmlab.image import Format
from vmlab.testing import Mismatch, clause

KERNEL = Path(__file__).parents[3] / "assignments" / "virtual_disk" / "tests" / "kernel.S"
SIZE = 1 << 17


def any_operation(disk, rng, names):
    """Do something to a disk."""
    what = rng.random()
    if what < 0.5:
        offset = rng.randrange(SIZE)
        length = min(SIZE - offset, rng.choice([1, 100, 512, 3000, 20_000]))
        disk.write(offset, rng.randbytes(7) * (length // 7) + b"!" * (length % 7))
    elif what < 0.7:
        offset = rng.randrange(SIZE)
        disk.read(offset, min(SIZE - offset, rng.choice([0, 1, 5000, 40_000])))
    elif what < 0.75:
        disk.flush()
    elif what < 0.87 and len(names) < 4:
        name = f"s{rng.randrange(10**6)}"
        disk.take(name)
        names.append(name)
    elif names and what < 0.94:
        disk.apply(rng.choice(names))
    elif names:
        disk.delete(names.pop(rng.randrange(len(names))))


@clause("D21")
@weight(3)
@number("21.2")
def test_any_sequence(bench):
    """Reads, writes, snapshots and reopening in any order, upon bases and without."""
    for seed in range(14):
        rng = Random(seed)
        base = rng.randbytes(50) * rng.choice([300, 1400, 3000])
        name, bits = f"{seed}.qcow2", rng.choice([9, 9, 10, 12, 16])
        fields = {"cluster_bits": bits, "refcount_order": rng.choice([3, 4, 4, 6])}
        holds = bytes(SIZE)
        if rng.random() < 0.6:
            bench.put("base.img", base)
            fields |= {"backing": "base.img", "backing_format": Format.RAW}
            holds = base[:SIZE].ljust(SIZE, b"\0")
        bench.create(name, SIZE, **fields)
        disk = bench.open(name, holds=holds)
        names = []
        for _ in range(25):
            any_operation(disk, rng, names)
            if rng.random() < 0.08:
                kept = disk.kept
                disk.close()
                disk = bench.open(name, holds=disk.model)
                disk.kept = kept
        disk.look()
        disk.inspect()
        disk.snapshots_are(*names)
        disk.close()
    bench.check_untouched("base.img")


@clause("D22")
@weight(2)
@number("22.2")
def test_a_kernel_that_crashes(bench, given):
    """Whenever power is lost, the kernel boots again, with all that it had flushed."""
    bench.create("disk.qcow2", 1 << 16, cluster_bits=9)
    disk = bench.open("disk.qcow2", size=1 << 16)
    first = "no file system: the disk is formatted\n"
    bench.boots(disk, given("traps"), KERNEL, f"{first}boot 1\n")
    bench.mark(disk)
    bench.boots(disk, given("traps"), KERNEL, "boot 2\n")
    disk.close()
    for crash in crashes(bench.store, 8, 5):
        bench.put("disk.qcow2", crash.files["disk.qcow2"])
        disk = bench.open("disk.qcow2", size=1 << 16)
        try:
            bench.boots(disk, given("traps"), KERNEL, "boot 3\n")
        except Mismatch as mismatch:
            if "boot 2" not in mismatch.got:
                scenario = f"{crash.scenario}; kernel.S boots again"
                raise Mismatch(scenario, mismatch.expected, mismatch.got) from None
        disk.close()
