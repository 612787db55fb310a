"""Step 10: how much runs natively, and all of it together (V21, V22)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause

GUESTS = Guests(Path(__file__).parent)


DISK = b"".join(bytes([sector]) * 512 for sector in range(1, 33))


@clause("V21")
@weight(1)
@number("21.1")
def test_efficiency(bench, given):
    """Of a guest that mostly computes, at least 98 % of the instructions retire natively."""
    bench.start()
    program = GUESTS.build("memory")
    vm = bench.equals(given("traps"), program)
    share = vm.native_share(bench.bare(given("traps"), program).retired)
    if share < 0.98:
        raise Mismatch("memory.S under the VMM", "98 % natively", f"{share:.1%}")


@clause("V22")
@weight(1)
@number("22.1")
def test_all_together(bench):
    """Four VMs at once, each with another kernel, do each what it does alone."""
    bench.start(quantum=700)
    processes, timer = bench.vm(GUESTS.build("processes", 0x5EED)), bench.vm(GUESTS.build("timer"))
    disk, console = (
        bench.vm(GUESTS.build("disk", 0x5EED), disk=DISK),
        bench.vm(GUESTS.build("console")),
    )
    console.types(b"Hello, world.", prompt=b"> ")
    bench.run()
    processes.prints(GUESTS.prints("processes"))
    timer.prints(GUESTS.prints("timer"))
    disk.prints(GUESTS.prints("disk"))
    console.prints(GUESTS.prints("console"))
