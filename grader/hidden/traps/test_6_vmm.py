"""Steps 7 to 11, with every instruction and every exit (T14-T21).

Where a clause says that something is to be done "as by take_trap" or "as by mret", it is compared
with what the submission's own function does, which clauses T1 to T12 have tested.
"""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vmlab.bench.state import bits, changed, hart
from vmlab.bench.words import CSR_FUNCT3, EBREAK, ECALL, MRET, SRET, WFI, csr, sfence_vma
from vmlab.csrs import NUMBERS
from vmlab.hart import Mode
from vmlab.isa import Kind, decode
from vmlab.mstatus import MIE
from vmlab.testing import clause
from vmlab.trap import ADDRESS_CAUSES, Act, Exc, Exit, IllegalInstruction, Irq, Trap

from grader.hidden.traps.strategies import SUBSET_OF_ALL, WORD, exceptions, quiet, states

ALL = bits(*Irq)
TO_S = bits(Irq.SSI, Irq.STI, Irq.SEI)
KERNEL = (Mode.S, Mode.M)
ILLEGAL = Exc.ILLEGAL_INSTRUCTION
PLAIN = ("mscratch", "sscratch", "mepc", "sepc", "mcause", "scause", "mtval", "stval", "satp")
PLAIN += ("mtvec", "stvec", "medeleg", "mcounteren", "scounteren", "mcycle", "minstret")
PLAIN += ("mhartid", "misa")
"""CSRs that have nothing to do with interrupts."""


def illegal(word):
    """Return the trap that a guest must get for an instruction that it may not execute."""
    return Trap(ILLEGAL, instruction=word)


def is_emulated(word):
    """Tell whether a word is an instruction that the part must emulate."""
    decoded = decode(word)
    return decoded is not None and (
        decoded.instruction.kind is Kind.CSR
        or decoded.instruction.name in ("mret", "sret", "wfi", "sfence.vma")
    )


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


# --- T17 ---


def _allowed(check, *arguments):
    try:
        check(*arguments)
    except IllegalInstruction:
        return False
    return True


@clause("T17")
@weight(1)
@number("17.3")
@settings(max_examples=50)
@given(
    vcpu=quiet(),
    number_=st.one_of(st.sampled_from(sorted(NUMBERS.values())), st.integers(0, 0xFFF)),
    writes=st.booleans(),
)
def test_any_csr_for_any_guest(bench, vcpu, number_, writes):
    """What the guest's own check_csr refuses in its virtual mode is illegal, all else is done."""
    word = csr("csrrw" if writes else "csrrs", 10, number_, 0)
    outcome = bench.executes(vcpu, word)
    if _allowed(bench.part.check_csr, vcpu.copy(), number_, writes):
        outcome.shows(pc=(vcpu.pc + 4) & (1 << 64) - 1, mode=vcpu.mode)
    else:
        outcome.traps(illegal(word))


@clause("T17")
@weight(1)
@number("17.4")
def test_the_guests_own_traps_of_mstatus(bench):
    """The guest's TSR, TW, TVM and counter enables bind it as its own functions say."""
    part = bench.part
    satp, time = NUMBERS["satp"], NUMBERS["time"]
    cases = (
        ("TSR", SRET, part.sret),
        ("TW", WFI, part.check_wfi),
        ("TVM", sfence_vma(), part.check_sfence),
        ("TVM", csr("csrrw", 10, "satp", 11), lambda vcpu: part.check_csr(vcpu, satp, True)),
        ("TVM", MRET, part.mret),
    )
    for (name, word, check), mode, trapped in product(cases, Mode, (0, 1)):
        vcpu = hart(mode, medeleg=bits(ILLEGAL), **{name: trapped})
        outcome = bench.executes(vcpu, word)
        if _allowed(check, vcpu.copy()):
            outcome.shows(mcause=vcpu.mcause, scause=vcpu.scause)
        else:
            outcome.traps(illegal(word))
    word = csr("csrrs", 10, "time", 0)
    for mode, mcounteren, scounteren in product(Mode, (0b010, 0b101), (0b010, 0b101)):
        vcpu = hart(mode, mcounteren=mcounteren, scounteren=scounteren)
        outcome = bench.executes(vcpu, word)
        if _allowed(part.check_csr, vcpu.copy(), time, False):
            outcome.shows(x10=vcpu.time, pc=vcpu.pc + 4)
        else:
            outcome.traps(illegal(word))


