"""Step 6: a kernel boots on the bare machine, which is built with your traps.py (T13)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

KERNEL = Path(__file__).with_name("kernel.S")
CONSOLE = """\
kernel: paging is on
program: hello
kernel: page fault at 0x40010008
program: the page is there
kernel: tick 1
kernel: tick 2
kernel: tick 3
kernel: illegal instruction 0x10200073
program: bye
kernel: off
"""


@clause("T13")
@weight(3)
@number("13.1")
def test_kernel_boots(bench):
    """kernel.S boots: system calls, a page on demand, ticks of the timer, a refused `sret`."""
    bench.boots(KERNEL, CONSOLE)
