"""Loops made by stretches of turns: pages looked up once, registers not written, nothing to see."""

from __future__ import annotations

import random

import pytest

PROGRAM = """
    j _start
    .align 2
handler:                        # notes where, and leaves the loop
    csrr  t6, mepc
    xor   s10, s10, t6
    csrr  t6, mtval
    add   s10, s10, t6
    la    t6, next
    csrw  mepc, t6
    mret
    .align 4
_start:
    la    t0, handler
    csrw  mtvec, t0
    li    s1, 0x80004000        # pages of their own
    li    s2, 0x80006000
    li    s3, 0x80100000        # the end of RAM
    li    s4, 0x7fffffff
    li    s5, 1 << 63
again:
    addi  s0, s0, 1
    slli  s6, s0, 61
    xor   s6, s6, s0
    {before}
1:  {loop}
next:
    xor   s10, s10, a0
    add   s10, s10, a1
    xor   s10, s10, a2
    add   s10, s10, a3
    xor   s10, s10, a4
    add   s10, s10, a5
    slli  a6, s10, 7
    srli  a7, s10, 57
    or    s10, a6, a7
    andi  a6, s10, 0xff
    add   a6, a6, s1
    sb    s10, 0(a6)
    j     again
"""
LOOPS = {
    "until a zero": (
        "addi a0, s1, 200\n andi a1, s0, 127\n add a1, a1, s1\n sb zero, 300(a1)",
        "lbu a2, 0(a0)\n addi a0, a0, 1\n bnez a2, 1b",
    ),
    "a copy, over the end of a page": (
        "addi a0, s1, 50\n addi a1, s2, -70\n li a2, 90",
        "lbu a3, 0(a0)\n addi a1, a1, 1\n addi a0, a0, 1\n sb a3, -1(a1)\n"
        " addi a2, a2, -1\n bnez a2, 1b",
    ),
    "onto itself": (
        "addi a0, s1, 8\n addi a1, s1, 400",
        "lw a2, 0(a0)\n addi a2, a2, 3\n sw a2, 4(a0)\n lw a3, 4(a0)\n addi a0, a0, 4\n"
        " add a4, a4, a3\n bltu a0, a1, 1b",
    ),
    "downwards": (
        "addi a0, s2, 100\n addi a1, s2, -300",
        "ld a2, -8(a0)\n addi a0, a0, -8\n add a3, a3, a2\n sd a3, 16(a0)\n bgt a0, a1, 1b",
    ),
    "two widths by one pointer": (
        "addi a0, s1, 16\n addi a1, s1, 800",
        "ld a2, 0(a0)\n lhu a3, 10(a0)\n lb a4, 13(a0)\n add a3, a3, a4\n sw a3, 12(a0)\n"
        " addi a0, a0, 8\n bne a0, a1, 1b",
    ),
    "wide steps": (
        "addi a0, s1, 4\n mv a1, s1\n addi a2, a1, 1200\n li a5, 0",
        "lw a3, 0(a1)\n lw a4, 0(a0)\n addi a1, a1, 4\n addi a0, a0, 128\n mul a4, a4, a3\n"
        " addw a5, a4, a5\n bne a1, a2, 1b",
    ),
    "a copied pointer": (
        "addi a0, s1, 7\n addi a1, s1, 9\n li a5, 3",
        "lbu a2, 0(a0)\n andi a4, s0, 3\n beq a2, a4, next\n mv a5, a1\n lbu a3, 0(a5)\n"
        " addi a0, a0, 1\n addi a1, a5, 1\n j 1b",
    ),
    "misaligned": (
        "addi a0, s1, 2\n addi a1, s1, 402\n andi a2, s0, 1\n slli a2, a2, 1\n add a0, a0, a2",
        "lw a3, 0(a0)\n addi a0, a0, 4\n bltu a0, a1, 1b",
    ),
    "beyond the end of RAM": (
        "addi a0, s3, -320\n mv a1, s1\n li a4, 300",
        "lhu a2, 0(a0)\n addi a3, a3, 5\n sb a2, 0(a1)\n addi a0, a0, 2\n addi a1, a1, 1\n"
        " addi a4, a4, -1\n bnez a4, 1b",
    ),
    "another load raises": (
        "mv a0, s1\n addi a1, s1, 256\n li a2, 0\n sd s2, 120(s1)\n andi a3, s0, 1\n"
        " slli a4, a3, 50\n add a4, a4, s2\n sd a4, 240(s1)",
        "ld a3, 0(a0)\n andi a3, a3, -8\n addiw a2, a2, 1\n addi a4, a0, 16\n bltz a3, 2f\n"
        " beqz a3, 2f\n srli a5, a3, 31\n beqz a5, 2f\n ld a5, 0(a3)\n"
        "2: addi a0, a0, 8\n bne a0, a1, 1b",
    ),
    "a pointer from memory leads nowhere": (
        "mv a0, s1\n addi a1, s1, 320\n3: sd s2, 0(a0)\n addi a0, a0, 8\n bne a0, a1, 3b\n"
        " sd s5, 240(s1)\n mv a0, s1\n li a2, 7\n li a5, 0",
        "ld a3, 0(a0)\n lbu a4, 3(a3)\n addi a0, a0, 8\n addiw a2, a2, 3\n bne a0, a1, 1b",
    ),
    "left before a copy is made": (
        "mv a0, s1\n addi a1, s1, 90\n3: sb s4, 0(a0)\n addi a0, a0, 1\n bne a0, a1, 3b\n"
        " sb zero, 80(s1)\n mv a0, s1\n addi a1, s1, 9\n li a5, 3",
        "lbu a2, 0(a0)\n beqz a2, next\n mv a5, a1\n lbu a3, 0(a5)\n"
        " addi a0, a0, 1\n addi a1, a5, 1\n j 1b",
    ),
    "words that wrap": (
        "addi a0, s1, 40\n addi a1, a0, 300\n addi a2, s4, -30\n sub a3, zero, a2",
        "sb a0, 0(a0)\n addi a0, a0, 1\n addiw a2, a2, 1\n addiw a3, a3, -2\n lbu a4, -1(a0)\n"
        " bne a0, a1, 1b",
    ),
    "a word that counts, and wraps before its end": (
        "addi a0, s1, 8\n addi a1, s4, -60\n li a2, -1000\n andi a4, s0, 1\n mul a2, a2, a4",
        "lbu a3, 0(a0)\n addiw a1, a1, 1\n addi a0, a0, 1\n bne a1, a2, 1b",
    ),
    "a number that wraps": (
        "addi a1, s5, -40\n addi a2, s5, 60\n addi a0, s1, 3",
        "lbu a3, 0(a0)\n addi a1, a1, 1\n addi a0, a0, 1\n bne a1, a2, 1b",
    ),
    "unsigned, around the sign": (
        "addi a1, s5, -40\n addi a2, s5, 60\n addi a0, s1, 3",
        "lbu a3, 0(a0)\n addi a1, a1, 2\n addi a0, a0, 1\n bltu a1, a2, 1b",
    ),
    "down to zero, unsigned": (
        "li a1, 90\n andi a2, s0, 3\n addi a0, s1, 3",
        "lbu a3, 0(a0)\n addi a1, a1, -1\n addi a0, a0, 1\n bgeu a1, a2, 1b",
    ),
    "signed, from below zero": (
        "li a1, -50\n li a2, 40\n addi a0, s1, 3",
        "lbu a3, 0(a0)\n addi a1, a1, 1\n addi a0, a0, 1\n bge a2, a1, 1b",
    ),
    "a rare way with reads": (
        "addi a0, s1, 0\n li a1, 100\n li a2, 0\n sb zero, 60(s1)\n li a5, 2",
        "lbu a3, 0(a0)\n bnez a3, 2f\n addi a5, a5, 1\n mv a4, a1\n sw a4, 600(s1)\n"
        " blt a2, a1, 2f\n add a4, a4, a2\n2: addi a2, a2, 1\n addi a0, a0, 1\n bne a2, a1, 1b",
    ),
    "two ways set a register, and its value is known where the turn ends": (
        "addi a0, s1, 8\n addi a1, s1, 400\n li a3, 0",
        "lbu a2, 0(a0)\n addi a0, a0, 1\n andi a5, a0, 1\n beqz a5, 2f\n li t1, 1\n j 3f\n"
        "2: li t1, 2\n3: add a3, a3, t1\n mv t1, a1\n bne a0, a1, 1b",
    ),
    "nested": (
        "mv a0, s1\n addi a2, s1, 640\n li a4, 0",
        "addi a1, a0, 64\n3: lw a3, 0(a0)\n addi a0, a0, 4\n addw a4, a4, a3\n bne a0, a1, 3b\n"
        " sw a4, 0(a2)\n addi a2, a2, 4\n addi a5, s1, 640\n bne a0, a5, 1b",
    ),
    "its own code": (
        "la a0, again\n addi a0, a0, 320\n addi a1, a0, 200",
        "lbu a2, 0(a0)\n sb a2, 0(a0)\n addi a0, a0, 1\n bne a0, a1, 1b",
    ),
    "a device": (
        "li a0, 0x1000101c\n addi a1, a0, 30\n addi a2, s1, 0",
        "lbu a3, 0(a2)\n addi a2, a2, 1\n addi a0, a0, 1\n lbu a4, 0(a0)\n bne a0, a1, 1b",
    ),
    "a fixed place": (
        "li a0, 0\n li a1, 70\n sd zero, 40(s1)",
        "ld a2, 40(s1)\n add a2, a2, a0\n sd a2, 40(s1)\n addi a0, a0, 1\n blt a0, a1, 1b",
    ),
    "calls nothing, jumps about": (
        "addi a0, s1, 1\n li a1, 80",
        "lb a2, 0(a0)\n bltz a2, 2f\n addi a3, a3, 1\n j 3f\n2: addi a3, a3, -1\n"
        " addi a4, a4, 2\n3: addi a0, a0, 1\n addi a1, a1, -1\n bgtz a1, 1b",
    ),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Begin stretches early, and of few turns."""
    monkeypatch.setattr("vmlab.translator.stretch.Stretch.short", 2)


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop(both_ways, name):
    before, loop = LOOPS[name]
    both_ways(PROGRAM.format(before=before, loop=loop), 30_000)


POINTERS = ["a0", "a1"]
COUNTERS = ["a2", "a3"]
LOADS = ["lb", "lbu", "lh", "lw", "lwu", "ld"]
OTHERS = ["a4", "a5", "t1", "t2"]
STARTS = [
    "s1", "s1", "s2", "s2 - 40", "s2 - 13", "s3 - 90", "s1 + 4000", "s1 + 2", "s1 + 1", "s5 - 9",
]  # fmt: skip


def random_loop(rng: random.Random) -> tuple[str, str]:
    """Return what comes before a loop, and the loop: mostly loads, stores and steps."""
    before = []
    for name in POINTERS:
        base, _, offset = rng.choice(STARTS).partition(" ")
        before.append(f"mv {name}, {base}")
        if offset:
            before += [f"li t0, {offset.replace(' ', '')}", f"add {name}, {name}, t0"]
    for name in COUNTERS:
        start = rng.choice([0, 1, -1, -30, 60, (1 << 31) - 30, (1 << 63) - 20, -(1 << 31) + 9])
        before.append(f"li {name}, {start}")
    before.append(f"addi a6, {rng.choice(POINTERS + COUNTERS)}, {rng.randrange(-90, 400)}")
    loop = []
    for index in range(rng.randrange(2, 9)):
        place = f"{rng.choice([0, 0, 0, 4, 8, -8, 1, 16, -4])}({rng.choice(POINTERS)})"
        anything = rng.choice(POINTERS + COUNTERS + OTHERS)
        loop.append(
            rng.choice(
                [
                    f"{rng.choice(LOADS)} {rng.choice(OTHERS)}, {place}",
                    f"{rng.choice(['sb', 'sh', 'sw', 'sd'])} {anything}, {place}",
                    f"{rng.choice(['add', 'xor', 'addw', 'sub'])} {rng.choice(OTHERS)},"
                    f" {anything}, {rng.choice(OTHERS)}",
                    f"mv {rng.choice(OTHERS + COUNTERS)}, {anything}",
                    f"addi {rng.choice(OTHERS)}, {anything}, {rng.choice([1, -1, 4, 100])}",
                    f"addiw {rng.choice(OTHERS)}, {anything}, {rng.choice([1, -1, 4, 100])}",
                    f"{rng.choice(['beq', 'bne', 'blt', 'bgeu'])} {anything}, {rng.choice(OTHERS)},"
                    f" {rng.choice(['next', f'{index + 10}f'])}",
                ]
            )
        )
        loop.append(f"{index + 10}:")
    loop += [f"addi {name}, {name}, {rng.choice([1, 1, 4, 4, 8, 8, -8, 24])}" for name in POINTERS]
    loop += [
        f"{rng.choice(['addi', 'addiw'])} {name}, {name}, {rng.choice([1, 1, 2, -1, 3])}"
        for name in COUNTERS
        if rng.random() < 0.8
    ]
    ends = [rng.choice(POINTERS + COUNTERS), rng.choice(["a6", "a6", "zero", "s4"])]
    rng.shuffle(ends)
    branch = rng.choice(["bne", "blt", "bltu", "bge", "bgeu", "bne"])
    loop += [f"{branch} {ends[0]}, {ends[1]}, 1b"]
    return "\n ".join(before), "\n ".join(loop)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_loop(both_ways, seed):
    before, loop = random_loop(random.Random(seed))
    both_ways(PROGRAM.format(before=before, loop=loop), 10_000)
