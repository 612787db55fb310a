"""Step 12: the same guest on the bare machine and under a VMM made of your handle_exit (T22)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

GUEST = Path(__file__).with_name("guest.S")
CONSOLE = """\
kernel: hello
program: hello
kernel: bad load at 0x90000000
kernel: tick 1
kernel: tick 2
kernel: illegal instruction 0x30200073
program: bye
kernel: off
"""


@clause("T22")
@weight(1)
@number("22.1")
def test_guest_boots_under_the_vmm(bench):
    """guest.S prints the same under the VMM as on the bare machine, and switches off."""
    bench.boots_as_guests((GUEST, CONSOLE))
