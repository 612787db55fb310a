"""Steps 8 and 9: several VMs, and one that cannot go on (V16-V19)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause
from vmlab.trap import Exit
from vmlab.vm import State

GUESTS = Guests(Path(__file__).parent)


BAD_HANDLER = "main: li t0, 0x90000000\ncsrw mtvec, t0\necall"


@clause("V16")
@weight(2)
@number("16.1")
def test_two_kernels(bench):
    """Two VMs that differ in one number print each its own, whole."""
    bench.start(quantum=500)
    vms = {word: bench.vm(GUESTS.build("processes", word)) for word in (0x1234, 0xABCD)}
    bench.run()
    for word, vm in vms.items():
        vm.prints(GUESTS.prints("processes", word))


@clause("V17")
@weight(2)
@number("17.1")
def test_a_loop(bench):
    """A guest that never yields, with its interrupts masked, is preempted all the same."""
    bench.start(quantum=1_000)
    bench.vm(GUESTS.build("loop"))
    vm = bench.vm(GUESTS.build("hello"))
    bench.run(5_000)
    vm.prints("hello from 0\n")


@clause("V18")
@weight(2)
@number("18.1")
def test_shares(bench):
    """Of two VMs that always run, one with three times the share gets three times as much."""
    bench.start(quantum=500)
    one, three = bench.vm(GUESTS.build("loop")), bench.vm(GUESTS.build("loop"), share=3)
    bench.run(20_000)
    ratio = three.bill.ticks / max(1, one.bill.ticks)
    if not 2.5 < ratio < 3.5:
        raise Mismatch(
            "two VMs with shares of 1 and 3", "three times as much", f"{ratio:.2f} times"
        )


@clause("V19")
@weight(1)
@number("19.1")
def test_a_handler_that_traps(bench):
    """A guest that can do nothing but trap is ended, with a sentence; the other one goes on."""
    bench.start()
    bad, good = bench.vm(GUESTS.lines(BAD_HANDLER), "broken"), bench.vm(GUESTS.build("hello"))
    bench.run(20_000)
    bad.ends(State.KILLED, "broken")
    good.prints("hello from 0\n")


@clause("V19")
@weight(1)
@number("19.2")
def test_a_bug_of_the_host(bench):
    """An exit that no guest can cause is not its fault: that VM is lost, the others go on."""
    bench.start()
    lost, good = bench.vm(GUESTS.build("loop"), "unlucky"), bench.vm(GUESTS.build("hello"))
    bench.host.strange = Exit(24)
    bench.run(20_000)
    if lost.status().state is State.RUNNING:
        lost, good = good, lost
    lost.ends(State.LOST, lost.name)
