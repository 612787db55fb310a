"""What must hold for every row, whoever adds it."""

import ast
import inspect
import itertools
import re
import textwrap

import pytest
from vmlab.isa import BY_NAME, INSTRUCTIONS, CsrForm, Kind

NEEDS = {
    Kind.COMPUTE: [{"rs1", "rs2"}, {"rs1", "imm"}, {"pc", "imm"}, {"imm"}],
    Kind.BRANCH: [{"rs1", "rs2"}],
    Kind.JUMP: [{"pc", "imm"}, {"rs1", "imm"}],
    Kind.AMO: [{"old", "rs2"}],
    Kind.CSR: [{"old", "rs1"}, {"old", "imm"}],
}


def test_names_are_unique():
    assert len(BY_NAME) == len(INSTRUCTIONS) == 99


def test_two_rows_overlap_only_where_one_is_a_special_case_that_stands_first():
    for first, second in itertools.combinations(INSTRUCTIONS, 2):
        both = first.mask & second.mask
        if first.match & both == second.match & both:
            assert (first.name, second.name) == ("fence.tso", "fence")
            assert first.mask & second.mask == second.mask


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_every_bit_is_fixed_or_in_a_field_or_ignored(row):
    used = row.mask | row.encoding.ignored
    for field in row.fields.values():
        for piece in field.pieces:
            bits = ((1 << piece.width) - 1) << piece.at
            assert not used & bits
            used |= bits
    assert used == 0xFFFF_FFFF


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_the_syntax_names_every_field_once(row):
    syntax = row.syntax.replace("upper", "imm").replace("target", "imm")
    assert sorted(re.findall(r"\w+", syntax)) == sorted(row.fields.keys() - {"aq", "rl"})


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_a_meaning_is_one_return_of_what_its_kind_may_need(row):
    assert (row.meaning is not None) == (row.kind in NEEDS)
    if row.meaning is None:
        return
    assert set(row.needs) in NEEDS[row.kind]
    [function] = ast.parse(textwrap.dedent(inspect.getsource(row.meaning))).body
    assert isinstance(function, ast.FunctionDef)
    assert [type(statement) for statement in function.body] == [ast.Return]


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_data_columns_are_filled_where_the_kind_needs_them(row):
    memory = row.kind in (Kind.LOAD, Kind.STORE, Kind.AMO, Kind.LR, Kind.SC)
    assert (row.width in (1, 2, 4, 8)) == memory
    assert isinstance(row.form, CsrForm) == (row.kind is Kind.CSR)


def test_encode_names_the_field_that_cannot_hold_its_value():
    with pytest.raises(ValueError, match=r"imm: 2048 is not in -2048\.\.2047"):
        BY_NAME["addi"].encode(rd=1, rs1=2, imm=2048)
