"""Where exits go, and how VMs end (V1, V2)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import Mismatch, clause
from vmlab.trap import Exit
from vmlab.vm import Route, State

from grader.hidden.vmm.kernels import kernel, short

EXCEPTIONS = {
    2: Route.INTERPRETER,
    **dict.fromkeys((0, 3, 4, 6, 8), Route.GUEST),
    **dict.fromkeys((12, 13, 15), Route.MEMORY),
}
INTERRUPTS = {7: Route.SCHEDULER, 11: Route.CONSOLE}


@clause("V1")
@weight(1)
@number("1.2")
def test_every_cause(bench):
    """Each exit has its place, whatever the cause, and that of one a guest cannot have is HOST."""
    causes = [*range(64), 1 << 12, 1 << 32, (1 << 63) | 7, (1 << 64) - 1]
    for interrupt, known in ((False, EXCEPTIONS), (True, INTERRUPTS)):
        for cause in causes:
            for tval in (0, 0x1000_0000, (1 << 64) - 1):
                found = bench.part.route(Exit(cause, interrupt, tval))
                expected = known.get(cause, Route.HOST)
                if found is not expected:
                    kind = "interrupt" if interrupt else "exception"
                    raise Mismatch(f"route of {kind} {cause:#x}", expected.value, found.value)


CODES = {"0x5555": 0, "0x3333 | 3 << 16": 3, "0x3333 | 0xffff << 16": 0xFFFF, "0x7777": -1}


@clause("V2")
@weight(1)
@number("2.3")
def test_codes(bench):
    """A VM ends when it says so, with what it said, and never goes on."""
    bench.start()
    for text, code in CODES.items():
        source = f"""
main:   li      t0, UART
        li      t1, 'a'
        sb      t1, 0(t0)
        li      t2, {text}
        li      t3, FINISHER
        sw      t2, 0(t3)
1:      sb      t1, 0(t0)
        j       1b
"""
        guest = bench.vm(short(source))
        bench.run()
        guest.ends(State.OFF)
        if (guest.status().code, guest.console) != (code, "a"):
            got = f"code {guest.status().code}, console {guest.console!r}"
            raise Mismatch(f"a guest that switches off by {text}", f"code {code}, 'a'", got)
        turns = len(bench.host.turns)
        bench.run()
        if len(bench.host.turns) != turns:
            raise Mismatch("a VM that is off", "it is never entered", "it was entered again")


@clause("V2")
@weight(1)
@number("2.4")
def test_in_portions(bench):
    """It does not matter in which portions of time a guest runs, nor what was before it."""
    bench.start()
    first = bench.vm(kernel("hello", 0x77))
    bench.run()
    first.prints("hello from 77\n")
    second = bench.vm(kernel("hello", 0xFEDC_BA98_7654_3210))
    before = bench.host.time()
    for part in range(60):
        bench.run(1 + part % 23)
    if bench.host.time() > before + 1000:
        raise Mismatch("run, in small portions", "it stops when its time has come", "much later")
    bench.run()
    second.prints("hello from fedcba9876543210\n")
