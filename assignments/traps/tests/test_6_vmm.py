"""Steps 7 to 11: a VMM whose guest runs deprivileged (T14-T21).

The guest's kernel believes that it is in M-mode or S-mode: that is `vcpu.mode`. It really runs in
U-mode, so each privileged instruction comes back as an illegal instruction.
"""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.state import bits, changed, hart
from vmlab.bench.words import MRET, SRET, WFI, csr, sfence_vma
from vmlab.hart import Mode
from vmlab.mstatus import SIE
from vmlab.testing import clause
from vmlab.trap import Exc, Exit, Irq, Trap

ALL = bits(*Irq)
TO_S = bits(Irq.SSI, Irq.STI, Irq.SEI)


@clause("T14")
@weight(1)
@number("14.1")
def test_an_ecall_of_the_guest(bench):
    """An ecall goes to the guest's own handler, and says which *virtual* mode executed it."""
    ecall = Exit(Exc.ECALL_U)
    user = hart("U", medeleg=bits(Exc.ECALL_U))
    bench.exit(user, ecall).shows(mode=Mode.S, scause=8, sepc=user.pc, pc=user.stvec)
    kernel = hart("S")
    bench.exit(kernel, ecall).shows(mode=Mode.M, mcause=9, mepc=kernel.pc, pc=kernel.mtvec)
    boot = hart("M")
    bench.exit(boot, ecall).shows(mode=Mode.M, mcause=11, mepc=boot.pc)


@clause("T14")
@weight(1)
@number("14.2")
def test_a_page_fault_of_the_guest(bench):
    """A fault goes to the guest's own handler with its tval, through the guest's own medeleg."""
    user = hart("U", medeleg=bits(Exc.STORE_PAGE))
    exit = Exit(Exc.STORE_PAGE, tval=0x7_F000)
    bench.exit(user, exit).traps(Trap(Exc.STORE_PAGE, address=0x7_F000))


@clause("T15")
@weight(1)
@number("15.1")
def test_an_unknown_tval_is_fetched(bench):
    """If tval does not tell the instruction, it is read from the guest's memory at its pc."""
    kernel = hart("S", x10=5)
    write = csr("csrrw", 11, "sscratch", 10)
    bench.executes(kernel, write, tval=True).shows(sscratch=5, pc=kernel.pc + 4)
    bench.executes(kernel, write, tval=False).shows(sscratch=5, pc=kernel.pc + 4)


@clause("T16")
@weight(1)
@number("16.1")
def test_csr_instructions_read_modify_and_write(bench):
    """rd gets the old value, the CSR is replaced, or gets bits set or cleared; pc advances by 4."""
    kernel = hart("S", sscratch=0b1100, x11=0b1010)
    after = kernel.pc + 4
    for name, new in [("csrrw", 0b1010), ("csrrs", 0b1110), ("csrrc", 0b0100)]:
        outcome = bench.executes(kernel, csr(name, 10, "sscratch", 11))
        outcome.resumes().changes_only(x10=0b1100, sscratch=new, pc=after)


@clause("T16")
@weight(1)
@number("16.2")
def test_immediate_forms(bench):
    """In the immediate forms the field of rs1 is the operand itself, five bits."""
    kernel = hart("S", sscratch=0b1100)
    after = kernel.pc + 4
    for name, new in [("csrrwi", 0b1010), ("csrrsi", 0b1110), ("csrrci", 0b0100)]:
        outcome = bench.executes(kernel, csr(name, 10, "sscratch", 0b1010))
        outcome.resumes().changes_only(x10=0b1100, sscratch=new, pc=after)


@clause("T16")
@weight(1)
@number("16.3")
def test_set_and_clear_with_x0_do_not_write(bench):
    """`csrrs` and `csrrc` write unless rs1 is x0: the register's number counts, not its value."""
    boot = hart("M", x5=0)
    bench.executes(boot, csr("csrrs", 10, "mhartid", 0)).changes_only(x10=0, pc=boot.pc + 4)
    refused = csr("csrrs", 10, "mhartid", 5)
    bench.executes(boot, refused).traps(Trap(Exc.ILLEGAL_INSTRUCTION, instruction=refused))


