"""Steps 1 and 2: where exits go; a guest prints and stops; privileged instructions (V1-V3)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause
from vmlab.trap import Exc, Exit, Irq
from vmlab.vm import Route, State

GUESTS = Guests(Path(__file__).parent)


ROUTES = [
    (Exit(Irq.MTI, interrupt=True), Route.SCHEDULER),
    (Exit(Irq.MEI, interrupt=True), Route.CONSOLE),
    (Exit(Exc.ILLEGAL_INSTRUCTION), Route.INTERPRETER),
    (Exit(Exc.ECALL_U), Route.GUEST),
    (Exit(Exc.BREAKPOINT), Route.GUEST),
    (Exit(Exc.STORE_PAGE), Route.MEMORY),
    (Exit(Exc.LOAD_ACCESS), Route.HOST),
    (Exit(24), Route.HOST),
]


@clause("V1")
@weight(1)
@number("1.1")
def test_routes(bench):
    """Every exit has its place; what no guest can cause is the host's own."""
    for exit, expected in ROUTES:
        got = bench.part.route(exit)
        if got is not expected:
            raise Mismatch(f"route of {exit}", expected.value, got.value)


@clause("V2")
@weight(2)
@number("2.1")
def test_hello(bench):
    """A guest prints a line and switches off; the VM ends with what it said."""
    bench.start()
    vm = bench.vm(GUESTS.build("hello", 0x5EED))
    bench.run()
    vm.prints("hello from 5eed\n")


@clause("V2")
@weight(1)
@number("2.2")
def test_a_failure(bench):
    """A guest that switches off with a failure is off, with that code."""
    bench.start()
    vm = bench.vm(GUESTS.lines("main: li a0, 77\ncall fail"))
    bench.run()
    vm.ends(State.OFF)
    code = vm.status().code
    if code != 77:
        raise Mismatch("a guest switches off with failure 77", "code 77", f"code {code}")


@clause("V3")
@weight(2)
@number("3.1")
def test_modes(bench):
    """Firmware, a kernel with page tables and a program have their modes, all of them in U-mode."""
    bench.start()
    vm = bench.vm(GUESTS.build("modes", 0x5EED))
    bench.run()
    vm.prints(GUESTS.prints("modes"))
