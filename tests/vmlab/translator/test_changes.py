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


def test_a_region_is_made_again_when_a_page_of_it_changed_that_is_not_met_again(pair):
    """The loop is left with blocks that were hot before."""
    source = """
    _start:
        li a2, 50
    1:  addi a1, a1, 1
        andi a3, a1, 3
        bnez a3, 1b
        blez a2, 1b
        j far
        .zero 4096
    far:
        addi a2, a2, -1
        j 1b
    """
    machines = pair(source)
    machines.run(1000)
    at = assemble(source).symbols["far"] - BASE
    for machine in machines.machines:
        machine.ram[at : at + 4] = assemble("addi a2, a2, -2").segments[0][1]
    before = machines.translator.engine.regions
    machines.run(1000)
    assert machines.translator.engine.regions > before > 0


def test_a_page_that_changed_often_has_regions_again_when_it_is_at_rest(pair, monkeypatch):
    monkeypatch.setattr("vmlab.translator.pages.CHANGES", 2)
    monkeypatch.setattr("vmlab.translator.pages.SOON", 500)
    monkeypatch.setattr("vmlab.translator.engine.LATER", 2)
    machines = pair("""
    _start:
        la a0, changed
        li a2, 8
    1:  lw a1, 0(a0)
        li a3, 1 << 20
        add a1, a1, a3
        sw a1, 0(a0)
    changed:
        addi a4, a4, 1
        addi a2, a2, -1
        bnez a2, 1b
    2:  addi a5, a5, 1
        j 2b
    """)  # fmt: skip
    machines.run(300)
    before = machines.translator.engine.regions
    machines.run(3000)
    assert machines.translator.engine.regions > before
