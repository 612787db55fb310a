"""Step 4: a clock of one's own, ticks, input, and waiting for them (V6-V9)."""

from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.vmm_guests import Guests
from vmlab.testing import Mismatch, clause
from vmlab.vm import State

GUESTS = Guests(Path(__file__).parent)


COUNTING = """
main:   li      s0, MTIME
        ld      s1, 0(s0)
        li      t0, 1000
1:      addi    t0, t0, -1
        bnez    t0, 1b
        ld      a0, 0(s0)
        sub     a0, a0, s1
        call    puthex
        call    newline
        call    finish
"""
FOR_EVER = "main: csrw mie, zero\n1: wfi\nj 1b"


@clause("V6")
@weight(2)
@number("6.1")
def test_time(bench):
    """A VM's clock counts what the VM retires, natively or not; an exit takes no time."""
    bench.start(quantum=300)
    vm = bench.vm(GUESTS.lines(COUNTING))
    bench.run()
    vm.prints(" 7d2\n")


@clause("V7")
@weight(2)
@number("7.1")
def test_ticks(bench, given):
    """Each tick comes, at its time, once; a timer that is set anew takes its request back."""
    bench.start()
    bench.equals(given("traps"), GUESTS.build("timer"))


@clause("V8")
@weight(2)
@number("8.1")
def test_input(bench):
    """Input for a VM interrupts that VM, through its PLIC, out of its wait."""
    bench.start()
    vm = bench.vm(GUESTS.build("console"))
    vm.types(b"Hello, ", at=3_000, prompt=b"> ")
    vm.types(b"world.", at=9_000, prompt=b"> ")
    bench.run()
    vm.prints(GUESTS.prints("console"))


@clause("V9")
@weight(1)
@number("9.1")
def test_waiting_costs_nothing(bench):
    """A VM in wfi leaves the processor to others; when all wait for ever, run returns."""
    bench.start()
    waiting, working = bench.vm(GUESTS.lines(FOR_EVER)), bench.vm(GUESTS.build("hello"))
    bench.run()
    working.prints("hello from 0\n")
    waiting.ends(State.WAITING)
    if waiting.bill.exits > 40:
        raise Mismatch("a VM that waits for ever", "a few exits", f"{waiting.bill.exits}")
