"""Step 6: a guest that does what is rare but allowed (T13)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

ADVERSARY = Path(__file__).with_name("adversary.S")
CONSOLE = """\
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
hello from the other address space
firmware: cause d
    value 40002124
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
kernel: cause c
    value 40002000
kernel: cause 3
kernel: cause 8
    value 0
kernel: off
"""


@clause("T13")
@weight(3)
@number("13.2")
def test_adversary_boots(bench):
    """A guest with everything due at once, nested traps, MPRV, TSR, TW, TVM and closed counters."""
    bench.boots(ADVERSARY, CONSOLE)
