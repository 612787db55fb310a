"""The bench's small VMM keeps a guest's time as the bare machine does."""

import pytest
from vmlab.asm import assemble
from vmlab.bench.virtual_machine import VirtualMachine
from vmlab.machine import Machine

HEAD = """
    .equ FINISHER, 0x100000
    .equ MSIP, 0x2000000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ UART, 0x10000000
_start:
    la      t0, handler
    csrw    mtvec, t0
"""
TAIL = """
finish:
    csrr    s0, minstret
    csrr    s1, mcycle
    csrr    s2, time
    li      t0, FINISHER
    li      t1, 0x5555
    sw      t1, 0(t0)
    .align 2
handler:
    csrr    s3, mepc                # where it struck
    csrr    s4, time
    csrr    t0, mcause
    bltz    t0, finish
    addi    t0, s3, 4
    csrw    mepc, t0
    mret
"""
PROGRAMS = {
    "refused": ".word 0\n csrr t0, 0x5c0\n csrw mhartid, t0\n j finish",
    "ecall": "ecall\n ecall\n j finish",
    "emulated": "csrr t0, mscratch\n csrw mscratch, t0\n csrsi mstatus, 8\n j finish",
    "refused again after it was done": """
        la      t0, 1f
        csrw    mepc, t0
        csrw    mcause, 2
    1:  csrr    t1, mscratch
        j       finish
    """,
    "device": "li t0, UART\n lbu t1, 5(t0)\n sb t1, 0(t0)\n lb t1, 5(t0)\n j finish",
    "access fault": "lw t0, 0(zero)\n sw t0, 0(zero)\n j finish",
    "software interrupt": """
        csrwi   mie, 8
        csrsi   mstatus, 8
        li      t0, MSIP
        li      t1, 1
        sw      t1, 0(t0)
        addi    s5, s5, 1
        j       .
    """,
    "wfi": """
        li      t0, MTIMECMP
        li      t1, 5000
        sd      t1, 0(t0)
        li      t0, 1 << 7
        csrw    mie, t0
        csrsi   mstatus, 8
        wfi
        j       .
    """,
}
TIMER = """
    li      t0, MTIMECMP
    li      t1, {when}
    sd      t1, 0(t0)
    li      t0, 1 << 7
    csrw    mie, t0
    csrsi   mstatus, 8
    li      t2, UART
1:  addi    s5, s5, 1
    csrr    t1, mscratch
    lbu     t1, 5(t2)
    j       1b
"""
SEEN = (8, 9, *range(18, 22))
"""s0 to s5; not a1, in which a machine gives the address of its device tree."""


@pytest.fixture
def same(part):
    def check(body: str, slice_: int) -> None:
        program = assemble(HEAD + body + TAIL)
        machine = Machine(part, ram_mib=1)
        machine.load(program)
        machine.run(10_000)
        guest = VirtualMachine(part, program, slice_=slice_, illegal_tval=True)
        for _ in range(10_000):
            if guest.ended:
                break
            guest.turn()
        assert guest.finisher.code == machine.finisher.code == 0
        assert [guest.vcpu.x[n] for n in SEEN] == [machine.hart.x[n] for n in SEEN]
        assert machine.hart.x[8] > 5

    return check


@pytest.mark.parametrize("slice_", [1, 1000])
@pytest.mark.parametrize("name", PROGRAMS)
def test_counters_show_what_they_show_on_the_bare_machine(same, name, slice_):
    same(PROGRAMS[name], slice_)


@pytest.mark.parametrize("slice_", [1, 1000])
@pytest.mark.parametrize("when", range(40, 48))
def test_timers_strike_at_the_same_instruction(same, when, slice_):
    same(TIMER.format(when=when), slice_)
