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


def test_a_store_beside_code_is_remembered(pair):
    """Only the first one goes by the book."""
    machines = pair("""
    _start:
        la a0, data
        li a2, 1000
    1:  sd a2, 0(a0)
        sw a2, 12(a0)
        addi a2, a2, -1
        bnez a2, 1b
        j _start
        .align 3
    data: .zero 16
    """)
    engine = machines.translator.engine
    stepped = []
    perform = engine._perform
    engine._perform = lambda *args: (stepped.append(engine._hart.pc), perform(*args))
    machines.run(3000)
    assert len(stepped) == 2


@pytest.mark.parametrize("width", ["sw", "sd"])
@pytest.mark.parametrize("neighbour", ["sd a3, 8(a0)", "nop"])
def test_data_beside_code_becomes_code(both_ways, width, neighbour):
    """It was stored to when it was none, in a hot loop; then it is called, and stored to again."""
    both_ways(f"""
    _start:
        la a0, data
        la a4, first
        la a5, second
        j fill
        .align 3
    data: .zero 16
    first:
        addi a1, a1, 1
        ret
    second:
        addi a1, a1, 3
        ret
    fill:
        li a2, 400
    1:  lwu a3, 0(a4)
        lwu a6, 4(a4)
        slli a6, a6, 32
        or a3, a3, a6
        {width} a3, 0(a0)
        {neighbour}
        srli a6, a3, 32
        sw a6, 4(a0)
        addi a2, a2, -1
        bnez a2, 1b
        li a2, 300
    2:  jalr ra, a0
        addi a2, a2, -1
        bnez a2, 2b
        mv a3, a4
        mv a4, a5
        mv a5, a3
        j fill
    """, budget=20_000)  # fmt: skip


def test_a_group_of_stores_does_not_pass_over_code(both_ways):
    """Its first address was met alone; others of the group may be code."""
    both_ways("""
    _start:
        la s0, data
        la s1, code
        li a2, 300
        lwu a5, 0(s1)
    1:  sw a2, 0(s0)
        addi a2, a2, -1
        bnez a2, 1b
        li a2, 300
    2:  sw a2, 0(s0)
        sw a2, 4(s0)
        sw a2, 8(s0)
        sw a2, 12(s0)
        sw a5, 16(s0)
        jal ra, code
        lui a6, 0x100
        add a5, a5, a6
        addi a2, a2, -1
        bnez a2, 2b
        j _start
        .align 3
    data: .zero 16
    code:
        addi a1, a1, 1
        ret
    """, budget=20_000)  # fmt: skip


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
