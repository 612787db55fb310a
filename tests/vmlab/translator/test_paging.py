"""Regions under Sv39, with data pages that lie in another order in memory than in the program."""

from __future__ import annotations

import pytest
from vmlab.hart import Mode
from vmlab.sv39 import A, D, R, V, W, X

BASE = 0x8000_0000
ROOT, MIDDLE, LAST, FRAMES = 0x8_0000, 0x8_1000, 0x8_2000, 0x9_0000
STEPS = [1, 1, 2, 3, 5, 7, 41, 67, 97, 131, 181] * 15


def map_backwards(machine) -> None:
    """Enter S-mode. Code is where it is; 0x4000_0000 and 7 pages more are mapped in reverse."""
    write = machine.memory.write
    write(ROOT + 8, 8, (BASE + MIDDLE) >> 2 | V)
    write(ROOT + 16, 8, BASE >> 2 | V | R | W | X | A | D)
    write(MIDDLE, 8, (BASE + LAST) >> 2 | V)
    for page in range(8):
        frame = BASE + FRAMES + 0x1000 * (7 - page)
        write(LAST + 8 * page, 8, frame >> 2 | V | R | W | X | A | D)
        for at in range(0, 0x1000, 8):
            write(frame - BASE + at, 8, page << 32 | at)
    machine.hart.satp = 8 << 60 | (BASE + ROOT) >> 12
    machine.hart.mode = Mode.S


@pytest.fixture
def both_ways(pair):
    """Run a program at one go and in small steps."""

    def run(source: str, budget: int = 4000):
        machines = pair(source, map_backwards)
        machines.run(budget)
        assert machines.translator.engine.regions
        pair(source, map_backwards).run(*STEPS, budget)
        return machines

    return run


def test_groups_that_cross_pages(both_ways):
    both_ways("""
    _start:
        li a0, 0x40000fc0
        li a2, 24
    1:  ld a3, 0(a0)
        ld a4, 8(a0)
        ld a5, -16(a0)
        sd a3, 24(a0)
        sd a4, -8(a0)
        lw a6, 20(a0)
        lw a7, -4(a0)
        add s2, s2, a3
        xor s2, s2, a4
        add s2, s2, a5
        xor s2, s2, a6
        add s2, s2, a7
        addi a0, a0, 8
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)


def test_groups_whose_base_changes(both_ways):
    """Within a stretch, and on one of two ways that meet."""
    both_ways("""
    _start:
        li a0, 0x40000100
        li a1, 0x40001100
        li a2, 24
    1:  ld a3, 0(a0)
        ld a4, 8(a0)
        mv a5, a0
        mv a0, a1
        mv a1, a5
        ld a6, 8(a0)
        ld a7, 0(a0)
        add s2, s2, a3
        add s2, s2, a7
        andi t0, a2, 1
        beqz t0, 2f
        addi a0, a0, 16
        ld a3, 16(a0)
        ld a4, 24(a0)
        add s2, s2, a3
        add s2, s2, a4
    2:  ld a3, 16(a0)
        add s3, s3, a3
        andi t0, a2, 2
        bnez t0, 4f
        j 5f
    4:  addi a1, a1, 16
        ld a3, 16(a1)
        ld a4, 24(a1)
        add s2, s2, a4
    5:  ld a3, 16(a1)
        add s3, s3, a3
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)


def test_halves(both_ways):
    """Words that are wrapped late: in bitwise operations, as addresses, where ways meet."""
    both_ways("""
    _start:
        li a0, 0x7fffffff
        li a1, 0x123456789abcdef0
        li a2, 25
        li s6, 0x40000001
    1:  addw a3, a0, a0
        xor a4, a3, a1
        srli a5, a4, 8
        add s2, s2, a5
        or a4, a3, a2
        srai a5, a4, 4
        add s2, s2, a5
        addw t0, a3, s6
        addw t0, t0, a2
        sb t0, 1(t0)
        addw t1, a3, s6
        addi t1, t1, 1
        andi t1, t1, -8
        sd t1, 8(t1)
        andi a6, a2, 1
        beqz a6, 2f
        addw s7, a0, a0
        j 3f
    2:  slli s7, a1, 7
    3:  slli s8, a1, 3
        li a7, 2
    4:  add s9, s9, s8
        addi a7, a7, -1
        bnez a7, 4b
        addw s8, a0, a0
        addiw a0, a0, -3
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)


def test_tables_that_change(both_ways):
    """Two pages change places in the middle of a loop; without a fence nothing may follow."""
    both_ways("""
    _start:
        li a0, 0x40000000
        li a1, 0x40001000
        li a2, 40
        li s3, 0x80082000
    1:  ld a3, 0(a0)
        ld a4, 0(a1)
        slli s2, s2, 1
        add s2, s2, a3
        sub s2, s2, a4
        andi t0, a2, 7
        bnez t0, 2f
        ld t1, 0(s3)
        ld t2, 8(s3)
        sd t2, 0(s3)
        sd t1, 8(s3)
        andi t0, a2, 8
        beqz t0, 2f
        sfence.vma
    2:  addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)


def test_code_that_moves(both_ways):
    """The same virtual page of code comes from another frame after a fence, and back again."""
    both_ways("""
    _start:
        la a0, first            # both are copied to pages that are mapped at 0x4000_0000
        la a1, second
        li a2, 0x40000000
        li a3, 0x40001000
        ld t0, 0(a0)
        sd t0, 0(a2)
        ld t0, 0(a1)
        sd t0, 0(a3)
        li s3, 0x80082000
        li a4, 24
    1:  jalr a2
        jalr a2
        jalr a3
        ld t1, 0(s3)
        ld t2, 8(s3)
        sd t2, 0(s3)
        sd t1, 8(s3)
        andi t0, a4, 3
        beqz t0, 2f
        sfence.vma
    2:  addi a4, a4, -1
        bnez a4, 1b
        slli s2, s2, 1
        j 1b
        .align 3
    first:
        addi s2, s2, 1
        ret
        .align 3
    second:
        addi s2, s2, 16
        ret
    """)


def test_status_in_a_loop(both_ways):
    """Reads of sstatus, writes that change nothing, and writes of SUM that do."""
    both_ways("""
    _start:
        li a2, 24
        li a1, 1 << 18
    1:  csrr a3, sstatus
        csrci sstatus, 2
        csrr a4, sstatus
        csrw sstatus, a4
        add s2, s2, a3
        andi t0, a2, 3
        bnez t0, 2f
        csrs sstatus, a1
        csrr a5, sstatus
        add s3, s3, a5
        csrrc a6, sstatus, a1
        add s3, s3, a6
    2:  addi a2, a2, -1
        bnez a2, 1b
        j _start
    """)
