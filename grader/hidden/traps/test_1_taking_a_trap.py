"""Steps 1 and 2, with every cause, in every mode (T1-T3, T6)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from vmlab.bench.state import bits, hart, view
from vmlab.hart import MASK64, Mode
from vmlab.testing import clause
from vmlab.trap import ADDRESS_CAUSES, ECALLS, INTERRUPT_BIT, Exc, Irq, Trap

from grader.hidden.traps.strategies import trapping

DELEGABLE = 0xB3FF
NOT_ON_ENTRY = {"pc", "mtval", "stval"}
"""What T3 and T6 are about, and T2 is not."""


@clause("T1")
@weight(1)
@number("1.3")
def test_each_exception_has_its_bit(bench):
    """Exactly the bit of the exception's own code in medeleg decides."""
    for mode in (Mode.U, Mode.S):
        for cause in sorted(set(Exc) - set(ECALLS.values()) | {ECALLS[mode]}):
            alone = hart(mode, medeleg=bits(cause))
            bench.take_trap(alone, Trap(cause)).shows(mode=Mode.S)
            others = hart(mode, medeleg=DELEGABLE & ~bits(cause))
            bench.take_trap(others, Trap(cause)).shows(mode=Mode.M)


@clause("T1")
@weight(1)
@number("1.4")
def test_interrupts_have_bits_of_their_own(bench):
    """For an interrupt the bit in mideleg decides, and medeleg does not count; and the reverse."""
    for code in (Irq.SSI, Irq.STI, Irq.SEI):
        taken = Trap(code, interrupt=True)
        for mode in (Mode.U, Mode.S):
            delegated = hart(mode, medeleg=0, mideleg=bits(code))
            bench.take_trap(delegated, taken).shows(mode=Mode.S)
            kept = hart(mode, medeleg=DELEGABLE, mideleg=0)
            bench.take_trap(kept, taken).shows(mode=Mode.M)
        exception = Trap(code, address=0x1000)
        bench.take_trap(hart("U", mideleg=bits(code)), exception).shows(mode=Mode.M)
    for mode in Mode:
        kept = hart(mode, medeleg=DELEGABLE, mideleg=bits(Irq.SSI, Irq.STI, Irq.SEI))
        bench.take_trap(kept, Trap(Irq.MTI, interrupt=True)).shows(mode=Mode.M)


@clause("T2")
@weight(2)
@number("2.3")
@settings(max_examples=30)
@given(trapping(medeleg=0, mideleg=0))
def test_any_entry_into_m_mode(bench, reference, case):
    """Entering M-mode from any mode with any stack: xPP, xPIE, xIE, epc, cause, no more."""
    before, trap = case
    expected = before.copy()
    reference.take_trap(expected, trap)
    bench.take_trap(before, trap).matches(expected, only=view(before).keys() - NOT_ON_ENTRY)


@clause("T2")
@weight(2)
@number("2.4")
def test_traps_within_traps(bench):
    """A trap in S-mode's handler stacks S as the previous mode; the other level is left alone."""
    both = hart("U", SIE=1, MIE=1, medeleg=bits(Exc.ECALL_U, Exc.ECALL_S), pc=0x1000)
    first = bench.take_trap(both, Trap(Exc.ECALL_U))
    first.changes_only(
        mode=Mode.S, SPP="U", SPIE=1, SIE=0, sepc=0x1000, scause=8, stval=0, pc=both.stvec
    )
    second = bench.take_trap(first.after, Trap(Exc.ECALL_S))  # horizontally
    second.changes_only(SPP="S", SPIE=0, SIE=0, sepc=both.stvec, scause=9)
    third = bench.take_trap(second.after, Trap(Irq.MTI, interrupt=True))
    third.changes_only(
        mode=Mode.M,
        MPP="S",
        MPIE=1,
        MIE=0,
        mepc=both.stvec,
        mcause=INTERRUPT_BIT | 7,
        mtval=0,
        pc=both.mtvec,
    )
    fourth = bench.take_trap(third.after, Trap(Exc.ECALL_M))
    fourth.changes_only(MPP="M", MPIE=0, mepc=both.mtvec, mcause=11)


@clause("T3")
@weight(1)
@number("3.3")
@settings(max_examples=30)
@given(trapping(medeleg=0, mideleg=0, stvec=0x8000_0500))
def test_any_vector(bench, reference, case):
    """Where M-mode's handler begins, for any mtvec and any trap."""
    before, trap = case
    expected = before.copy()
    reference.take_trap(expected, trap)
    bench.take_trap(before, trap).matches(expected, only=["pc"])


@clause("T3")
@weight(1)
@number("3.4")
def test_each_level_has_its_vector(bench):
    """The mode of mtvec says nothing about stvec, nor the reverse; addresses have 64 bits."""
    for code in (Irq.SSI, Irq.STI, Irq.SEI):
        taken = Trap(code, interrupt=True)
        modes = {"mtvec": 0x8000_0100, "stvec": 0x8000_0500 | 1}
        bench.take_trap(hart("U", mideleg=bits(code), **modes), taken).shows(
            pc=0x8000_0500 + 4 * code
        )
        bench.take_trap(hart("U", **modes), taken).shows(pc=0x8000_0100)
        modes = {"mtvec": 0x8000_0104 | 1, "stvec": 0x8000_0500}
        bench.take_trap(hart("U", mideleg=bits(code), **modes), taken).shows(pc=0x8000_0500)
        bench.take_trap(hart("U", **modes), taken).shows(pc=0x8000_0104 + 4 * code)
    delegated = hart("U", medeleg=bits(Exc.ECALL_U), stvec=0x8000_0500 | 1)
    bench.take_trap(delegated, Trap(Exc.ECALL_U)).shows(pc=0x8000_0500)
    high = hart("U", mtvec=MASK64 - 15 | 1)
    bench.take_trap(high, Trap(Irq.MEI, interrupt=True)).shows(pc=28)


@clause("T6")
@weight(1)
@number("6.3")
def test_value_of_every_fault(bench):
    """Each fault of a fetch, load or store reports its address, not pc, in mtval and in stval."""
    for cause in sorted(ADDRESS_CAUSES):
        fault = Trap(cause, instruction=0x0000_0003, address=0x7FFF_FFFF_F000)
        bench.take_trap(hart("U"), fault).shows(mtval=0x7FFF_FFFF_F000)
        bench.take_trap(hart("U", medeleg=bits(cause)), fault).shows(stval=0x7FFF_FFFF_F000)
        bench.take_trap(hart("U", medeleg=bits(cause)), fault).shows(mtval=hart().mtval)


@clause("T6")
@weight(1)
@number("6.4")
def test_value_of_what_has_none(bench):
    """Interrupts and ecalls write 0, whatever else is known of them."""
    told = {"instruction": 0x0000_0073, "address": 0x1234, "offset": 2}
    for mode in Mode:
        bench.take_trap(hart(mode), Trap(ECALLS[mode], **told)).shows(mtval=0)
        for code in Irq:
            bench.take_trap(hart(mode), Trap(code, interrupt=True, **told)).shows(mtval=0)


@clause("T6")
@weight(1)
@number("6.5")
@settings(max_examples=50)
@given(trapping(medeleg=0, mideleg=0))
def test_any_value(bench, reference, case):
    """What mtval holds after any trap: for a straddling access, where the failed part begins."""
    before, trap = case
    expected = before.copy()
    reference.take_trap(expected, trap)
    bench.take_trap(before, trap).matches(expected, only=["mtval"])