# --- T18 ---


@clause("T18")
@weight(1)
@number("18.2")
@settings(max_examples=30)
@given(vcpu=quiet(KERNEL))
def test_any_virtual_return(bench, vcpu):
    """Any sret of a guest's kernel does to the virtual hart what sret does; mret likewise."""
    for word, function in ((SRET, bench.part.sret), (MRET, bench.part.mret)):
        expected = vcpu.copy()
        if _allowed(function, expected):
            bench.executes(vcpu, word).resumes().matches(expected)


@clause("T18")
@weight(1)
@number("18.3")
def test_returns_to_where_they_say(bench):
    """A virtual return goes to the virtual epc: not to pc + 4, nor 4 past it."""
    for mpp in Mode:
        boot = hart("M", MPP=mpp, mepc=0x8000_7770)
        bench.executes(boot, MRET).shows(pc=0x8000_7770, mode=mpp)
    for spp in (Mode.U, Mode.S):
        kernel = hart("S", SPP=spp, sepc=0x8000_7770)
        bench.executes(kernel, SRET).shows(pc=0x8000_7770, mode=spp)
    # Returning to the very instruction that returns is no reason to step over it.
    loop = hart("S", SPP="U", sepc=0x8000_1000, pc=0x8000_1000)
    bench.executes(loop, SRET).shows(pc=0x8000_1000, mode=Mode.U)


# --- T19 ---


@clause("T19")
@weight(1)
@number("19.3")
def test_what_fences_and_waits_name(bench):
    """Registers, not their values, say "all"; an ASID has 16 bits; `wfi` asks mip & mie."""
    for mode in KERNEL:
        kernel = hart(mode, x10=0, x11=0, x12=0x40_3000, x13=0xFFFF_FFFF_0001_0007)
        after = kernel.pc + 4
        bench.executes(kernel, sfence_vma(12, 0)).fences(0x40_3000, None).changes_only(pc=after)
        bench.executes(kernel, sfence_vma(0, 11)).fences(None, 0).changes_only(pc=after)
        bench.executes(kernel, sfence_vma(10, 0)).fences(0, None).changes_only(pc=after)
        bench.executes(kernel, sfence_vma(10, 11)).fences(0, 0).changes_only(pc=after)
        bench.executes(kernel, sfence_vma(12, 13)).fences(0x40_3000, 7)
        pending = hart(mode, SIE=1, MIE=1, mip=bits(Irq.STI), mie=ALL & ~bits(Irq.STI))
        bench.executes(pending, WFI).waits().changes_only(pc=pending.pc + 4)
        wire = hart(mode, SIE=0, MIE=0, seip=True, mie=ALL, mideleg=TO_S)
        bench.executes(wire, WFI).resumes().changes_only(pc=wire.pc + 4)


# --- T20 ---


