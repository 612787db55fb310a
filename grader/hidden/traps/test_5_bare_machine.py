"""Step 6: a guest that does what is rare but allowed (T13)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

ADVERSARY = Path(__file__).with_name("adversary.S")
CONSOLE = """\
awake
d
e
c
a
b
firmware: 2
c0001073
firmware: 2
5a8022f3
hello from the other address space
firmware: d
40002124
b
software interrupt
before the first instruction
firmware: 2
10200073
kernel
firmware: 2
12000073
firmware: 2
c01022f3
firmware: 2
10500073
kernel: 9
0
firmware: 2
c00022f3
kernel: 2
c00022f3
kernel: 8
0
software interrupt
kernel: c
40002000
kernel: 3
kernel: 8
0
off
"""


@clause("T13")
@weight(3)
@number("13.2")
def test_adversary_boots(bench):
    """A guest with everything due at once, nested traps, MPRV, TSR, TW, TVM and closed counters."""
    bench.boots(ADVERSARY, CONSOLE)
