"""The supervisor timer on a machine: when it strikes, and what `wfi` makes of it."""

from __future__ import annotations

import pytest
from vmlab.machine import Reason
from vmlab.trap import Exc

START = """
_start:
    li t0, 1 << 63
    csrw menvcfg, t0            # STCE
    li t0, 7
    csrw mcounteren, t0
    li t0, 0x20
    csrw mideleg, t0
    li t0, 1 << 11
    csrw mstatus, t0            # MPP = S
    la t0, supervisor
    csrw mepc, t0
    la t0, handler
    csrw stvec, t0
    la t0, refused
    csrw mtvec, t0
    mret
refused:
    csrr a7, mcause
    j .
    .balign 4
"""


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


def test_it_strikes_at_its_time_to_the_tick(boot):
    machine = boot(START + """
    supervisor:
        li t0, 0x20
        csrw sie, t0
        csrsi sstatus, 2
        li t0, 100
        csrw stimecmp, t0
    1:  addi a0, a0, 1
        j 1b
    handler:
        csrr a1, time
        csrr a2, sip
        li t0, -1
        csrw stimecmp, t0
        csrr a3, sip
        j .
    """)  # fmt: skip
    machine.run(300)
    assert machine.hart.x[11] == 100  # the interrupted instructions, and none more
    assert machine.hart.x[12:14] == [0x20, 0]


def test_wfi_skips_to_it(boot):
    machine = boot(START + """
    supervisor:
        li t0, 0x20
        csrw sie, t0
        li t0, 1000000
        csrw stimecmp, t0
        wfi
        csrr a0, time
        csrr a1, sip
        li t0, FINISHER
        li t1, 0x5555
        sw t1, 0(t0)
    handler:
    """)  # fmt: skip
    assert machine.run(300).reason is Reason.FINISHED
    assert machine.hart.x[10:12] == [1_000_000, 0x20]


@pytest.mark.parametrize(
    ("enabled", "mtimecmp", "stimecmp", "woken"),
    [
        (0xA0, 5000, 9000, 5000),
        (0xA0, 9000, 5000, 5000),
        (0x20, 5000, 9000, 9000),
        (0x80, 9000, 5000, 9000),
    ],
)
def test_wfi_skips_to_the_first_timer_that_is_enabled(boot, enabled, mtimecmp, stimecmp, woken):
    machine = boot(f"""
    _start:
        li t0, 1 << 63
        csrw menvcfg, t0
        li t0, {enabled}
        csrw mie, t0
        li t0, MTIMECMP
        li t1, {mtimecmp}
        sd t1, 0(t0)
        li t1, {stimecmp}
        csrw stimecmp, t1
        wfi
        csrr a0, time
        j .
    """)
    machine.run(300)
    assert machine.hart.x[10] == woken


def test_a_timer_that_is_off_wakes_no_one(boot):
    machine = boot(f"{START}supervisor:\n li t0, 0x20\n csrw sie, t0\n wfi\n handler: j .\n")
    assert machine.run(300).reason is Reason.IDLE


@pytest.mark.parametrize("lacking", ["menvcfg", "mcounteren"])
def test_supervisor_has_it_only_if_both_registers_say_so(boot, lacking):
    source = START.replace("    mret\n", f"    csrw {lacking}, zero\n    mret\n", 1)
    machine = boot(f"{source}supervisor:\n csrr a0, stimecmp\n handler: j .\n")
    machine.run(300)
    assert machine.hart.x[17] == Exc.ILLEGAL_INSTRUCTION


# Counters that stand still


@pytest.mark.parametrize(
    ("inhibit", "cycles", "retired"), [(0, 4, 4), (1, 0, 4), (4, 4, 0), (5, 0, 0)]
)
def test_mcountinhibit(boot, inhibit, cycles, retired):
    machine = boot(f"""
    _start:
        csrwi mcountinhibit, {inhibit}
        csrr a0, mcycle
        csrr a1, minstret
        nop
        nop
        csrr a2, mcycle
        csrr a3, minstret
        j .
    """)
    machine.run(7)
    x = machine.hart.x
    assert (x[12] - x[10], x[13] - x[11]) == (cycles, retired)
    assert machine.hart.time == machine.clock.retired == 7  # time does not stand still


@pytest.mark.parametrize("inhibit", [0, 5])
@pytest.mark.parametrize("counter", ["mcycle", "minstret"])
def test_a_written_counter_holds_the_value_for_the_next_instruction(boot, counter, inhibit):
    machine = boot(
        f"_start: csrwi mcountinhibit, {inhibit}\n li t0, 50\n csrw {counter}, t0\n"
        f" csrr a0, {counter}\n j .\n"
    )
    machine.run(4)
    assert machine.hart.x[10] == 50
