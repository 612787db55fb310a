"""Privileged instructions, and what the pager is told of them (V3)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.testing import clause

from grader.hidden.vmm.kernels import LOOKS, PAGING, kernel, short, transcript

VIEWS = f"""
        .equ    SUM, 1 << 18
        .equ    MXR, 1 << 19
main:   la      a0, on_trap
        call    catch
        csrw    medeleg, zero
        csrw    mideleg, zero
        li      s11, 0
        la      t0, leaves
        la      t1, one
        srli    t1, t1, 2
        ori     t2, t1, 0xd7            # user, RW
        sd      t2, 0(t0)
        ori     t2, t1, 0x49            # X only
        sd      t2, 8(t0)
        la      t1, two
        srli    t1, t1, 2
        ori     t2, t1, 0xc7            # RW
        sd      t2, 16(t0)
        la      a0, supervisor
        j       paging
supervisor:
        li      s0, WINDOW
        li      s1, WINDOW + 0x1000
        li      s2, SUM
        li      s3, MXR
        li      s4, 3
1:      ld      a5, 0(s0)               # each of these faults, or not, by SUM or MXR
        ld      a5, 0(s1)
        csrs    sstatus, s2
        ld      a0, 0(s0)
        call    puthex
        ld      a5, 0(s1)
        csrs    sstatus, s3
        ld      a0, 8(s1)
        call    puthex
        ld      a0, 0(s0)
        call    puthex
        csrc    sstatus, s2
        ld      a5, 0(s0)
        ld      a0, 0(s1)
        call    puthex
        csrc    sstatus, s3
        ld      a5, 0(s1)
        addi    s4, s4, -1
        bnez    s4, 1b
        call    newline

        la      t0, leaves              # another page there, and a fence
        ld      t1, 16(t0)
        sd      t1, 0(t0)
        sfence.vma s0, zero
        ld      a0, 0(s0)
        call    puthex
        li      t3, 40                  # so many stores that the page is taken for data
        la      t0, leaves
2:      sd      zero, 64(t0)
        addi    t3, t3, -1
        bnez    t3, 2b
        ld      a0, 0(s0)
        call    puthex
        la      t0, leaves
        ld      t1, 8(t0)
        ori     t1, t1, 6
        sd      zero, 0(t0)
        sfence.vma s0, zero
        ld      a5, 0(s0)
        la      t0, leaves
        sd      t1, 0(t0)
        sfence.vma
        ld      a0, 0(s0)
        call    puthex
        csrw    satp, zero              # no tables at all
        sfence.vma
        ld      a5, 0(s0)
        csrr    a0, sstatus
        call    finish
{LOOKS}
        .balign 4096
one:    .dword  0x11, 0x12
        .balign 4096
two:    .dword  0x21, 0x22
{PAGING}
"""


@clause("V3")
@weight(1)
@number("3.2")
def test_a_hostile_guest(bench, given):
    """Whatever a guest tries in any of its three modes, it gets what the bare machine gives it."""
    bench.start().equals(given("traps"), kernel("hostile")).prints(transcript("hostile"))


@clause("V3")
@weight(1)
@number("3.3")
def test_what_an_address_means(bench, given):
    """SUM, MXR, the mode, satp and fences count from the next instruction on."""
    bench.start().equals(given("traps"), short(VIEWS))


@clause("V3")
@weight(1)
@number("3.4")
def test_a_storm(bench, given):
    """Traps, returns, CSRs and illegal instructions, one behind the other."""
    bench.start().equals(given("traps"), kernel("storm", 70))
