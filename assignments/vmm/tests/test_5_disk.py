"""Step 6: the disk (V11, V12)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause

GUESTS = Guests(Path(__file__).parent)


DISK = b"".join(bytes([sector]) * 512 for sector in range(1, 33))


@clause("V11")
@weight(2)
@number("11.1")
def test_disk(bench, given):
    """A driver reads, writes and flushes: the file holds what the disk of a real machine would."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("disk", 5), disk=DISK)


@clause("V12")
@weight(1)
@number("12.1")
def test_read_only(bench):
    """What the guest must not write stays as it was; the guest gets an error."""
    bench.start()
    vm = bench.vm(GUESTS.build("disk", 5), disk=DISK, read_only=True)
    bench.run()
    if "status 1" not in vm.console:
        raise Mismatch("a write to a read-only disk", "status 1 (IOERR)", repr(vm.console))
    if vm.disk != DISK:
        raise Mismatch("a write to a read-only disk", "the file as it was", "another one")
