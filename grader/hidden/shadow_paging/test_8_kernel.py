"""Step 10: a kernel with a timer, system calls and demand paging, its tables shadowed (S18)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

KERNEL = Path(__file__).parents[3] / "assignments" / "traps" / "tests" / "kernel.S"
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


@clause("S18")
@weight(3)
@number("18.2")
def test_a_kernel_that_pages_on_demand(bench, given):
    """A kernel of three privilege levels prints under the VMM what it prints on bare machine."""
    bench.boots(given("traps"), KERNEL, CONSOLE)
