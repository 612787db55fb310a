"""Several VMs, and the processor between them (V16 to V18)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import Mismatch, clause
from vmlab.vm import State

from grader.hidden.vmm.kernels import NUMBERED, kernel, short, transcript

LOOP, STORM, FLOOD = kernel("loop", 1), kernel("storm", 0), kernel("flood", 0)
FAULTS = """
main:   la      t0, on_trap             # a storm of faults and of accesses to devices
        csrw    mtvec, t0
        li      s0, 0x90000000
        li      s1, UART
1:      lbu     t1, 5(s1)
        ld      t1, 0(s0)
        j       1b
        .balign 4
on_trap:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
"""
CSRS = """
main:   li      s0, WORD                # all that a hart has, and only this one knows
        slli    s0, s0, 8
        csrw    mscratch, s0
        addi    s1, s0, 1
        csrw    sscratch, s1
        addi    s1, s0, 4
        csrw    mepc, s1
        addi    s1, s0, 8
        csrw    sepc, s1
        addi    s1, s0, 3
        csrw    stval, s1
        csrw    mtvec, s0
        mv      a2, s0
        mv      a3, s0
        mv      tp, s0
        mv      gp, s0
        li      s2, 60
1:      li      t0, 150
2:      addi    t0, t0, -1
        bnez    t0, 2b
        csrr    t1, mscratch
        bne     t1, s0, wrong
        csrr    t1, sscratch
        addi    t1, t1, -1
        bne     t1, s0, wrong
        csrr    t1, mepc
        addi    t1, t1, -4
        bne     t1, s0, wrong
        csrr    t1, sepc
        addi    t1, t1, -8
        bne     t1, s0, wrong
        csrr    t1, stval
        addi    t1, t1, -3
        bne     t1, s0, wrong
        csrr    t1, mtvec
        bne     t1, s0, wrong
        bne     a2, s0, wrong
        bne     a3, s0, wrong
        bne     tp, s0, wrong
        bne     gp, s0, wrong
        addi    s2, s2, -1
        bnez    s2, 1b
        la      a0, right
        call    puts
        call    finish
wrong:  la      a0, bad
        call    puts
        call    finish
right:  .asciz "all mine\\n"
bad:    .asciz "not mine\\n"
"""


@clause("V16")
@weight(1)
@number("16.2")
def test_different_kernels(bench, given):
    """Kernels of five kinds, side by side in a short quantum, print each what it prints alone."""
    bench.start(quantum=150)
    kernels = [("processes", 3), ("processes", 4), ("selfmod", 5), ("storm", 9), ("disk", 6)]
    guests = [
        (
            bench.vm(kernel(*which), disk=NUMBERED),
            bench.bare(given("traps"), kernel(*which), disk=NUMBERED),
        )
        for which in kernels
    ]
    bench.run()
    for guest, alone in guests:
        alone.check(guest)


@clause("V16")
@weight(1)
@number("16.3")
def test_reservations(bench):
    """An SC never succeeds on what another VM, or this one in another turn, has reserved."""
    bench.start(quantum=61)
    guests = [bench.vm(kernel("reservation")) for _ in range(2)]
    bench.run()
    for guest in guests:
        guest.prints(transcript("reservation"))


@clause("V16")
@weight(1)
@number("16.4")
def test_registers_of_each(bench):
    """What a VM has in registers and CSRs is there when it has its next turn."""
    bench.start(quantum=77)
    guests = [bench.vm(short(CSRS, word)) for word in (0x11, 0x22, 0x33)]
    bench.run()
    for guest in guests:
        guest.prints("all mine\n")


def longest_turn(bench, vmid):
    """Return the most ticks that a VM has had in one piece while others could have run."""
    longest = current = 0
    last = None
    for turn in bench.host.turns:
        if turn.vmid == vmid:
            current = current + turn.end - turn.start if last == vmid else turn.end - turn.start
            longest = max(longest, current)
        last = turn.vmid
    return longest


@clause("V17")
@weight(1)
@number("17.2")
def test_storms(bench):
    """However many exits a guest makes, it has its quantum and no more before others run."""
    bench.start(quantum=600)
    guests = [bench.vm(program) for program in (STORM, FLOOD, short(FAULTS), LOOP)]
    bench.run(5_000)
    for guest in guests:
        guest.ends(State.RUNNING)
        most = longest_turn(bench, guest.vmid)
        if most > 1_200:
            raise Mismatch("a turn, in a quantum of 600", "600 and a few ticks", f"{most} ticks")


@clause("V17")
@weight(1)
@number("17.3")
def test_run_ends(bench):
    """`run` comes back when its time has come, whatever the guests do."""
    bench.start(quantum=1_000)
    for program in (LOOP, FLOOD):
        bench.vm(program)
    for ticks in (1, 10, 333, 1_000, 2_500):
        before = bench.host.time()
        bench.run(ticks)
        spent = bench.host.time() - before
        if not ticks <= spent <= ticks + 100:
            raise Mismatch(f"run for {ticks} ticks", f"{ticks}, and a few", f"{spent}")


def check_shares(bench, guests, ticks, quantum):
    """Run for so many ticks, in pieces; each VM has got its share, up to a quantum."""
    before = {guest: guest.bill.ticks for guest in guests}
    for _ in range(4):
        bench.run(ticks // 4)
        had = {g: (g.bill.ticks - before[g]) / g.config.share for g in guests}
        most, least = max(guests, key=had.__getitem__), min(guests, key=had.__getitem__)
        if had[most] - had[least] > 2 * quantum + 200:
            shown = ", ".join(f"{g.name}: {g.bill.ticks - before[g]}" for g in guests)
            shares = ", ".join(f"{g.name}: {g.config.share}" for g in guests)
            raise Mismatch(
                f"ticks of VMs that always run, with shares {shares}",
                f"as their shares, up to a quantum ({quantum})",
                shown,
            )


@clause("V18")
@weight(1)
@number("18.2")
def test_exits_are_paid(bench):
    """Storms of exits, a flood of the console and a loop get what their shares say."""
    bench.start(quantum=150)
    shares = ((STORM, 1), (LOOP, 2), (FLOOD, 1), (short(FAULTS), 4))
    guests = [bench.vm(program, share=share) for program, share in shares]
    check_shares(bench, guests, 9_600, 150)


@clause("V18")
@weight(1)
@number("18.3")
def test_large_shares(bench):
    """Nobody starves beside a large share."""
    bench.start(quantum=200)
    guests = [bench.vm(LOOP, share=share) for share in (100, 1, 17)]
    check_shares(bench, guests, 200 * 118 * 4, 200)


SLEEPS = """
        .equ    LONG, 30000
main:   li      t0, MTIME
        ld      t1, 0(t0)
        li      t2, LONG
        add     t1, t1, t2
        li      t0, MTIMECMP
        sd      t1, 0(t0)
        li      t0, 1 << 7
        csrw    mie, t0
        wfi
1:      j       1b
"""


@clause("V18")
@weight(1)
@number("18.4")
def test_late_comers(bench):
    """Who slept, or came late, has no more to claim for that; and no less."""
    bench.start(quantum=500)
    loop = bench.vm(LOOP)
    sleeper = bench.vm(short(SLEEPS), share=2)
    bench.run(31_000)
    check_shares(bench, [loop, sleeper], 12_000, 500)
    late = bench.vm(LOOP)
    check_shares(bench, [loop, sleeper, late], 16_000, 500)
    bench.destroy(sleeper)
    check_shares(bench, [loop, late], 8_000, 500)
