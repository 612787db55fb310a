"""Steps 7 and 8, with every exit and every instruction (T14-T16).

Where a clause says that something is to be done "as by take_trap" or "as by mret", it is compared
with what the submission's own function does, which clauses T1 to T12 have tested.
"""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vmlab.bench.state import bits, hart
from vmlab.bench.words import CSR_FUNCT3, EBREAK, ECALL, MRET, SRET, WFI, csr, sfence_vma
from vmlab.hart import Mode
from vmlab.testing import clause
from vmlab.trap import ADDRESS_CAUSES, Exc, Exit, Irq, Trap

from grader.hidden.traps.guests import (
    ILLEGAL,
    PLAIN,
    TO_S,
    illegal,
    is_emulated,
)
from grader.hidden.traps.strategies import WORD, exceptions, quiet

# --- T14 ---


@clause("T14")
@weight(1)
@number("14.3")
@settings(max_examples=30)
@given(st.data(), quiet())
def test_any_exception(bench, data, vcpu):
    """Any exception of any virtual mode enters the guest's handler as by take_trap."""
    trap = data.draw(exceptions(vcpu.mode))
    assume(trap.cause != ILLEGAL)
    if trap.cause in ADDRESS_CAUSES:
        tval = trap.address
        bench.exit(vcpu, Exit(trap.cause, tval=tval)).traps(Trap(trap.cause, address=tval))
    elif trap.cause == Exc.BREAKPOINT:
        bench.exit(vcpu, Exit(Exc.BREAKPOINT, tval=vcpu.pc)).traps(Trap(Exc.BREAKPOINT))
    else:
        bench.exit(vcpu, Exit(Exc.ECALL_U), ECALL).traps(Trap(trap.cause))


@clause("T14")
@weight(1)
@number("14.4")
def test_delegation_of_the_virtual_cause(bench):
    """Which bit of the guest's medeleg decides is told by the cause that the guest sees."""
    kernel = hart("S", medeleg=bits(Exc.ECALL_S))
    bench.exit(kernel, Exit(Exc.ECALL_U)).shows(mode=Mode.S, scause=9, sepc=kernel.pc)
    kernel = hart("S", medeleg=bits(Exc.ECALL_U))
    bench.exit(kernel, Exit(Exc.ECALL_U)).shows(mode=Mode.M, mcause=9, mepc=kernel.pc)
    boot = hart("M", medeleg=bits(Exc.ECALL_U, Exc.ECALL_S))
    bench.exit(boot, Exit(Exc.ECALL_U)).shows(mode=Mode.M, mcause=11, mepc=boot.pc)


@clause("T14")
@weight(1)
@number("14.5")
def test_all_of_an_injection(bench):
    """The guest's handler finds all that take_trap leaves: cause, tval, epc, and the stack."""
    fault = Trap(Exc.LOAD_PAGE, address=0x12_3456)
    for mode, sie, delegated in product(Mode, (0, 1), (0, bits(Exc.LOAD_PAGE))):
        vcpu = hart(mode, SIE=sie, SPIE=1 - sie, SPP="U", MPP="U", medeleg=delegated)
        bench.exit(vcpu, Exit(Exc.LOAD_PAGE, tval=0x12_3456)).traps(fault)


# --- T15 ---


@clause("T15")
@weight(1)
@number("15.2")
def test_exact_decoding(bench):
    """A word that differs from a privileged instruction in one fixed bit is another one."""
    boot = hart("M")
    for word in (MRET, SRET, WFI):
        for bit in range(7, 32):
            neighbour = word ^ 1 << bit
            if not is_emulated(neighbour):
                bench.executes(boot, neighbour).traps(illegal(neighbour))
    for bit in (*range(7, 12), *range(25, 32)):  # rd and funct7 of sfence.vma
        neighbour = sfence_vma(10, 11) ^ 1 << bit
        bench.executes(boot, neighbour).traps(illegal(neighbour))
    for word in (0x0020_0073, 0x7B20_0073, 0x0000_4073, 0x3000_4073, 0xC000_1073 ^ 0x40):
        bench.executes(boot, word).traps(illegal(word))


@clause("T15")
@weight(1)
@number("15.3")
def test_a_fetch_that_fails(bench):
    """If the guest's own memory refuses the fetch, that is the fault the guest gets."""
    unknown = Exit(ILLEGAL, tval=0)
    for mode in Mode:
        vcpu = hart(mode, pc=0x8000_1FFC, medeleg=bits(Exc.INSTRUCTION_PAGE))
        fault = Trap(Exc.INSTRUCTION_PAGE, address=vcpu.pc, offset=2)
        bench.exit(vcpu, unknown, faults={vcpu.pc: fault}).traps(fault)
        access = Trap(Exc.INSTRUCTION_ACCESS, address=vcpu.pc)
        bench.exit(vcpu, unknown, faults={vcpu.pc: access}).traps(access)