@clause("T17")
@weight(1)
@number("17.1")
def test_privileged_instructions_of_a_guest_user(bench):
    """What the virtual mode may not execute raises an illegal instruction in the guest."""
    user = hart("U", medeleg=bits(Exc.ILLEGAL_INSTRUCTION))
    for word in (SRET, MRET, WFI, sfence_vma(), csr("csrrw", 10, "sscratch", 11)):
        bench.executes(user, word).traps(Trap(Exc.ILLEGAL_INSTRUCTION, instruction=word))


@clause("T17")
@weight(1)
@number("17.2")
def test_csrs_that_the_guest_may_not_access(bench):
    """An absent CSR, or one above the virtual mode, raises an illegal instruction in the guest."""
    kernel = hart("S")
    for number_ in (0x5A8, "mstatus"):
        word = csr("csrrs", 10, number_, 0)
        bench.executes(kernel, word).traps(Trap(Exc.ILLEGAL_INSTRUCTION, instruction=word))


@clause("T18")
@weight(1)
@number("18.1")
def test_virtual_returns(bench):
    """`mret` and `sret` of a guest's kernel do to the virtual hart what they do to a real one."""
    kernel = hart("S", SPP="U", SPIE=1)
    bench.executes(kernel, SRET).resumes().shows(mode=Mode.U, SIE=1, pc=kernel.sepc)
    boot = hart("M", MPP="S", MPIE=1)
    bench.executes(boot, MRET).resumes().shows(mode=Mode.S, MIE=1, pc=boot.mepc)


@clause("T19")
@weight(1)
@number("19.1")
def test_virtual_fence(bench):
    """`sfence.vma` asks the VMM to fence the address in rs1 and the address space in rs2."""
    kernel = hart("S", x10=0x40_3000, x11=7)
    after = kernel.pc + 4
    bench.executes(kernel, sfence_vma(10, 11)).fences(0x40_3000, 7).changes_only(pc=after)
    bench.executes(kernel, sfence_vma(0, 0)).fences(None, None).changes_only(pc=after)


@clause("T19")
@weight(1)
@number("19.2")
def test_virtual_wait(bench):
    """`wfi` waits, at the next instruction, unless the virtual hart would wake at once."""
    kernel = hart("S", mie=ALL)
    bench.executes(kernel, WFI).waits().changes_only(pc=kernel.pc + 4)
    woken = hart("S", SIE=0, mie=ALL, mideleg=TO_S, mip=bits(Irq.STI))
    bench.executes(woken, WFI).resumes().changes_only(pc=woken.pc + 4)


@clause("T20")
@weight(1)
@number("20.1")
def test_a_tick_delivers_what_is_due(bench):
    """A host interrupt is not the guest's; but a virtual one that is due is taken then."""
    idle = hart("S", SIE=1, mie=ALL, mideleg=TO_S)
    bench.host_interrupt(idle, Irq.MTI).resumes().changes_only()
    masked = hart("S", SIE=1, mie=0, mideleg=TO_S, mip=bits(Irq.STI))
    bench.host_interrupt(masked, Irq.MTI).resumes().changes_only()
    due = hart("S", SIE=1, mie=ALL, mideleg=TO_S, mip=bits(Irq.STI))
    bench.host_interrupt(due, Irq.MTI).traps(Trap(Irq.STI, interrupt=True))


@clause("T20")
@weight(1)
@number("20.2")
def test_a_write_that_enables_delivers(bench):
    """A virtual interrupt that a CSR write makes due is taken before the next instruction."""
    kernel = hart("S", SIE=0, mie=ALL, mideleg=TO_S, mip=bits(Irq.SSI), x10=SIE)
    written = changed(kernel, {"SIE": 1, "x11": 2 << 32, "pc": kernel.pc + 4})
    outcome = bench.executes(kernel, csr("csrrw", 11, "sstatus", 10))
    outcome.traps(Trap(Irq.SSI, interrupt=True), after=written)


@clause("T21")
@weight(1)
@number("21.1")
def test_two_guests_side_by_side(bench):
    """What is known of one guest stays in its vCPU: nothing of it reaches another guest."""
    first, second = hart("M", MPP="U", mepc=0x8000_4000), hart("S", pc=0x8000_4000)
    bench.executes(first, MRET).shows(mode=Mode.U, pc=0x8000_4000)
    bench.executes(second, csr("csrrw", 11, "sscratch", 10)).shows(sscratch=second.x[10])
    bench.executes(second, WFI).waits().shows(mode=Mode.S)
