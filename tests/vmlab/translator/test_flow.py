"""What belongs to a region, seen in the regions that running code gets."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble

START = 0x8000_0000


def regions(machine):
    """Return the addresses of the nodes of each region that is in use."""
    units = machine.mmu.context.code.values()
    return {entry.region.nodes for entry in units if hasattr(entry, "region")}


@pytest.mark.parametrize("long", [6, 7])
def test_code_without_a_loop_needs_length(pair, monkeypatch, long):
    """All that is warm has 6 instructions, and what leads back to it is a trap."""
    monkeypatch.setattr("vmlab.translator.flow.LONG", long)
    machines = pair("""
    _start:
        la t0, again
        csrw mtvec, t0
        .align 2
    again:
        addi a0, a0, 1
        call function
        addi a1, a1, 1
        lw a2, 0(zero)
    function:
        ret
    """)
    machines.run(500)
    assert bool(regions(machines.translator)) == (long == 6)


def test_machines_share_what_was_compiled_but_not_what_it_works_on(pair):
    source = "_start: addi a0, a0, 1\n j _start"
    first, second = (pair(source).translator for _ in range(2))
    first.run(1000)
    second.run(500)
    entries = [machine.mmu.context.code[START] for machine in (first, second)]
    assert entries[0].function.__code__ is entries[1].function.__code__
    assert (first.hart.x[10], second.hart.x[10]) == (500, 250)


def together(machine, source: str, *labels: str) -> bool:
    symbols = assemble(source).symbols
    return any({symbols[label] for label in labels} <= nodes for nodes in regions(machine))


def test_function_that_is_called_from_afar(pair):
    """`auipc` and `jalr` are a call to a known place, also where the offset is odd."""
    source = """
    _start:
        auipc ra, 0
    here:
        jalr ra, 25(ra)     # function + 1
    back:
        addi a1, a1, 1
        add a2, a2, ra
        j _start
        nop
    function:
        addi a0, a0, 3
        ret
    """
    machines = pair(source)
    machines.run(500)
    assert assemble(source).symbols["function"] == START + 24
    assert together(machines.translator, source, "_start", "function", "back")


def test_jump_past_the_first_half_of_a_far_call(pair):
    """What `jalr` adds to is then another number."""
    source = """
    _start:
        la a3, one
        la a4, two
        li a5, 30
    again:
        mv t0, a3
        andi a6, a5, 3
        beqz a6, middle
        la t0, two
        j middle
        auipc t0, 0
    middle:
        jalr ra, 0(t0)
        addi a5, a5, -1
        bnez a5, again
        j _start
    one:
        addi a0, a0, 1
        ret
    two:
        addi a1, a1, 1
        ret
    """
    machines = pair(source)
    machines.run(500)
    assert machines.translator.hart.x[10] > 5
    assert machines.translator.hart.x[11] > 15


def test_far_jump_whose_register_changes_in_between(pair):
    source = """
    _start:
        la a3, handler
        li a4, 8
    1:  auipc t0, 0
        add t0, t0, a4
        xori a4, a4, 4
        jalr ra, 8(t0)
        addi a0, a0, 1
        addi a1, a1, 1
        j 1b
    handler:
    """
    machines = pair(source)
    machines.run(500)
    assert machines.translator.hart.x[10] < machines.translator.hart.x[11]
