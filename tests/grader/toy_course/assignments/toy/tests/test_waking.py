"""Public tests of the toy assignment."""

from gradescope_utils.autograder_utils.decorators import number, partial_credit, weight
from vmlab.hart import HartState
from vmlab.testing import Mismatch, clause


@clause("T1")
@weight(2)
@number("1.1")
def test_wakes(part):
    """A hart wakes when an enabled interrupt is pending."""
    hart = HartState(mip=2, mie=2)
    if not part.wakes(hart):
        raise Mismatch("mip=2, mie=2", "wakes", "sleeps on", "norm:wfi: pending and enabled")


@clause("T1")
@partial_credit(4)
@number("1.2")
def test_partial(part, set_score=None):
    """Every interrupt wakes a hart."""
    right = 0
    for bit in (1, 3, 5, 7):
        right += part.wakes(HartState(mip=1 << bit, mie=1 << bit))
        set_score(right)
    if right < 4:
        raise Mismatch("one of four interrupts pending", "wakes", f"wakes for {right} of them")


@clause("T2")
@weight(1)
@number("1.10")
def test_choice(part):
    """The lowest pending interrupt is chosen."""
    got = part.choose_interrupt(HartState(mip=0b1010, mie=0b1010))
    if got != 1:
        raise Mismatch("1 and 3 pending", "1", str(got))
