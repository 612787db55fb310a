"""Step 10: anything in any order, and a kernel on the disk (D21, D22)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

KERNEL = Path(__file__).parent / "kernel.S"


@clause("D21")
@weight(1)
@number("21.1")
def test_a_sequence(bench):
    """A backing file, snapshots, small and large writes, closed and opened again."""
    bench.put("base.img", b"base " * 10_000)
    bench.create("top.qcow2", 1 << 16, cluster_bits=9, backing="base.img")
    disk = bench.open("top.qcow2", holds=(b"base " * 10_000).ljust(1 << 16, b"\0"))
    for n in range(6):
        disk.write(n * 7919, b"%d" % n * 700)
        disk.take(f"{n}")
        disk.write(n * 5003, b"-" * 1500)
        if n % 2:
            disk.apply(f"{n - 1}")
            disk.delete(f"{n - 1}")
        disk.look()
        disk.inspect()
    disk.close()
    bench.check_untouched("base.img")
    bench.open("top.qcow2", holds=disk.model).look()


@clause("D22")
@weight(2)
@number("22.1")
def test_a_kernel(bench, given):
    """A kernel formats the disk, and finds what it wrote each time that it boots again."""
    disk = bench.fresh(1 << 20, cluster_bits=12)
    first = "no file system: the disk is formatted\n"
    for boot in (1, 2, 3):
        bench.boots(disk, given("traps"), KERNEL, f"{first}boot {boot}\n")
        disk.reached_the_file()
        first = ""
    bench.check_image("disk.qcow2")
