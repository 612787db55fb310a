"""A restored machine goes on as the one that was saved, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from vmlab.asm import assemble
from vmlab.hart import HartState
from vmlab.machine import Reason
from vmlab.options import Options
from vmlab.trap import Exc

KERNELS = {
    "compute": 30_000,
    "csrs": 17_600,
    "echo": 1_050,
    "exceptions": 23_600,
    "paging": 60_000,
    "pmp": 33_600,
    "sstc": 6_000,
    "timer": 6_400,
}
"""Kernels, and within how many of their instructions a snapshot is taken."""
AFTER = 5_000
"""Instructions for which two machines are compared, at most."""


TWO = [
    ("interpreter", "interpreter"),
    ("translator", "translator"),
    ("interpreter", "translator"),
    ("translator", "interpreter"),
]
"""The engine before a snapshot, and the one that goes on."""


@pytest.mark.parametrize("engines", TWO, ids="-to-".join)
@pytest.mark.parametrize("name", KERNELS)
def test_runs_go_on_from_any_moment(build, everything, name, engines):
    length = KERNELS[name]
    one, other = (Options(engine=engine, pmp_entries=16) for engine in engines)

    # A smaller example would be no clearer: any moment is as good as another.
    @settings(max_examples=7, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(before=st.integers(0, length), after=st.integers(1, AFTER))
    def check(before, after):
        first = build(name, options=one)
        first.run(before)
        data = first.snapshot()
        seen = len(first.records)
        stop = first.run(after)

        second = build(options=other)
        second.run(10)  # so that it is not merely new
        second.restore(data)
        second.records.clear()
        assert second.snapshot() == data
        assert second.run(after) == stop
        assert everything(second) == everything(first)
        assert second.records == first.records[seen:]

    check()


@pytest.mark.parametrize("engine", ["interpreter", "translator"])
@pytest.mark.parametrize("name", KERNELS)
def test_a_machine_goes_back_to_its_own_past(build, everything, name, engine):
    machine = build(name, options=Options(engine=engine, pmp_entries=16))
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
    program = assemble("_start: la t0, word\n lr.d a0, (t0)\n sc.d a1, t0, (t0)\nword: .dword 1")
    first, second = build(), build()
    first.load(program)
    first.run(3)
    second.hart.x[11] = 9
    second.restore(first.snapshot())
    second.run(1)
    assert second.hart.x[11] == 0


def test_code_of_the_old_contents_is_not_executed(build):
    first, second = build(), build()
    first.load(assemble("_start: addi a0, a0, 1\n j _start"))
    second.load(assemble("_start: addi a0, a0, 5\n j _start"))
    second.run(100)
    second.restore(first.snapshot())
    second.run(100)
    assert second.hart.x[10] == 50


def test_the_tlb_of_guests_is_kept(build):
    first, second = build(), build()
    root, page = 0x8_0000, 3 << 12
    for table in (root, root + 0x1000):  # a PTE for each level, then a page that holds ecall
        first.memory.write(table, 8, (0x8000_0000 + table + 0x1000) >> 2 | 1)
    first.memory.write(root + 0x2000, 8, (0x8000_0000 + page) >> 2 | 0xDF)
    first.memory.write(page, 4, 0x73)
    satp = 8 << 60 | (0x8000_0000 + root) >> 12
    assert first.run_guest(HartState(), 9, satp=satp).cause == Exc.ECALL_U
    first.memory.write(root, 8, 0)  # and no fence
    second.restore(first.snapshot())
    assert second.run_guest(HartState(), 9, satp=satp).cause == Exc.ECALL_U
    second.fence_guest()
    assert second.run_guest(HartState(), 9, satp=satp).cause == Exc.INSTRUCTION_PAGE


def test_a_trap_loop_is_noticed_at_the_same_moment(build):
    first, second = build(), build()
    first.memory.write(0, 4, 0)  # an illegal instruction, which is its own handler
    first.hart.mtvec = first.hart.pc
    reasons = []
    while not reasons or reasons[-1] is Reason.BUDGET:
        second.restore(first.snapshot())
        stop = first.run(1)
        assert second.run(1) == stop
        reasons.append(stop.reason)
    assert reasons[-1] is Reason.TRAP_LOOP


def test_what_is_not_in_the_snapshot_is_zero(build):
    first, second = build("timer"), build()
    second.ram[0x5_0000:0x5_2000] = bytes([7]) * 0x2000
    second.ram[-1] = 7
    second.restore(first.snapshot())
    assert second.ram == first.ram


def test_a_snapshot_commits_no_memory(build):
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux tells how much memory a process has")

    def resident():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) >> 10

    machine = build("timer", ram_mib=256)
    before = resident()
    machine.restore(machine.snapshot())
    assert resident() - before < 64
