"""Loops that fill memory: many turns at once, and no difference to be seen."""

from __future__ import annotations

import pytest

STEPS = [1, 1, 2, 3, 5, 7, 41, 67, 97, 131, 181] * 15
PROGRAM = """
    j _start
    .align 2
handler:                        # counts, and leaves the loop
    addi  s11, s11, 1
    csrr  t6, mepc
    xor   s10, s10, t6
    la    t6, next
    csrw  mepc, t6
    mret
_start:
    la    t0, handler
    csrw  mtvec, t0
    li    s1, 0x80004000        # a page of its own, and the next one
    li    s2, 0x80006000
    li    s3, 0x80100000        # the end of RAM
    li    s4, 0x7fffffff
    li    s5, 1 << 63
again:
    addi  s0, s0, 1             # what is stored, another one each time
    slli  s6, s0, 62
    xor   s6, s6, s0
    {before}
1:  {loop}
next:
    add   s10, s10, a0
    add   s10, s10, a1
    add   s10, s10, a2
    add   s10, s10, a3
    ld    a5, 24(s1)            # the first to be stored, some in the middle, the last
    xor   s10, s10, a5
    ld    a5, 296(s1)
    add   s10, s10, a5
    andi  a5, a0, -8
    ld    a5, -16(a5)
    add   s10, s10, a5
    slli  a5, s10, 7
    xor   s10, s10, a5
    j     again
"""
LOOPS = {
    "bytes": ("mv a0, s1\n addi a1, a0, 1500", "sb s0, 0(a0)\n addi a0, a0, 1\n bne a0, a1, 1b"),
    "numbers": (
        "addi a0, s1, 2000\n addi a1, s2, 80",
        "sd s6, 0(a0)\n addi a0, a0, 8\n bltu a0, a1, 1b",
    ),
    "after the step": (
        "mv a0, s1\n addi a1, s2, -100",
        "addi a0, a0, 4\n sw s6, 20(a0)\n blt a0, a1, 1b",
    ),
    "the end on the left": (
        "addi a0, s1, -9\n addi a1, s1, 301",
        "sh s0, 9(a0)\n addi a0, a0, 2\n bne a1, a0, 1b",
    ),
    "the end is missed": (
        "mv a0, s3\n addi a0, a0, -800\n addi a1, a0, 303",
        "sh s0, 0(a0)\n addi a0, a0, 2\n bne a0, a1, 1b",
    ),
    "misaligned": ("addi a0, s1, 4\n mv a1, s2", "sd s0, 0(a0)\n addi a0, a0, 8\n bne a0, a1, 1b"),
    "beyond the end of RAM": (
        "addi a0, s3, -900\n addi a1, s3, 100\n addi a2, s4, -99",
        "sb s0, 0(a0)\n addi a0, a0, 1\n addiw a2, a2, 1\n bne a0, a1, 1b",
    ),
    "nowhere, and unsigned": (
        "mv a0, s5\n addi a1, a0, 1000\n slli a2, s0, 63\n sub a0, a0, a2",
        "sb s0, 0(a0)\n addi a0, a0, 1\n bltu a0, a1, 1b",
    ),
    "a sieve": (
        "addi a0, s1, 70\n li a1, 70\n li a2, 1500\n andi a3, s0, 127\n addi a3, a3, 3",
        "sb s0, 0(a0)\n addw a1, a3, a1\n add a0, a0, a3\n blt a1, a2, 1b",
    ),
    "counters that wrap": (
        "mv a0, s1\n addi a1, a0, 1000\n addi a2, s4, -99\n sub a3, s5, a2\n addi a3, a3, -200",
        "sb s0, 0(a0)\n addi a0, a0, 1\n addiw a2, a2, 1\n addi a3, a3, 3\n bne a0, a1, 1b",
    ),
    "a word that counts beyond its end": (
        "mv a0, s1\n addi a1, s4, -300\n addi a2, a1, 1600\n li a3, 900",
        "sb s0, 0(a0)\n addi a0, a0, 1\n addiw a1, a1, 1\n bltu a1, a2, 1b",
    ),
    "a counter that is only unsigned above its end": (
        "mv a0, s1\n andi a1, s0, 1\n addi a1, a1, -1\n slli a1, a1, 6\n li a2, 300",
        "sb s0, 0(a0)\n addi a0, a0, 1\n addi a1, a1, 1\n bltu a1, a2, 1b",
    ),
    "steps of nothing, and back": (
        "addi a0, s1, 700\n li a1, 9\n andi a3, s0, 3\n addi a3, a3, -2\n li a4, 1\n li a2, 500",
        "sb s0, 0(a0)\n add a0, a0, a3\n add a1, a1, a4\n blt a1, a2, 1b",
    ),
    "a word that is none before the first turn": (
        "addi a0, s1, 70\n andi a3, s0, 1\n slli a3, a3, 33\n sub a1, zero, a3\n addi a1, a1, 70\n"
        " li a2, 1500\n li a3, 7",
        "sb s0, 0(a0)\n addw a1, a3, a1\n add a0, a0, a3\n blt a1, a2, 1b",
    ),
    "its own code": (
        "la a0, again\n addi a0, a0, 300\n addi a1, a0, 400",
        "sb s0, 0(a0)\n addi a0, a0, 1\n bne a0, a1, 1b",
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_that_fills(pair, name):
    before, loop = LOOPS[name]
    source = PROGRAM.format(before=before, loop=loop)
    machines = pair(source)
    machines.run(30_000)
    assert machines.translator.engine.regions
    pair(source).run(*STEPS, 10_000)


@pytest.mark.parametrize(
    "loop",
    [
        "sd a0, 0(a0)\n addi a0, a0, 8\n bltu a0, a1, 1b",
        "sw a2, 0(a0)\n addi a0, a0, 4\n addi a2, a2, 1\n bltu a0, a1, 1b",
        "sw s0, 0(a0)\n sw s0, 4(a0)\n addi a0, a0, 8\n bltu a0, a1, 1b",
        "sw s0, 0(a0)\n addi a0, a0, 8\n bltu a0, a1, 1b",
        "sw s0, 0(a0)\n addi a0, a0, 4\n addi a1, a1, 1\n bltu a0, a1, 1b",
        "sb s0, 0(a0)\n addi a0, a0, 2\n addi a0, a0, 1\n bltu a0, a1, 1b",
        "sb a3, 0(a0)\n addi a0, a0, 1\n add a3, a3, a3\n bltu a0, a1, 1b",
    ],
)
def test_a_loop_that_is_nearly_one(pair, loop):
    pair(PROGRAM.format(before="mv a0, s1\n addi a1, s1, 800\n mv a3, s0", loop=loop)).run(20_000)
