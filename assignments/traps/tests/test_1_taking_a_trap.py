"""Steps 1 and 2: where a trap goes, what it writes, where it enters, what it says (T1-T3, T6)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.state import bits, hart
from vmlab.hart import Mode
from vmlab.testing import clause
from vmlab.trap import INTERRUPT_BIT, Exc, Irq, Trap


@clause("T1")
@weight(1)
@number("1.1")
def test_delegated_exception_goes_to_s_mode(bench):
    """What U-mode or S-mode raises goes to S-mode if its bit in medeleg is set, else to M-mode."""
    for mode, ecall in (("U", Exc.ECALL_U), ("S", Exc.ECALL_S)):
        delegated = hart(mode, medeleg=bits(ecall, Exc.BREAKPOINT))
        bench.take_trap(delegated, Trap(ecall)).shows(mode=Mode.S)
        bench.take_trap(delegated, Trap(Exc.BREAKPOINT)).shows(mode=Mode.S)
        kept = hart(mode, medeleg=bits(Exc.BREAKPOINT))
        bench.take_trap(kept, Trap(ecall)).shows(mode=Mode.M)


@clause("T1")
@weight(1)
@number("1.2")
def test_m_mode_never_delegates_its_own(bench):
    """A trap never lowers the privilege: what M-mode raises is handled in M-mode."""
    all_delegated = hart("M", medeleg=0xB3FF)
    bench.take_trap(all_delegated, Trap(Exc.BREAKPOINT)).shows(mode=Mode.M)
    bench.take_trap(all_delegated, Trap(Exc.ECALL_M)).shows(mode=Mode.M)


@clause("T2")
@weight(2)
@number("2.1")
def test_entry_into_m_mode(bench):
    """A trap into M-mode writes mepc, mcause, mtval, MPP, MPIE, MIE, mode and pc, no more."""
    before = hart("S", MIE=1, MPIE=0, MPP="U", pc=0x8000_1234)
    bench.take_trap(before, Trap(Exc.ECALL_S)).changes_only(
        mode=Mode.M,
        MPP="S",
        MPIE=1,
        MIE=0,
        mepc=0x8000_1234,
        mcause=9,
        mtval=0,
        pc=before.mtvec,
    )


@clause("T2")
@weight(2)
@number("2.2")
def test_entry_into_s_mode(bench):
    """A trap into S-mode writes sepc, scause, stval, SPP, SPIE, SIE, mode and pc, no more."""
    before = hart("U", SIE=1, SPIE=0, SPP="S", mideleg=bits(Irq.STI), pc=0x8000_1234)
    bench.take_trap(before, Trap(Irq.STI, interrupt=True)).changes_only(
        mode=Mode.S,
        SPP="U",
        SPIE=1,
        SIE=0,
        sepc=0x8000_1234,
        scause=INTERRUPT_BIT | 5,
        stval=0,
        pc=before.stvec,
    )


@clause("T3")
@weight(1)
@number("3.1")
def test_vectored_interrupts(bench):
    """In vectored mode interrupt c enters at BASE + 4 c."""
    before = hart("U", mtvec=0x8000_0100 | 1)
    bench.take_trap(before, Trap(Irq.MTI, interrupt=True)).shows(pc=0x8000_0100 + 4 * 7)
    before = hart("U", stvec=0x8000_0500 | 1, mideleg=bits(Irq.SEI))
    bench.take_trap(before, Trap(Irq.SEI, interrupt=True)).shows(pc=0x8000_0500 + 4 * 9)


@clause("T3")
@weight(1)
@number("3.2")
def test_exceptions_are_never_vectored(bench):
    """In vectored mode an exception still enters at BASE; in direct mode everything does."""
    bench.take_trap(hart("U", mtvec=0x8000_0100 | 1), Trap(Exc.ECALL_U)).shows(pc=0x8000_0100)
    before = hart("U", mtvec=0x8000_0100)
    bench.take_trap(before, Trap(Irq.MTI, interrupt=True)).shows(pc=0x8000_0100)


@clause("T6")
@weight(1)
@number("6.1")
def test_value_of_an_illegal_instruction(bench):
    """An illegal instruction reports its bits, a breakpoint its pc, an ecall 0."""
    before = hart("U")
    illegal = Trap(Exc.ILLEGAL_INSTRUCTION, instruction=0x1050_0073)
    bench.take_trap(before, illegal).shows(mtval=0x1050_0073)
    ebreak = Trap(Exc.BREAKPOINT, instruction=0x0010_0073)
    bench.take_trap(before, ebreak).shows(mtval=before.pc)
    ecall = Trap(Exc.ECALL_U, instruction=0x0000_0073)
    bench.take_trap(before, ecall).shows(mtval=0)


@clause("T6")
@weight(1)
@number("6.2")
def test_value_of_a_fault(bench):
    """A fault reports the virtual address of the portion of the access that failed."""
    before = hart("U", medeleg=bits(Exc.LOAD_PAGE))
    bench.take_trap(before, Trap(Exc.STORE_ACCESS, address=0x4000)).shows(mtval=0x4000)
    # Eight bytes from 0x4ffd on: the first three are fine, the next page is not there.
    straddling = Trap(Exc.LOAD_PAGE, address=0x4FFD, offset=3)
    bench.take_trap(before, straddling).shows(
        rule="norm:mtval_vaddr_wr2: of the portion of the access that caused the fault",
        stval=0x5000,
    )
