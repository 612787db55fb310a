"""Step 4: returning from a trap (T7, T8)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.state import hart
from vmlab.hart import Mode
from vmlab.testing import clause


@clause("T7")
@weight(2)
@number("7.1")
def test_mret_pops_the_stack(bench):
    """`mret` returns to the mode MPP at mepc; MIE = MPIE, MPIE = 1, MPP = U."""
    before = hart("M", MPP="S", MPIE=1, MIE=0)
    bench.mret(before).changes_only(mode=Mode.S, MIE=1, MPIE=1, MPP="U", pc=before.mepc)
    before = hart("M", MPP="M", MPIE=0, MIE=1)
    bench.mret(before).changes_only(mode=Mode.M, MIE=0, MPIE=1, MPP="U", pc=before.mepc)


@clause("T7")
@weight(1)
@number("7.2")
def test_mret_needs_m_mode(bench):
    """`mret` is illegal below M-mode."""
    bench.mret(hart("S", MPP="S")).is_refused()
    bench.mret(hart("U", MPP="U")).is_refused()


@clause("T8")
@weight(2)
@number("8.1")
def test_sret_pops_the_stack(bench):
    """`sret` returns to the mode SPP at sepc; SIE = SPIE, SPIE = 1, SPP = U."""
    before = hart("S", SPP="U", SPIE=1, SIE=0)
    bench.sret(before).changes_only(mode=Mode.U, SIE=1, SPIE=1, SPP="U", pc=before.sepc)
    before = hart("S", SPP="S", SPIE=0, SIE=1)
    bench.sret(before).changes_only(mode=Mode.S, SIE=0, SPIE=1, SPP="U", pc=before.sepc)


@clause("T8")
@weight(1)
@number("8.2")
def test_where_sret_is_legal(bench):
    """`sret` is legal in M-mode, in S-mode if TSR = 0, never in U-mode."""
    bench.sret(hart("M", TSR=1)).is_allowed()
    bench.sret(hart("S", TSR=0)).is_allowed()
    bench.sret(hart("S", TSR=1)).is_refused()
    bench.sret(hart("U", TSR=0)).is_refused()
