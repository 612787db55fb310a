"""Numbers that pass the bounds of 32 and 64 bits, in loops."""

from __future__ import annotations


def test_64_bit_wrap_in_a_loop(both_ways):
    """A counter passes 2^63, and 2^64, and is compared signed and unsigned each time."""
    both_ways("""
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


def test_sums_that_are_only_wrapped_later(both_ways):
    both_ways("""
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


def test_sums_that_have_wrapped_when_used_as_addresses(both_ways):
    """A sum of 2^64 and more points to RAM, and so does one that has wrapped before."""
    both_ways("""
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


def test_32_bit_wrap_in_a_loop(both_ways):
    both_ways("""
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
