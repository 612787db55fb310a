"""From meanings to source."""

from __future__ import annotations

import pytest
from vmlab.inline import expression
from vmlab.isa import BY_NAME, INSTRUCTIONS
from vmlab.isa.arithmetic import s32


def twice(rs1: int) -> int:
    """Use a parameter two times, so it is not to be inlined."""
    return rs1 + rs1


def calls(rs1: int) -> int:
    return twice(s32(rs1 * 3))


def statements(rs1: int) -> int:
    value = rs1
    value += 1
    return value


def test_parameters_are_replaced():
    assert expression(BY_NAME["add"].meaning, {"rs1": "x[5]", "rs2": "x[6]"}) == "x[5] + x[6]"
    assert expression(BY_NAME["add"].meaning, {"rs1": "a - b", "rs2": "1"}) == "a - b + 1"
    assert expression(BY_NAME["mul"].meaning, {"rs1": "a - b", "rs2": "1"}) == "(a - b) * 1"


def test_calls_are_inlined_if_nothing_is_computed_twice():
    source = expression(calls, {"rs1": "q"})
    assert source == "twice((q * 3 & 4294967295 ^ 2147483648) - 2147483648)"


def test_only_single_returns():
    with pytest.raises(ValueError, match="statements is not one return"):
        expression(statements, {})


@pytest.mark.parametrize("row", [row for row in INSTRUCTIONS if row.meaning], ids=lambda r: r.name)
def test_all_meanings_stay_the_same(row):
    values = [0, 1, 5, 63, 2**31, 2**63 - 1, 2**63, 2**64 - 1]
    source = expression(row.meaning, {name: f"({name})" for name in row.needs})
    for first in values:
        for second in values:
            operands = dict(zip(row.needs, (first, second), strict=False))
            if "imm" in operands:
                operands["imm"] %= 64  # what fits all immediates
            inlined = eval(source, dict(row.meaning.__globals__), operands)
            assert inlined == row.meaning(**operands)
