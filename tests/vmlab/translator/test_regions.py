"""Handwritten cases that could go wrong in a region: each also in small steps."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble

STEPS = [1, 1, 2, 3, 5, 7, 41, 67, 97, 131, 181] * 15
BASE = 0x8000_0000
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


def both_ways(pair, source: str, budget: int = 3000, **options) -> None:
    """Run at one go, then in small steps."""
    machines = pair(source, **options)
    machines.run(budget)
    assert machines.translator.engine.regions
    pair(source, **options).run(*STEPS, budget)


def test_64_bit_wrap_in_a_loop(pair):
    """A counter passes 2^63, and 2^64, and is compared signed and unsigned each time."""
    both_ways(pair, """
    _start:
        li a0, 0x7ffffffffffffff0
        li a1, 0x8000000000000004
    1:  addi a0, a0, 3
        slt a2, a0, a1
        sltu a3, a0, a1
        add a4, a4, a2
        slli a4, a4, 1
        add a4, a4, a3
        bltu a0, a1, 1b
        li a0, -20
        li a1, 20
    2:  addi a0, a0, 3
        sltu a2, a0, a1
        slli a4, a4, 1
        add a4, a4, a2
        blt a0, a1, 2b
        neg a0, a0
        srli a5, a0, 3
        j _start
    """)  # fmt: skip


def test_sums_that_are_only_wrapped_later(pair):
    both_ways(pair, """
    _start:
        li a0, 0x7fffffffffffffff
        li a1, 0x8000000000000000
        li a6, 40
    1:  add a2, a0, a0
        add a3, a1, a1
        add a4, a2, a0
        sub a4, a4, a1
        sub a5, a1, a0
        beqz a5, 2f
        bltz a4, 3f
    2:  addi a7, a7, 1
    3:  xor a0, a0, a4
        srai a4, a4, 1
        slli a0, a0, 1
        addi a6, a6, -1
        bnez a6, 1b
        j _start
    """)  # fmt: skip


def test_sums_that_have_wrapped_when_used_as_addresses(pair):
    """A sum of 2^64 and more points to RAM, and so does one that has wrapped before."""
    both_ways(pair, """
    _start:
        la a5, _start
        li a1, 1 << 63
        add a2, a5, a1
        li a6, 40
    1:  add a0, a1, a2
        ld a3, 0(a0)
        addi a0, a0, 8
        sltu a4, a0, a1
        add s1, s1, a4
        add s1, s1, a0
        addi a2, a2, 8
        sltu a4, a2, a1
        add s1, s1, a4
        sd s1, 0x700(a5)
        addi a5, a5, 8
        addi a6, a6, -1
        bnez a6, 1b
        j _start
    """)  # fmt: skip


def test_32_bit_wrap_in_a_loop(pair):
    both_ways(pair, """
    _start:
        li a0, 0x7ffffff0
        li a1, 30
    1:  addiw a0, a0, 1
        addw a2, a2, a0
        subw a3, a3, a0
        sllw a4, a0, a1
        sraw a5, a0, a1
        srlw a6, a0, a1
        mulw a7, a0, a2
        addi a1, a1, -1
        bnez a1, 1b
        j _start
    """)  # fmt: skip


def test_fault_in_the_middle_of_a_region(pair):
    """A load walks off the end of RAM, an unaligned one follows; handlers see exact state."""
    both_ways(pair, SKIP + """
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


@pytest.mark.parametrize("fence", ["nop", "fence.i"])
def test_loop_that_changes_itself(pair, fence):
    """Every 16th turn rewrites the immediate of an addi further down, in the same region."""
    both_ways(pair, f"""
    _start:
        la a0, changed
        li a2, 50
    1:  andi a1, a2, 15
        bnez a1, changed
        lw a1, 0(a0)
        li a3, 1 << 20
        add a1, a1, a3
        sw a1, 0(a0)
        {fence}
    changed:
        addi a4, a4, 1
        add a5, a5, a4
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """, budget=1500)  # fmt: skip


def test_store_into_the_data_of_a_code_page(pair):
    """It goes the slow way, and drops nothing that is still right."""
    both_ways(pair, """
    _start:
        la a0, data
        li a2, 50
    1:  ld a1, 0(a0)
        addi a1, a1, 3
        sd a1, 0(a0)
        addi a2, a2, -1
        bnez a2, 1b
        j _start
        .align 3
    data: .zero 8
    """)  # fmt: skip


def test_code_written_from_outside(pair):
    """Between two runs a word of a region changes; `enter` must notice."""
    source = """
    _start:
        la a0, changed
    1:  addi a2, a2, 1
    changed:
        addi a1, a1, 1
        j 1b
    """
    machines = pair(source)
    machines.run(1000)
    assert machines.translator.engine.regions
    new = assemble("addi a1, a1, 7").segments[0][1]
    at = assemble(source).symbols["changed"] - BASE
    for machine in machines.machines:
        machine.ram[at : at + 4] = new
    machines.run(1000)
    assert machines.translator.hart.x[11] > 2000


def test_calls_and_returns(pair):
    """Recursion, returns to several places, and a jump into the middle of a region."""
    both_ways(pair, """
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


def test_atomics(pair):
    both_ways(pair, """
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


def test_irreducible_and_deep(pair):
    """A loop with two entries, and many exits nested in each other."""
    branches = "\n".join(
        f"andi a3, a1, {1 << i % 11}\n beqz a3, f{i}\n addi a4, a4, {i}" for i in range(60)
    )
    labels = "\n".join(f"f{i}: addi a5, a5, {i}" for i in range(60))
    both_ways(pair, f"""
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


def test_status_written_in_a_loop(pair):
    """An interrupt that is enabled in the middle of a region is taken at once."""
    both_ways(pair, SKIP.replace("addi t6, t6, 4", "csrci mip, 2\n csrw mscratch, s10") + """
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


def test_csr_that_is_not_allowed_in_a_loop(pair):
    """S-mode may read satp until mstatus.TVM forbids it."""
    both_ways(pair, """
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


def test_jump_table(pair):
    """Jumps to a register that go to several places, which become part of the region."""
    both_ways(pair, """
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
