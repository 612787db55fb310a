"""`sstatus` in regions: what it reads, and which writes are left to the interpreter's step."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from vmlab.hart import Mode
from vmlab.mstatus import TVM
from vmlab.trap import IllegalInstruction

FORMS = """
_start:
    li    s0, 300
    li    s2, 0x9E3779B97F4A7C15
1:
    csrr  a0, sstatus
    add   s1, s1, a0
    {form}
    add   s1, s1, a1
    csrr  a0, sstatus
    xor   s1, s1, a0
    slli  a2, s2, 13
    xor   s2, s2, a2
    srli  a2, s2, 7
    xor   s2, s2, a2
    addi  s0, s0, -1
    bnez  s0, 1b
    j     .
"""


def steps(machine, monkeypatch) -> list[int]:
    """Note what the engine executes by the book from now on."""
    found: list[int] = []
    perform = machine.engine._perform

    def noted(*instruction) -> None:
        found.append(machine.hart.pc)
        perform(*instruction)

    monkeypatch.setattr(machine.engine, "_perform", noted)
    return found


@pytest.mark.parametrize("operands", ["a1, sstatus, s2", "zero, sstatus, s2"])
@pytest.mark.parametrize("form", ["csrrw", "csrrs", "csrrc"])
def test_registers(pair, form, operands):
    pair(FORMS.format(form=f"{form} {operands}\n csrrwi zero, sstatus, 0")).run(6000)


@pytest.mark.parametrize("bits", [0, 2, 31])
@pytest.mark.parametrize("form", ["csrrwi", "csrrsi", "csrrci"])
def test_immediates(pair, form, bits):
    pair(FORMS.format(form=f"{form} a1, sstatus, {bits}\n csrrw zero, sstatus, s2")).run(6000)


def test_reads_and_writes_of_the_same_value_stay_in_the_region(pair, monkeypatch):
    machines = pair(FORMS.format(form="csrw sstatus, a0\n csrci sstatus, 2"))
    machines.run(1000)
    stepped = steps(machines.translator, monkeypatch)
    machines.run(2000)
    assert machines.translator.engine.regions
    assert len(stepped) < 5  # where a budget ends within the region


def test_sie_is_written_in_the_region_while_nothing_is_pending(pair, monkeypatch):
    machines = pair(FORMS.format(form="csrsi sstatus, 2\n csrrci a1, sstatus, 2"))
    machines.run(1000)
    stepped = steps(machines.translator, monkeypatch)
    machines.run(2000)
    assert machines.translator.engine.regions
    assert len(stepped) < 5


@pytest.mark.parametrize("wire", [False, True])
def test_sie_is_not_while_something_is(pair, monkeypatch, wire):
    """By software, or from the PLIC."""
    machines = pair(FORMS.format(form="csrsi sstatus, 2\n csrci sstatus, 2"))
    machines.run(1000)
    for machine in machines.machines:
        machine.hart.mip = 0 if wire else 2
        monkeypatch.setattr(machine.plic, "wire", lambda context: wire and context)
    stepped = steps(machines.translator, monkeypatch)
    machines.run(2000)
    assert len(stepped) > 100


def test_a_write_that_changes_something_else_does_not(pair, monkeypatch):
    machines = pair(FORMS.format(form="li a3, 1 << 18\n csrs sstatus, a3\n csrc sstatus, a3"))
    machines.run(1000)
    stepped = steps(machines.translator, monkeypatch)
    machines.run(2000)
    assert len(stepped) > 100


USER = """
_start:
    la    t0, 2f
    csrw  mtvec, t0
    li    s0, 300
1:
    csrr  a0, sstatus
    addi  s1, s1, 1
    addi  s0, s0, -1
    bnez  s0, 1b
    {then}
    li    s0, 300
    la    t0, 1b
    csrw  mepc, t0
    mret
    .align 2
2:
    csrr  s3, mcause
    csrr  s4, mepc
    j     .
"""


@pytest.mark.parametrize("then", ["nop", f"li t0, {TVM}\n csrs mstatus, t0"])
def test_a_part_that_refuses_later_is_heard(part, pair, then):
    """Also one whose user mode runs in the supervisor's context, or that is wrong about TVM."""

    def check_csr(hart, number, write):
        part.check_csr(hart, number, write)
        if hart.mstatus & TVM and number == 0x100:
            raise IllegalInstruction

    wrong = {**vars(part), "access_mode": lambda hart, fetch: Mode.M, "check_csr": check_csr}
    machines = pair(USER.format(then=then), traps=SimpleNamespace(**wrong))
    machines.run(3000)
    assert machines.translator.hart.x[19] == 2
    assert machines.translator.engine.regions
