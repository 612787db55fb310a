"""Handwritten cases that could go wrong in a region: each also in small steps."""

from __future__ import annotations

from itertools import groupby

STEPS = [1, 1, 2, 3, 5, 7, 41, 67, 97, 131, 181] * 15
SKIP = """
    # a handler that counts in s11 and goes on behind the instruction, 4 bytes long
    handler:
        addi s11, s11, 1
        csrrw t6, mscratch, t6
        csrr t6, mepc
        addi t6, t6, 4
        csrw mepc, t6
        csrrw t6, mscratch, t6
        mret
"""


def test_fault_in_the_middle_of_a_region(both_ways):
    """A load walks off the end of RAM, an unaligned one follows; handlers see exact state."""
    both_ways(SKIP + """
    _start:
        la t0, handler
        csrw mtvec, t0
        li a0, 0x80000000 + 0x100000 - 64
        li a2, 16
    1:  ld a1, 0(a0)
        add a3, a3, a1
        addi a0, a0, 8
        sd a0, 0(a0)
        lw a4, -2(a0)
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)  # fmt: skip


def test_timer_interrupts(pair):
    """The handler sets the next one, each time a little later: it hits every instruction."""
    source = """
        j _start
        .align 2
    handler:
        csrrw t6, mscratch, t6
        la t6, saved
        sd t0, 0(t6)
        sd t1, 8(t6)
        ld t0, 16(t6)
        addi t0, t0, 1
        sd t0, 16(t6)
        andi t0, t0, 63
        addi t0, t0, 40
        csrr t1, time
        add t0, t0, t1
        li t1, MTIMECMP
        sd t0, 0(t1)
        csrr t0, mepc
        ld t1, 24(t6)
        xor t1, t1, t0
        slli t1, t1, 1
        sd t1, 24(t6)
        ld t0, 0(t6)
        ld t1, 8(t6)
        csrrw t6, mscratch, t6
        mret
    _start:
        la t0, handler
        csrw mtvec, t0
        li t0, MTIMECMP
        li t1, 50
        sd t1, 0(t0)
        li t0, 1 << 7
        csrw mie, t0
        csrsi mstatus, 8
    again:
        li a0, 20
    1:  add a1, a1, a0
        beqz a1, 2f
        xor a2, a2, a1
    2:  addi a0, a0, -1
        bnez a0, 1b
        call function
        j again
    function:
        addi a3, a3, 1
        andi a4, a3, 1
        beqz a4, 1f
        addi a3, a3, 2
    1:  ret
        .align 12
    saved: .zero 64
    """
    machines = pair(source)
    machines.run(20_000)
    assert machines.translator.engine.regions
    assert machines.translator.memory.read(0x1010, 8) > 100  # interrupts
    pair(source).run(*STEPS, 5000)


def test_device_in_a_loop(pair):
    """What is stored to the UART is printed, in order, and loads see the device's state."""
    machines = pair("""
    _start:
        li a0, UART
        li a1, 'a'
        li a2, 26
    1:  lbu a3, 5(a0)
        andi a3, a3, 0x20
        beqz a3, 1b
        sb a1, 0(a0)
        addi a1, a1, 1
        addi a2, a2, -1
        bnez a2, 1b
        li a0, FINISHER
        li a1, 0x5555
        sw a1, 0(a0)
    """)
    machines.run(1000)
    assert machines.translator.uart.output == bytes(range(ord("a"), ord("z") + 1))
    assert machines.translator.engine.regions


def test_calls_and_returns(both_ways):
    """Recursion, returns to several places, and a jump into the middle of a region."""
    both_ways("""
    _start:
        la sp, stack
        li a0, 7
        call fib
        la t0, inside
        jalr t1, 4(t0)
        j _start
    fib:
        li t0, 2
        bltu a0, t0, 1f
        addi sp, sp, -24
        sd ra, 0(sp)
        sd a0, 8(sp)
        addi a0, a0, -1
        call fib
        sd a0, 16(sp)
        ld a0, 8(sp)
        addi a0, a0, -2
        call fib
        ld t1, 16(sp)
        add a0, a0, t1
        ld ra, 0(sp)
        addi sp, sp, 24
    inside:
        addi s1, s1, 1
        addi s2, s2, 1
    1:  ret
        .align 12
        .zero 2048
    stack:
    """)  # fmt: skip


def test_atomics(both_ways):
    both_ways("""
    _start:
        la a0, lock
        li a2, 30
        li a3, 1
    1:  amoswap.w.aq a1, a3, (a0)
        bnez a1, 1b
        addi a5, a5, 1
        amoswap.w.rl x0, x0, (a0)
        addi a4, a0, 8
    2:  lr.d a6, (a4)
        addi a6, a6, -1
        sc.d a7, a6, (a4)
        bnez a7, 2b
        sc.d a7, a6, (a4)
        add s2, s2, a7
        lr.w x0, (a0)
        sc.d a7, a6, (a4)
        add s3, s3, a7
        li s4, 0x80000001
        amomaxu.w s5, s4, (a0)
        amomin.w s6, s4, (a0)
        amoadd.d s7, s4, (a4)
        amoswap.w x0, x0, (a0)
        addi a2, a2, -1
        bnez a2, 1b
        j _start
        .align 12
    lock: .zero 64
    """)  # fmt: skip


def test_irreducible_and_deep(both_ways):
    """A loop with two entries, and many exits nested in each other."""
    branches = "\n".join(
        f"andi a3, a1, {1 << i % 11}\n beqz a3, f{i}\n addi a4, a4, {i}" for i in range(60)
    )
    labels = "\n".join(f"f{i}: addi a5, a5, {i}" for i in range(60))
    both_ways(f"""
    _start:
        li a2, 20
    again:
        andi a3, a2, 1
        beqz a3, second
    first:
        addi a0, a0, 1
        addi a1, a1, 5
    second:
        addi a1, a1, 3
        andi a3, a1, 8
        bnez a3, first
        {branches}
        {labels}
        addi a2, a2, -1
        bnez a2, again
        j _start
    """, budget=8000)  # fmt: skip


def test_status_written_in_a_loop(both_ways):
    """An interrupt that is enabled in the middle of a region is taken at once."""
    both_ways(SKIP.replace("addi t6, t6, 4", "csrci mip, 2\n csrw mscratch, s10") + """
    _start:
        la t0, handler
        csrw mtvec, t0
        csrwi mie, 2
        li a2, 40
    1:  csrci mstatus, 8
        csrw mscratch, a2
        andi a1, a2, 3
        bnez a1, 2f
        csrsi mip, 2
    2:  csrr a3, mscratch
        add a4, a4, a3
        csrr a5, mstatus
        ori a5, a5, 8
        csrw mstatus, a5
        addi a4, a4, 1
        csrr a6, mcause
        add a4, a4, a6
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)  # fmt: skip


def test_csr_that_is_not_allowed_in_a_loop(both_ways):
    """S-mode may read satp until mstatus.TVM forbids it."""
    both_ways("""
        j _start
        .align 2
    handler:
        csrr t0, mepc
        addi t0, t0, 4
        csrw mepc, t0
        li t1, 1 << 20
        csrr t2, mcause
        li t3, 9
        bne t2, t3, 1f
        csrr t4, mstatus
        xor t4, t4, t1
        csrw mstatus, t4
    1:  add s2, s2, t2
        mret
    _start:
        la t0, handler
        csrw mtvec, t0
        li t0, 1 << 11
        csrw mstatus, t0
        la t0, supervisor
        csrw mepc, t0
        mret
    supervisor:
        li a2, 20
    1:  csrr a0, satp
        add a1, a1, a0
        csrr a0, sscratch
        csrw sscratch, a2
        add a1, a1, a0
        addi a2, a2, -1
        bnez a2, 1b
        ecall
        j supervisor
    """)  # fmt: skip


def test_jump_table(both_ways):
    """Jumps to a register that go to several places, which become part of the region."""
    both_ways("""
    _start:
        la a0, cases
        li a2, 60
    1:  andi a1, a2, 3
        slli a1, a1, 4
        add a1, a1, a0
        jr a1
        .align 4
    cases:
        addi s2, s2, 1
        j 2f
        .align 4
        slli s2, s2, 1
        j 2f
        .align 4
        addi s3, s3, 5
        j 2f
        .align 4
        xor s2, s2, s3
        j 2f
        .align 4
    2:  addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)  # fmt: skip


START = 0x8000_0000


def regions(machine):
    """Return the regions that are in use."""
    units = machine.mmu.context.code.values()
    return {entry.region for entry in units if hasattr(entry, "region")}


PARTITION = f"""{SKIP}
    _start:
        la t0, handler
        csrw mtvec, t0
        la s0, numbers
        li s1, 0x80000000 + 0x100000 - 64
        mv s2, s1
    again:
        lw a0, 0(s0)
        addi s0, s0, 4
        andi a1, a0, 3
        bnez a1, up
    down:
        ld a3, 0(s1)            # misaligned at times, and behind the end of RAM
        addi s1, s1, 4
        add a4, a4, a3
        andi a1, s1, 0x20
        bnez a1, up
        mv s1, s2
    up: andi a1, a0, 1
        beqz a1, 1f
        xor a4, a4, a0
        andi a1, a0, 12
        beqz a1, down
    1:  andi a1, s0, 0x3c
        bnez a1, again
        la s0, numbers
        addi s2, s2, 1
        j again
        .align 6
    numbers:
        .word 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256
    """


def test_small_arms_that_are_written_again(both_ways):
    """Faults in each of the copies are at the right instruction, with the right registers."""
    both_ways(PARTITION)


def test_an_instruction_of_a_small_arm_is_in_several_places(pair):
    """Two loops lead to what takes turns between them."""
    machines = pair("""
    _start:
        li a0, 100
    1:  addi a0, a0, -1
        andi a1, a0, 3
        bnez a1, 1b
        j both
    2:  addi a0, a0, -2
        andi a1, a0, 4
        bnez a1, 2b
    both:
        beqz a0, _start
        add a2, a2, a0
        andi a1, a2, 1
        bnez a1, 1b
        bgtz a0, 2b
        j _start
    """)
    machines.run(10_000)
    for region in regions(machines.translator):
        runs = [pc for pc, _ in groupby(place.pc for place in region.source.places if place)]
        if len(runs) > len(set(runs)):
            return
    raise AssertionError("no arm was written again")


def test_a_region_that_is_refused_trusts_the_other_registers_still(pair, monkeypatch):
    """s5 is a word at first, then none: the loop is made anew, and a1 is a word as before."""
    monkeypatch.setattr("vmlab.translator.engine.GROW", 1 << 30)
    machines = pair("""
    _start:
        li s0, 60
    1:  li a2, 6
        csrr s5, mscratch       # goes by the book
    2:  addiw a1, a1, 3
        xor a3, a3, s5
        addi a2, a2, -1
        bnez a2, 2b
        addi s0, s0, -1
        slti a0, s0, 30
        slli a0, a0, 40
        csrw mscratch, a0
        bnez s0, 1b
        nop
    3:  j 3b
    """)
    loop = START + 12
    for trusted in (True, False):
        machines.run(900)
        words = machines.translator.mmu.context.code[loop].region.words
        assert 11 in words
        assert (21 in words) == trusted
