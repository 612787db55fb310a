"""Step 3: which interrupt is taken before the next instruction (T4, T5)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.state import bits, hart
from vmlab.testing import clause
from vmlab.trap import Irq

ALL = bits(*Irq)
TO_S = bits(Irq.SSI, Irq.STI, Irq.SEI)


@clause("T4")
@weight(1)
@number("4.1")
def test_destination_comes_before_priority(bench):
    """An interrupt for M-mode is taken before every interrupt for S-mode."""
    before = hart("S", SIE=1, mie=ALL, mip=bits(Irq.SSI, Irq.STI), mideleg=bits(Irq.SSI))
    bench.takes_interrupt(
        before,
        Irq.STI,
        "norm:intr_M_mode_highest_pri: an interrupt to M-mode comes before any to a lower mode",
    )


@clause("T4")
@weight(1)
@number("4.2")
def test_own_mode_needs_its_enable_bit(bench):
    """In mode x, interrupts that x handles are taken only if xIE = 1."""
    bench.takes_interrupt(hart("M", MIE=0, mie=ALL, mip=bits(Irq.MTI)), None)
    bench.takes_interrupt(hart("M", MIE=1, mie=ALL, mip=bits(Irq.MTI)), Irq.MTI)
    delegated = {"mie": ALL, "mip": bits(Irq.STI), "mideleg": TO_S}
    bench.takes_interrupt(hart("S", SIE=0, **delegated), None)
    bench.takes_interrupt(hart("S", SIE=1, **delegated), Irq.STI)


@clause("T4")
@weight(1)
@number("4.3")
def test_lower_modes_cannot_mask_higher_ones(bench):
    """Below mode x its interrupts are taken whatever xIE says, above it they never are."""
    delegated = {"mie": ALL, "mip": bits(Irq.STI), "mideleg": TO_S}
    bench.takes_interrupt(hart("U", SIE=0, **delegated), Irq.STI)
    bench.takes_interrupt(hart("S", MIE=0, mie=ALL, mip=bits(Irq.MTI)), Irq.MTI)
    bench.takes_interrupt(hart("M", MIE=1, SIE=1, **delegated), None)


@clause("T5")
@weight(1)
@number("5.1")
def test_priority_within_m_mode(bench):
    """Of the interrupts for one mode the first of MEI, MSI, MTI, SEI, SSI, STI is taken."""
    order = [Irq.MEI, Irq.MSI, Irq.MTI, Irq.SEI, Irq.SSI, Irq.STI]
    for first, code in enumerate(order):
        bench.takes_interrupt(hart("M", MIE=1, mie=ALL, mip=bits(*order[first:])), code)
