"""CSR and privileged instructions on the machine: what is read and written, and what is asked."""

from __future__ import annotations

import pytest
from vmlab.csrs import NUMBERS
from vmlab.hart import Mode
from vmlab.trap import Exc, IllegalInstruction


@pytest.fixture
def asked(overlay):
    """A part that allows every CSR access and notes each."""
    calls: list[tuple[int, bool]] = []
    part = overlay(check_csr=lambda hart, number, write: calls.append((number, write)))
    return part, calls


@pytest.mark.parametrize(
    ("instruction", "write"),
    [
        ("csrrw a0, mscratch, a1", True),
        ("csrrw a0, mscratch, zero", True),
        ("csrrwi zero, mscratch, 0", True),
        ("csrrs a0, mscratch, a1", True),  # a1 is 0: what counts is that it is not x0
        ("csrrs a0, mscratch, zero", False),
        ("csrrc a0, mscratch, a1", True),
        ("csrrc a0, mscratch, zero", False),
        ("csrrsi a0, mscratch, 1", True),
        ("csrrsi a0, mscratch, 0", False),
        ("csrrci a0, mscratch, 0", False),
    ],
)
def test_what_is_a_write(boot, asked, instruction, write):
    part, calls = asked
    boot(f"_start: {instruction}\n", traps=part).run(1)
    assert calls == [(NUMBERS["mscratch"], write)]


@pytest.mark.parametrize(
    ("instruction", "value", "result"),
    [
        ("csrrw a0, mscratch, a1", 0xF0, 0x3C),
        ("csrrs a0, mscratch, a1", 0xFC, 0x3C),
        ("csrrc a0, mscratch, a1", 0x0C, 0x3C),
        ("csrrwi a0, mscratch, 5", 5, 0x3C),
        ("csrrsi a0, mscratch, 3", 0x3F, 0x3C),
        ("csrrci a0, mscratch, 4", 0x38, 0x3C),
        ("csrrw a1, mscratch, a1", 0xF0, 7),
        ("csrrw zero, mscratch, a1", 0xF0, 7),
    ],
)
def test_what_is_written(boot, instruction, value, result):
    machine = boot(f"_start: {instruction}\n")
    machine.hart.mscratch = 0x3C
    machine.hart.x[10:12] = [7, 0xF0]
    machine.run(1)
    assert (machine.hart.mscratch, machine.hart.x[10], machine.hart.x[0]) == (value, result, 0)


def test_denied_access_changes_nothing(boot, overlay):
    def check_csr(hart, number, write):
        raise IllegalInstruction

    machine = boot("_start: csrrw a0, mscratch, a1\n", traps=overlay(check_csr=check_csr))
    machine.hart.x[11] = 5
    machine.run(1)
    assert (machine.hart.mcause, machine.hart.mscratch) == (Exc.ILLEGAL_INSTRUCTION, 0)


def test_absent_csr_traps_even_if_the_part_allows_it(boot, asked):
    part, _ = asked
    for instruction in ("csrr a0, 0x5c0", "csrw 0x5c0, a0"):
        machine = boot(f"_start: {instruction}\n", traps=part)
        machine.run(1)
        assert machine.hart.mcause == Exc.ILLEGAL_INSTRUCTION


def test_read_modify_write_leaves_the_wire_out(boot):
    """norm:mip_seip_wrcsr"""
    machine = boot("_start: csrrs a0, mip, a1\n csrr a2, mip\n li t0, 0xc201004\n lw t1, 0(t0)\n")
    plic = machine.plic
    plic.priority[1], plic.enabled[1] = 1, 1 << 1
    plic.set_level(1, True)
    machine.hart.x[11] = 2
    machine.run(2)
    assert machine.hart.x[10] == machine.hart.x[12] & ~2 == 1 << 9
    assert machine.hart.mip == 2  # SSIP alone is stored
    machine.run(3)  # claiming lowers the wire
    assert (machine.hart.mip, machine.hart.seip) == (2, False)


def test_returns(boot):
    machine = boot("""
    _start:
        la t0, 1f
        csrw mepc, t0
        li t0, 1 << 11
        csrw mstatus, t0
        mret
    1:  la t0, 2f
        csrw sepc, t0
        sret
    2:  j .
    """)
    machine.run(7)
    assert machine.hart.mode is Mode.S
    machine.run(4)
    assert machine.hart.mode is Mode.U
    assert machine.hart.instret == 11


@pytest.mark.parametrize(
    "instruction", ["mret", "sret", "wfi", "sfence.vma", "csrr a0, mstatus", "csrw cycle, a0"]
)
def test_user_mode_may_not(boot, instruction):
    machine = boot(f"_start: {instruction}\n")
    machine.hart.mode = Mode.U
    machine.run(1)
    assert (machine.hart.mcause, machine.hart.instret) == (Exc.ILLEGAL_INSTRUCTION, 0)


def test_interrupt_comes_right_after_what_made_it_possible(boot):
    machine = boot("""
    _start:
        la t0, handler
        csrw mtvec, t0
        li t0, 2
        csrw mie, t0
        csrw mip, t0
        csrsi mstatus, 8
        addi a0, a0, 1
    handler:
        addi a1, a1, 1
    """)
    machine.run(9)
    assert (machine.hart.x[10], machine.hart.x[11]) == (0, 1)
    assert machine.hart.mcause == 1 << 63 | 1
