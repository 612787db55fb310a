"""Step 4, with any stack (T7, T8)."""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from vmlab.bench.state import hart
from vmlab.hart import Mode
from vmlab.testing import clause

from grader.hidden.traps.strategies import states


@clause("T7")
@weight(2)
@number("7.3")
@settings(max_examples=30)
@given(states((Mode.M,)))
def test_any_mret(bench, reference, before):
    """`mret` with any stack changes mode, MIE, MPIE, MPP, MPRV and pc as it must, no more."""
    expected = before.copy()
    reference.mret(expected)
    bench.mret(before).matches(expected)


@clause("T7")
@weight(1)
@number("7.4")
def test_mret_drops_mprv(bench):
    """`mret` clears MPRV when it leaves M-mode, and keeps it when it returns to M-mode."""
    rule = "norm:mstatus_xret_op: if y is not M, xRET also sets MPRV = 0"
    for mode in (Mode.U, Mode.S):
        before = hart("M", MPRV=1, MPP=mode)
        bench.mret(before).shows(rule, mode=mode, MPRV=0)
    bench.mret(hart("M", MPRV=1, MPP="M")).shows(rule, mode=Mode.M, MPRV=1)


@clause("T8")
@weight(1)
@number("8.3")
@settings(max_examples=30)
@given(states((Mode.S,), TSR=0))
def test_any_sret(bench, reference, before):
    """`sret` in S-mode with any stack changes mode, SIE, SPIE, SPP and pc as it must, no more."""
    expected = before.copy()
    reference.sret(expected)
    bench.sret(before).matches(expected)


@clause("T8")
@weight(1)
@number("8.4")
@settings(max_examples=30)
@given(states((Mode.M,)))
def test_any_sret_in_m_mode(bench, reference, before):
    """`sret` in M-mode pops S-mode's stack, leaves that of M-mode alone, and clears MPRV."""
    expected = before.copy()
    reference.sret(expected)
    bench.sret(before).matches(
        expected, "norm:xret_in_higher_mode: it pops the lower-privilege stack"
    )


@clause("T8")
@weight(1)
@number("8.5")
def test_sret_and_the_other_traps_of_mstatus(bench):
    """Only TSR, and only in S-mode, forbids `sret`: TVM and TW do not."""
    for mode, tsr, tvm, tw in product(Mode, (0, 1), (0, 1), (0, 1)):
        outcome = bench.sret(hart(mode, TSR=tsr, TVM=tvm, TW=tw))
        if mode == Mode.U or (mode == Mode.S and tsr):
            outcome.is_refused()
        else:
            outcome.is_allowed()
