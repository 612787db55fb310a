"""Hidden tests of the toy assignment."""

from gradescope_utils.autograder_utils.decorators import leaderboard, number, tags, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.hart import HartState
from vmlab.testing import Mismatch, clause


@clause("T2")
@weight(3)
@number("2.1")
@tags("property")
@settings(max_examples=60)
@given(mip=st.integers(0, 4095))
def test_choice_anywhere(part, reference, mip):
    """The lowest pending interrupt is chosen, whichever are pending."""
    hart = HartState(mip=mip, mie=4095)
    wanted, got = reference.choose_interrupt(hart), part.choose_interrupt(hart)
    if wanted != got:
        raise Mismatch(f"mip={mip}", str(wanted), str(got))


@clause("T2")
@weight(0)
@number("2.2")
@leaderboard("chosen", "asc")
def test_ranked(part, set_leaderboard_value=None):
    """The chosen interrupt is ranked."""
    set_leaderboard_value(part.choose_interrupt(HartState(mip=32, mie=32)) or 0)
