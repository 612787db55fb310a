"""LR and SC on a page that is protected, since it translates the very code that executes them."""

from __future__ import annotations

import pytest
from vmlab.bench import vmm_guests
from vmlab.bench.vmm import Bench

ROOT = """
        .equ    ROOT, RAM + 0x8000
main:   li      s0, ROOT
        li      t0, (0x80000000 >> 12 << 10) | 0xcf
        sd      t0, 16(s0)              # RAM, and with entry 0 the devices, as they are
        li      t0, 0xc7
        sd      t0, 0(s0)
        li      t0, 8 << 60 | ROOT >> 12
        csrw    satp, t0
        la      t0, supervisor
        csrw    mepc, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11
        csrs    mstatus, t0
        mret
supervisor:
        li      s1, ROOT + 16           # the entry of this code, and one that is not valid
        li      s2, ROOT + 64
        li      s3, 3
1:      lr.d    t0, (s1)
        xori    t0, t0, 0x100
        sc.d    t1, t0, (s1)
        bnez    t1, 1b
2:      mv      t0, s2
        lr.w    t0, (t0)
        addi    t0, t0, 4
        sc.w    t1, t0, (s2)
        bnez    t1, 2b
        addi    s3, s3, -1
        bnez    s3, 1b
        ld      a0, 0(s1)
        call    puthex
        ld      a0, 0(s2)
        call    puthex
"""
PAIRS = """
        li      s3, 40                  # in a loop that has always failed, and must
3:      {lr}
        {between}
        {sc}
        snez    a0, t1
        beqz    a0, 4f
        addi    s3, s3, -1
        bnez    s3, 3b
4:      call    puthex
"""
END = """
        call    newline
        call    finish
"""
FAILS = {
    "without an LR": ("nop", "nop", "sc.d t1, zero, (s2)"),
    "of another address": ("lr.d t0, (s1)", "nop", "sc.d t1, zero, (s2)"),
    "behind another SC": ("lr.d t0, (s2)", "sc.d zero, t0, (sp)", "sc.d t1, zero, (s2)"),
    "for the second time": ("lr.d t0, (s2)", "sc.d zero, t0, (s2)", "sc.d t1, zero, (s2)"),
}


def plays(traps, vmm, library, text):
    bench = Bench(vmm).start(quantum=70)
    guest = bench.equals(traps, vmm_guests.build_text(text, library))
    assert guest.bill.exits < 3_000
    return guest


def test_a_loop_on_its_own_root_ends(traps, vmm, library):
    plays(traps, vmm, library, ROOT + END).prints(" 200001cf c\n")


@pytest.mark.parametrize("what", FAILS)
def test_what_must_fail_fails(traps, vmm, library, what):
    lr, between, sc = FAILS[what]
    text = ROOT + PAIRS.format(lr=lr, between=between, sc=sc) + END
    plays(traps, vmm, library, text).prints(" 200001cf c 1\n")


def test_an_lr_is_forgotten_at_a_trap(vmm, library):
    between = "csrr t2, sscratch"
    text = ROOT + PAIRS.format(lr="lr.d t0, (s2)", between=between, sc="sc.d t1, t0, (s2)") + END
    bench = Bench(vmm).start()
    guest = bench.vm(vmm_guests.build_text(text, library))
    bench.run()
    guest.prints(" 200001cf c 1\n")
