"""Step 5: page faults, and stores to what the pager protects (V10)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import clause

GUESTS = Guests(Path(__file__).parent)


@clause("V10")
@weight(3)
@number("10.1")
def test_memory(bench, given):
    """All of a VM's RAM is there, wherever its frames lie, and holds what was stored."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("memory", 0x5EED))


@clause("V10")
@weight(2)
@number("10.2")
def test_code_that_changes(bench, given):
    """A guest that writes its own code runs what it has written."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("selfmod"))