@clause("T20")
@weight(1)
@number("20.3")
def test_everything_that_makes_an_interrupt_due(bench):
    """sret, mret, writes of sie, mip and mstatus, and fences are followed by what they make due."""

    def followed(vcpu, what, code, act=Act.RESUME):
        """It does what it does with nothing pending; then the interrupt is taken."""

        def outcome_of(vcpu):
            return bench.exit(vcpu, what) if isinstance(what, Exit) else bench.executes(vcpu, what)

        alone = outcome_of(changed(vcpu, {"mip": 0})).after
        after = changed(alone, {"mip": vcpu.mip})
        rule = "the action is what it was" if act is Act.FENCE else ""
        outcome_of(vcpu).traps(Trap(code, interrupt=True), rule, after=after, act=act)

    timer = {"mie": ALL, "mideleg": TO_S, "mip": bits(Irq.STI)}
    followed(hart("S", SIE=0, SPIE=1, SPP="S", **timer), SRET, Irq.STI)
    followed(hart("S", SIE=0, SPIE=1, SPP="U", **timer), SRET, Irq.STI)
    followed(hart("M", MPP="S", SIE=1, **timer), MRET, Irq.STI)
    followed(hart("M", MPP="U", SIE=1, **timer), MRET, Irq.STI)
    followed(hart("S", SIE=1, **timer), sfence_vma(), Irq.STI, Act.FENCE)
    followed(hart("S", SIE=1, **timer), WFI, Irq.STI)
    masked = hart("S", SIE=1, x10=TO_S, **{**timer, "mie": 0})
    followed(masked, csr("csrrw", 11, "sie", 10), Irq.STI)
    masked = hart("M", MIE=0, mie=ALL, mip=bits(Irq.MTI), x10=MIE)
    followed(masked, csr("csrrw", 11, "mstatus", 10), Irq.MTI)
    idle = hart("M", MIE=1, mie=ALL, x10=bits(Irq.STI))
    after = changed(idle, {"mip": bits(Irq.STI), "x11": 0, "pc": idle.pc + 4})
    outcome = bench.executes(idle, csr("csrrw", 11, "mip", 10))
    outcome.traps(Trap(Irq.STI, interrupt=True), after=after)
    # It became pending while the guest ran, and the guest comes back for another reason.
    running = hart("S", MIE=1, mie=ALL, mip=bits(Irq.MTI), medeleg=bits(Exc.LOAD_ACCESS))
    followed(running, Exit(Exc.LOAD_ACCESS, tval=0x1000), Irq.MTI)
    followed(running, csr("csrrs", 11, "sscratch", 0), Irq.MTI)


@clause("T20")
@weight(1)
@number("20.4")
@settings(max_examples=30)
@given(vcpu=states(), mip=SUBSET_OF_ALL, code=st.sampled_from([Irq.MTI, Irq.MEI, Irq.MSI]))
def test_any_tick(bench, vcpu, mip, code):
    """At a host interrupt the guest takes what choose_interrupt names for it, or nothing."""
    vcpu.mip = mip
    outcome = bench.host_interrupt(vcpu, code)
    due = bench.part.choose_interrupt(vcpu.copy())
    if due is None:
        outcome.resumes().changes_only()
    else:
        outcome.traps(Trap(due, interrupt=True))


# --- T21 ---


@clause("T21")
@weight(1)
@number("21.2")
def test_three_guests_in_turn(bench):
    """Three guests, an exit of each in turn, end as each of them alone would."""
    words = [
        [csr("csrrw", 10, "mscratch", 11), csr("csrrs", 12, "mscratch", 0), MRET],
        [csr("csrrw", 10, "sscratch", 11), WFI, SRET],
        [SRET, WFI, csr("csrrs", 10, "scause", 0)],
    ]
    starts = [
        hart("M", MPP="S", mepc=0x8000_1004),
        hart("S", SPP="U", sepc=0x8000_1008),
        hart("U", medeleg=bits(ILLEGAL), SIE=1),
    ]
    ends = [
        {"mode": Mode.S, "pc": 0x8000_1004, "x12": starts[0].x[11]},
        {"mode": Mode.U, "pc": 0x8000_1008, "sscratch": starts[1].x[11]},
        {"mode": Mode.S, "scause": 2, "x10": 2},
    ]
    outcomes = [None] * 3
    for step in range(3):
        for guest, start in enumerate(starts):
            vcpu = start if step == 0 else outcomes[guest].after
            outcomes[guest] = bench.executes(vcpu, words[guest][step], tval=False)
    for outcome, end in zip(outcomes, ends, strict=True):
        outcome.shows("each guest has a state of its own", **end)
