"""Step 10: a kernel with processes, on the bare machine and with its tables shadowed (S18)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

GUEST = Path(__file__).with_name("processes.S")
CONSOLE = "SczScz1aS2aS1bS2bS1c2czd.\n"


@clause("S18")
@weight(2)
@number("18.1")
def test_two_processes(bench, given):
    """processes.S prints under the VMM what it prints on the bare machine, and switches off."""
    bench.boots(given("traps"), GUEST, CONSOLE)
