"""What a guest's instructions cost, counted by the machine, for the leaderboard (V21)."""

from gradescope_utils.autograder_utils.decorators import leaderboard, number, weight
from vmlab.testing import Mismatch, clause

from grader.hidden.vmm.kernels import TALKS, kernel

EMPTY = bytes(24 * 512)


def system(bench, given):
    """Run the guest `os` alone; return its VM and the instructions of the bare machine."""
    bench.start(quantum=5_000)
    program = kernel("os", 0x5EED)
    bare = bench.bare(given("traps"), program, disk=EMPTY, typed=TALKS)
    vm = bench.vm(program, disk=EMPTY)
    vm.types(TALKS)
    bench.run()
    bare.check(vm)
    return vm, bare.retired


@clause("V21")
@weight(1)
@number("21.4")
@leaderboard("exits per thousand instructions", "asc")
def test_exits(bench, given, set_leaderboard_value=None):
    """A system with all of it has at most 60 exits per thousand instructions."""
    vm, retired = system(bench, given)
    rate = 1000 * vm.bill.exits / retired
    if rate > 60:
        raise Mismatch("os.S under the VMM", "60 exits per thousand instructions", f"{rate:.1f}")
    set_leaderboard_value(round(rate, 2))


@clause("V21")
@weight(1)
@number("21.5")
@leaderboard("emulated per thousand instructions", "asc")
def test_emulated(bench, given, set_leaderboard_value=None):
    """Of the instructions of a system with all of it, at most 40 per thousand are emulated."""
    vm, retired = system(bench, given)
    rate = 1000 * (retired - vm.bill.retired) / retired
    if rate > 40:
        raise Mismatch("os.S under the VMM", "40 emulated per thousand", f"{rate:.1f}")
    set_leaderboard_value(round(rate, 2))
