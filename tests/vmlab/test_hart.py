"""A hart's state as data."""

from __future__ import annotations

from dataclasses import fields

from vmlab.hart import FIELDS, HartState, Mode


def test_copy_is_independent():
    hart = HartState(pc=5, mode=Mode.S)
    twin = hart.copy()
    assert twin == hart
    twin.x[3], twin.pc = 7, 6
    assert (hart.x[3], hart.pc) == (0, 5)


def test_assign_keeps_the_list_of_registers():
    hart, other = HartState(), HartState(pc=5, mode=Mode.U, seip=True, satp=9)
    other.x[4] = 8
    registers = hart.x
    hart.assign(other)
    assert hart == other
    assert hart.x is registers
    other.x[4] = 0
    assert hart.x[4] == 8


def test_changes():
    hart = HartState(pc=4, mcause=2)
    later = hart.copy()
    later.pc, later.x[7], later.mode = 8, 1, Mode.U
    assert hart.changes(later) == {"pc": (4, 8), "mode": (Mode.M, Mode.U), "x7": (0, 1)}
    assert hart.changes(hart.copy()) == {}


def test_fields_are_complete():
    assert sorted([*FIELDS, "x"]) == sorted(field.name for field in fields(HartState))
