"""Step 12: guests that do what is rare but allowed, deprivileged (T22)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

DEPRIVILEGED = Path(__file__).with_name("deprivileged.S")
PUBLIC = Path(__file__).parents[3] / "assignments" / "traps" / "tests" / "guest.S"
CONSOLE = """\
f0f3c0151f00f0
firmware: awake
firmware: MSI
firmware: MTI
firmware: SEI
firmware: SSI
firmware: STI
firmware: cause 2
    value c0001073
firmware: cause 2
    value 5a8022f3
firmware: STI
kernel: SSI
    before the first instruction
firmware: cause 2
    value 10200073
kernel: begins
firmware: cause 2
    value 12000073
firmware: cause 2
    value c01022f3
firmware: cause 2
    value 10500073
kernel: cause 9
    value 0
firmware: cause 2
    value c00022f3
kernel: cause 2
    value c00022f3
kernel: cause 8
    value 0
kernel: SSI
kernel: cause 1
    value 90000000
kernel: cause 3
kernel: cause 8
    value 0
kernel: off
"""
PUBLIC_CONSOLE = """\
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
@number("22.2")
def test_deprivileged_guest(bench):
    """A guest with everything due at once, on hardware that does not tell what was illegal."""
    bench.boots_as_guests((DEPRIVILEGED, CONSOLE), tval=False)


@clause("T22")
@weight(1)
@number("22.3")
def test_two_deprivileged_guests(bench):
    """Two guests, an exit of each in turn, print what each of them alone would."""
    bench.boots_as_guests((DEPRIVILEGED, CONSOLE), (PUBLIC, PUBLIC_CONSOLE))
