"""Code that never gets hot, and what stands behind a block: one instruction by the book."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble


@pytest.fixture(autouse=True)
def cold(monkeypatch):
    """Never translate."""
    monkeypatch.setattr("vmlab.translator.blocks.HOT", 1 << 30)


def test_store_changes_the_instruction_that_the_block_ends_before(pair):
    """Each turn exchanges two CSR instructions, the first of which is the next one."""
    machines = pair("""
    _start:
        la a0, first
        la a1, second
        csrwi mscratch, 21
        csrwi mcause, 7
    1:  lw a2, 0(a0)
        lw a3, 0(a1)
        sw a2, 0(a1)
        sw a3, 0(a0)
    first:
        csrr a4, mscratch
        slli a5, a5, 1
        add a5, a5, a4
    second:
        csrr a6, mcause
        slli a5, a5, 1
        add a5, a5, a6
        j 1b
    """)
    machines.run(*range(60))
    assert not machines.translator.engine.regions


def test_instruction_behind_a_block_is_changed_from_outside(pair):
    source = """
    _start:
        addi a0, a0, 1
    changed:
        csrr a1, mhartid
        add a2, a2, a1
        j _start
    """
    machines = pair(source)
    machines.run(50)
    new = assemble("csrr a1, misa").segments[0][1]
    for machine in machines.machines:
        machine.ram[4:8] = new
    machines.run(50)
    assert machines.translator.hart.x[12]


def test_budget_ends_before_the_instruction_behind_a_block(pair):
    machines = pair("""
    _start:
        addi a0, a0, 1
        addi a0, a0, 2
        csrr a1, minstret
        j _start
    """)
    machines.run(*[1, 2, 3, 4] * 20)
