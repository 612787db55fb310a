"""A restored machine goes on as the one that was saved, bit for bit."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

KERNELS = {
    "compute": 30_000,
    "csrs": 17_600,
    "echo": 1_050,
    "exceptions": 23_600,
    "paging": 60_000,
    "timer": 6_400,
}
"""Kernels, and within how many of their instructions a snapshot is taken."""
AFTER = 5_000
"""Instructions for which two machines are compared, at most."""


@pytest.mark.parametrize("name", KERNELS)
def test_runs_go_on_from_any_moment(build, everything, name):
    length = KERNELS[name]

    # A smaller example would be no clearer: any moment is as good as another.
    @settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(before=st.integers(0, length), after=st.integers(1, AFTER))
    def check(before, after):
        first = build(name)
        first.run(before)
        data = first.snapshot()
        seen = len(first.records)
        stop = first.run(after)

        second = build()
        second.run(10)  # so that it is not merely new
        second.restore(data)
        second.records.clear()
        assert second.snapshot() == data
        assert second.run(after) == stop
        assert everything(second) == everything(first)
        assert second.records == first.records[seen:]

    check()


@pytest.mark.parametrize("name", KERNELS)
def test_a_machine_goes_back_to_its_own_past(build, everything, name):
    machine = build(name)
    machine.run(KERNELS[name] // 2)
    data = machine.snapshot()
    machine.run(KERNELS[name])
    expected = everything(machine)
    machine.restore(data)
    machine.run(KERNELS[name])
    assert everything(machine) == expected


def test_console_goes_on(build):
    first = build("echo")
    first.run(1_000)
    second = build()
    second.restore(first.snapshot())
    assert second.uart.output == first.uart.output != b""
    second.run(100_000)
    assert b"\nHello, world. " in second.uart.output


STALE = """
    # A page that S-mode has read, whose PTE is then changed without a fence: the old translation
    # still holds, also in a machine that is restored in between.
_start:
    la      t0, leaf
    la      t1, page_a
    srli    t1, t1, 12
    slli    t1, t1, 10
    ori     t1, t1, 0xcf
    sd      t1, 0(t0)
    la      t0, root                # root[0] -> middle -> leaf
    la      t1, middle
    srli    t1, t1, 12
    slli    t1, t1, 10
    ori     t1, t1, 1
    sd      t1, 0(t0)
    li      t2, 0x20000000 | 0xcf   # root[2]: RAM as it is
    sd      t2, 16(t0)
    la      t0, middle
    la      t1, leaf
    srli    t1, t1, 12
    slli    t1, t1, 10
    ori     t1, t1, 1
    sd      t1, 0(t0)
    la      t0, root
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    la      t0, supervisor
    csrw    mepc, t0
    mret
supervisor:
    ld      a0, 0(zero)
    la      t0, leaf
    la      t1, page_b
    srli    t1, t1, 12
    slli    t1, t1, 10
    ori     t1, t1, 0xcf
    sd      t1, 0(t0)
saved:
    ld      a1, 0(zero)
    sfence.vma
    ld      a2, 0(zero)
1:  j       1b
    .align 12
root:   .zero 4096
middle: .zero 4096
leaf:   .zero 4096
page_a: .dword 0xa
    .align 12
page_b: .dword 0xb
"""


def test_stale_translations_are_kept(build):
    from vmlab.asm import assemble

    program = assemble(STALE)
    first, second = build(), build()
    first.load(program)
    while first.hart.pc != program.symbols["saved"]:
        first.step()
    second.restore(first.snapshot())
    for machine in (first, second):
        machine.run(10)
        assert machine.hart.x[10:13] == [0xA, 0xA, 0xB]


def test_reservation_is_kept(build):
    from vmlab.asm import assemble

    program = assemble("_start: la t0, word\n lr.d a0, (t0)\n sc.d a1, t0, (t0)\nword: .dword 1")
    first, second = build(), build()
    first.load(program)
    first.run(3)
    second.hart.x[11] = 9
    second.restore(first.snapshot())
    second.run(1)
    assert second.hart.x[11] == 0


def test_code_of_the_old_contents_is_not_executed(build):
    from vmlab.asm import assemble

    first, second = build(), build()
    first.load(assemble("_start: addi a0, a0, 1\n j _start"))
    second.load(assemble("_start: addi a0, a0, 5\n j _start"))
    second.run(100)
    second.restore(first.snapshot())
    second.run(100)
    assert second.hart.x[10] == 50
