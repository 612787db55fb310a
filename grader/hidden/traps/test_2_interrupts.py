"""Step 3, case by case (T4, T5)."""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.bench.state import bits, hart
from vmlab.hart import Mode
from vmlab.testing import clause
from vmlab.trap import Irq

from grader.hidden.traps.strategies import BIT, SUBSET_OF_ALL

ALL = bits(*Irq)
FOR_S = (Irq.SSI, Irq.STI, Irq.SEI)
FOR_M = (Irq.MSI, Irq.MTI, Irq.MEI)


@clause("T4")
@weight(1)
@number("4.4")
def test_one_interrupt_in_every_situation(bench):
    """One pending interrupt: taken or not, for each mode, enable bit and delegation."""
    for mode, sie, mie, code in product(Mode, (0, 1), (0, 1), Irq):
        for delegated in (False, True) if code in FOR_S else (False,):
            if delegated:
                taken = mode < Mode.S or (mode == Mode.S and sie == 1)
            else:
                taken = mode < Mode.M or mie == 1
            state = hart(mode, SIE=sie, MIE=mie, mip=bits(code), mie=ALL)
            state.mideleg = bits(code) if delegated else 0
            bench.takes_interrupt(state, code if taken else None)


@clause("T4")
@weight(1)
@number("4.5")
def test_disabled_interrupts_are_never_taken(bench):
    """An interrupt whose bit in mie is 0 is not taken, and hides no other."""
    for mode, code in product(Mode, Irq):
        pending = bits(code)
        bench.takes_interrupt(hart(mode, SIE=1, MIE=1, mip=pending, mie=ALL & ~pending), None)
        bench.takes_interrupt(hart(mode, SIE=1, MIE=1, mip=ALL & ~pending, mie=pending), None)
    before = hart("U", mip=bits(Irq.MEI, Irq.STI), mie=bits(Irq.STI))
    bench.takes_interrupt(before, Irq.STI)


@clause("T4")
@weight(1)
@number("4.6")
@settings(max_examples=50)
@given(
    mode=st.sampled_from(list(Mode)),
    enables=st.tuples(BIT, BIT),
    for_m=st.sampled_from(list(Irq)),
    for_s=st.sampled_from(FOR_S),
)
def test_the_more_privileged_destination_first(bench, reference, mode, enables, for_m, for_s):
    """Two pending interrupts for two modes: that for M-mode, if it can be taken, whatever it is."""
    state = hart(mode, SIE=enables[0], MIE=enables[1], mip=bits(for_m, for_s), mie=ALL)
    state.mideleg = bits(*FOR_S) & ~bits(for_m) | bits(for_s)
    bench.takes_interrupt(state, reference.choose_interrupt(state))


@clause("T4")
@weight(1)
@number("4.7")
def test_the_external_wire_is_pending_too(bench):
    """An S-mode external interrupt is pending by the PLIC's wire as well as by the bit in mip."""
    for mip in (0, bits(Irq.SEI)):
        before = hart("U", seip=True, mip=mip, mie=ALL)
        bench.takes_interrupt(before, Irq.SEI)
        before = hart("S", SIE=1, seip=True, mip=mip, mie=ALL, mideleg=bits(Irq.SEI))
        bench.takes_interrupt(before, Irq.SEI)
    bench.takes_interrupt(hart("U", seip=True, mie=ALL & ~bits(Irq.SEI)), None)


@clause("T5")
@weight(1)
@number("5.2")
def test_priority_of_each_pair(bench):
    """Of any two interrupts for the same mode, and of any three for S-mode, the right one."""
    order = [Irq.MEI, Irq.MSI, Irq.MTI, Irq.SEI, Irq.SSI, Irq.STI]
    for first, code in enumerate(order):
        for other in order[first + 1 :]:
            bench.takes_interrupt(hart("U", MIE=1, mip=bits(code, other), mie=ALL), code)
            if code in FOR_S:
                delegated = hart("S", SIE=1, mip=bits(code, other), mie=ALL, mideleg=bits(*FOR_S))
                bench.takes_interrupt(delegated, code)
    before = hart("U", SIE=1, mip=bits(*FOR_S), mie=ALL, mideleg=bits(*FOR_S))
    bench.takes_interrupt(before, Irq.SEI)


@clause("T5")
@weight(1)
@number("5.3")
@settings(max_examples=50)
@given(pending=SUBSET_OF_ALL, delegated=st.booleans())
def test_any_set_in_user_mode(bench, reference, pending, delegated):
    """Any set of pending interrupts for one mode, in U-mode where each can be taken."""
    state = hart("U", SIE=1, MIE=1, mip=pending, mie=ALL)
    if delegated:
        state.mip, state.mideleg = pending & bits(*FOR_S), bits(*FOR_S)
    bench.takes_interrupt(state, reference.choose_interrupt(state))