@clause("T15")
@weight(1)
@number("15.4")
@settings(max_examples=50)
@given(
    mode=st.sampled_from(list(Mode)),
    word=st.one_of(
        st.integers(0, (1 << 32) - 1),
        st.integers(0, (1 << 25) - 1).map(lambda n: n << 7 | 0x73),
        st.sampled_from([0, 0x0001_0000, 0x8002_4202, 0xFFFF_FFFF]),
    ),
    tval=st.booleans(),
)
def test_any_other_word(bench, mode, word, tval):
    """Any word that is not emulated is illegal, with its bits: 16 of them if it is a short one."""
    assume(not is_emulated(word) and word not in (ECALL, EBREAK))
    vcpu = hart(mode, pc=0x8000_4000)
    reported = word if word & 0b11 == 0b11 else word & 0xFFFF
    bench.executes(vcpu, word, tval).traps(illegal(reported))


# --- T16 ---


@clause("T16")
@weight(1)
@number("16.4")
@settings(max_examples=50)
@given(
    name=st.sampled_from(list(CSR_FUNCT3)),
    csr_name=st.sampled_from(PLAIN),
    registers=st.tuples(st.integers(0, 31), st.integers(0, 31)),
    values=st.tuples(WORD, WORD),
)
def test_any_csr_instruction(bench, reference, name, csr_name, registers, values):
    """Any form, registers and values, in virtual M-mode where all of these CSRs can be accessed."""
    rd, source = registers
    vcpu = hart("M", sscratch=values[1], mscratch=values[1])
    vcpu.x[source] = values[0] if source else 0
    word = csr(name, rd, csr_name, source)
    writes = name in ("csrrw", "csrrwi") or source != 0
    assume(not (writes and csr_name == "mhartid"))
    expected = vcpu.copy()
    reference.handle_exit(expected, Exit(ILLEGAL, tval=word), None)
    outcome = bench.executes(vcpu, word)
    if csr_name != "satp":  # there a fence would be legal, too
        outcome.resumes()
    outcome.matches(expected)


@clause("T16")
@weight(1)
@number("16.5")
def test_registers_that_coincide(bench):
    """With rd = rs1 the old value of each ends up in the other; x0 stays 0 and takes nothing."""
    kernel = hart("S", x10=0b1010, sscratch=0b1100)
    after = kernel.pc + 4
    for name, new in (("csrrw", 0b1010), ("csrrs", 0b1110), ("csrrc", 0b0100)):
        word = csr(name, 10, "sscratch", 10)
        bench.executes(kernel, word).changes_only(x10=0b1100, sscratch=new, pc=after)
    bench.executes(kernel, csr("csrrw", 0, "sscratch", 10)).changes_only(sscratch=0b1010, pc=after)
    bench.executes(kernel, csr("csrrw", 0, "sscratch", 0)).changes_only(sscratch=0, pc=after)
    bench.executes(kernel, csr("csrrw", 11, "sscratch", 0)).changes_only(
        "norm:csrrw_rs1_x0: it writes 0", x11=0b1100, sscratch=0, pc=after
    )
    bench.executes(kernel, csr("csrrwi", 11, "sscratch", 0)).changes_only(
        x11=0b1100, sscratch=0, pc=after
    )
    bench.executes(kernel, csr("csrrs", 0, "sscratch", 10)).changes_only(sscratch=0b1110, pc=after)


@clause("T16")
@weight(1)
@number("16.6")
def test_the_wire_is_read_but_not_written(bench):
    """Reading mip or sip shows the PLIC's wire in SEIP; setting other bits does not latch it."""
    rule = "norm:mip_seip_wrcsr: the signal from the interrupt controller is not used"
    boot = hart("M", seip=True, mideleg=TO_S, x11=bits(Irq.STI))
    after = boot.pc + 4
    seip, stip = bits(Irq.SEI), bits(Irq.STI)
    bench.executes(boot, csr("csrrs", 10, "mip", 11)).changes_only(
        rule, x10=seip, mip=stip, pc=after
    )
    boot = hart("M", seip=True, mip=stip, mideleg=TO_S, x11=stip)
    bench.executes(boot, csr("csrrc", 10, "mip", 11)).changes_only(
        rule, x10=seip | stip, mip=0, pc=after
    )
    bench.executes(boot, csr("csrrw", 10, "mip", 11)).changes_only(
        rule, x10=seip | stip, mip=stip, pc=after
    )
    kernel = hart("S", seip=True, mideleg=TO_S, SIE=0)
    bench.executes(kernel, csr("csrrsi", 10, "sip", 2)).changes_only(
        rule, x10=seip, mip=bits(Irq.SSI), pc=after
    )


@clause("T16")
@weight(1)
@number("16.7")
def test_what_counts_as_a_write(bench):
    """A field of 0 in rs1 or uimm is no write for set and clear, and is one for csrrw, csrrwi."""
    boot = hart("M", x5=0)
    after = boot.pc + 4
    for name in ("csrrs", "csrrc", "csrrsi", "csrrci"):
        read = csr(name, 10, "mvendorid", 0)
        bench.executes(boot, read).resumes().changes_only(x10=0, pc=after)
    for name, source in (("csrrs", 5), ("csrrc", 5), ("csrrsi", 1), ("csrrci", 1)):
        write = csr(name, 10, "mvendorid", source)
        bench.executes(boot, write).traps(illegal(write))
    for name, source in product(("csrrw", "csrrwi"), (0, 5)):
        for rd in (0, 10):
            write = csr(name, rd, "mvendorid", source)
            bench.executes(boot, write).traps(illegal(write))
