"""Step 5: page faults, and stores to what the pager protects (V10)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import clause

GUESTS = Guests(Path(__file__).parent)


@clause("V10")
@weight(2)
@number("10.1")
def test_processes(bench, given):
    """A kernel that changes page tables as it goes does what it does on the bare machine."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("processes", 3))


@clause("V10")
@weight(1)
@number("10.2")
def test_code_that_changes(bench, given):
    """A guest that writes its own code runs what it has written."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("selfmod"))
