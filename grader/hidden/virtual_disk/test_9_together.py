"""Step 10, hidden: anything in any order, and a kernel whose machine loses power (D21, D22).

The first test's sequences are the same on every host, so that it can be said which flawed disks
fail them. The second's are hypothesis's: pinned, too, but only for one of its versions.
"""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, seed, settings
from vmlab.bench.disk_crash import crashes
from vmlab.testing import Mismatch, clause

from grader.hidden.virtual_disk.sequences import SEQUENCES, pinned, play

KERNEL = Path(__file__).parents[3] / "assignments" / "virtual_disk" / "tests" / "kernel.S"
SEEDS = range(10)
"""So chosen that they catch each flawed disk that such a sequence can."""


@clause("D21")
@weight(2)
@number("21.2")
def test_many_sequences(bench):
    """Reads, writes, snapshots and reopening in any order, upon bases and without."""
    for number_ in SEEDS:
        play(bench, pinned(number_))


@clause("D21")
@weight(1)
@number("21.3")
@seed(21)
@settings(max_examples=8)
@given(sequence=SEQUENCES)
def test_any_sequence(bench, sequence):
    """The same kinds of operations, in orders that are made simpler where one fails."""
    play(bench, sequence)


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
    disk.reached_the_file()
    disk.close()
    for crash in crashes(bench.store, 8, 5):
        bench.put("disk.qcow2", crash.files["disk.qcow2"])
        disk = bench.open("disk.qcow2", size=1 << 16)
        disk.reached_the_file()
        try:
            bench.boots(disk, given("traps"), KERNEL, "boot 3\n")
        except Mismatch as mismatch:
            if "boot 2" not in mismatch.got:
                scenario = f"{crash.scenario}; kernel.S boots again"
                raise Mismatch(scenario, mismatch.expected, mismatch.got) from None
        disk.close()
