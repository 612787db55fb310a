"""How much runs natively, and that a guest cannot tell where it is (V21, V22)."""

from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import Mismatch, clause

from grader.hidden.vmm import programs
from grader.hidden.vmm.kernels import TALKS, kernel, short

SEEDS = range(2)
"""Of random programs."""
EMPTY = bytes(24 * 512)
COMPUTES = """
main:   li      s0, WORD                # nothing that needs the VMM, for a long time
        li      s1, 3
1:      mul     s1, s1, s1
        addi    s1, s1, 7
        la      t0, cell
        sd      s1, 0(t0)
        ld      s1, 0(t0)
        addi    s0, s0, -1
        bnez    s0, 1b
        la      a0, text
        mv      a1, s1
        call    putline
        call    finish
text:   .asciz  "computed"
        .balign 8
cell:   .dword  0
"""

MIXED = """
main:   li      s0, WORD
        li      s2, 9
1:      csrw    mscratch, s0
"""
MIXED += "        add     s1, s1, s2\n        xor     s2, s2, s1\n" * 18
MIXED += """
        addi    s0, s0, -1
        bnez    s0, 1b
        mv      a0, s1
        call    puthex
        call    newline
        call    finish
"""


@clause("V21")
@weight(1)
@number("21.2")
def test_computing(bench, given):
    """A guest that computes in a quantum of its own has an exit a quantum, and hardly any more."""
    bench.start(quantum=5_000)
    program = short(COMPUTES, 12_000)
    alone = bench.bare(given("traps"), program)
    guest = bench.vm(program)
    bench.run()
    alone.check(guest)
    share = guest.native_share(alone.retired)
    if share < 0.999 or guest.bill.exits > alone.retired // 5_000 + 100:
        got = f"{share:.2%} natively, {guest.bill.exits} exits"
        expected = f"99.9 % of {alone.retired} natively, some 100 exits"
        raise Mismatch("a guest that computes", expected, got)


@clause("V21")
@weight(1)
@number("21.3")
def test_between_exits(bench, given):
    """What a guest computes between instructions that trap is native, too."""
    program = short(MIXED, 150)
    retired = bench.bare(given("traps"), program).retired
    share = bench.start().equals(given("traps"), program).native_share(retired)
    if share < 0.9:
        got = f"{share:.1%}"
        raise Mismatch("a guest in which one of 40 instructions traps", "90 % natively", got)


@clause("V22")
@weight(1)
@number("22.2")
def test_random_programs(bench, given):
    """A random program, in three modes and with tables of its own, tells the same sum."""
    for seed in SEEDS:
        program = short(programs.program(Random(seed)))
        bench.start(quantum=2_000 + 37 * seed).equals(given("traps"), program)


@clause("V22")
@weight(1)
@number("22.3")
def test_random_programs_together(bench, given):
    """So do several at once."""
    drawn = [short(programs.program(Random(seed), sections=4)) for seed in (101, 102, 103)]
    alone = [bench.bare(given("traps"), program) for program in drawn]
    bench.start(quantum=170)
    guests = [bench.vm(program, share=share) for share, program in enumerate(drawn, 1)]
    bench.run()
    for outcome, guest in zip(alone, guests, strict=True):
        outcome.check(guest)


@clause("V22")
@weight(1)
@number("22.4")
def test_operating_systems(bench, given):
    """Two systems with processes, tables, timer, console and disk run side by side, as if alone."""
    bench.start(quantum=900)
    guests = []
    for word in (0x5EED, 0xF00D):
        alone = bench.bare(given("traps"), kernel("os", word), disk=EMPTY, typed=TALKS)
        guest = bench.vm(kernel("os", word), disk=EMPTY)
        guest.types(TALKS)
        guests.append((alone, guest))
    bench.run()
    for alone, guest in guests:
        alone.check(guest)
