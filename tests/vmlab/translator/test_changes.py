"""Code that changes while it is hot."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble

BASE = 0x8000_0000


@pytest.mark.parametrize("fence", ["nop", "fence.i"])
def test_loop_that_changes_itself(both_ways, fence):
    """Every 16th turn rewrites the immediate of an addi further down, in the same region."""
    both_ways(f"""
    _start:
        la a0, changed
        li a2, 50
    1:  andi a1, a2, 15
        bnez a1, changed
        lw a1, 0(a0)
        li a3, 1 << 20
        add a1, a1, a3
        sw a1, 0(a0)
        {fence}
    changed:
        addi a4, a4, 1
        add a5, a5, a4
        addi a2, a2, -1
        bnez a2, 1b
        j _start
    """, budget=1500)  # fmt: skip


def test_store_into_the_data_of_a_code_page(both_ways):
    """It goes the slow way, and drops nothing that is still right."""
    both_ways("""
    _start:
        la a0, data
        li a2, 50
    1:  ld a1, 0(a0)
        addi a1, a1, 3
        sd a1, 0(a0)
        addi a2, a2, -1
        bnez a2, 1b
        j _start
        .align 3
    data: .zero 8
    """)  # fmt: skip


def test_code_written_from_outside(pair):
    """Between two runs a word of a region changes; `enter` must notice."""
    source = """
    _start:
        la a0, changed
    1:  addi a2, a2, 1
    changed:
        addi a1, a1, 1
        j 1b
    """
    machines = pair(source)
    machines.run(1000)
    assert machines.translator.engine.regions
    new = assemble("addi a1, a1, 7").segments[0][1]
    at = assemble(source).symbols["changed"] - BASE
    for machine in machines.machines:
        machine.ram[at : at + 4] = new
    machines.run(1000)
    assert machines.translator.hart.x[11] > 2000
