"""Steps 9 to 11, in every virtual mode (T17-T21).

Where a clause says that something is to be done "as by take_trap" or "as by mret", it is compared
with what the submission's own function does, which clauses T1 to T12 have tested.
"""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.bench.state import bits, changed, hart
from vmlab.bench.words import MRET, SRET, WFI, csr, sfence_vma
from vmlab.csrs import NUMBERS
from vmlab.hart import Mode
from vmlab.mstatus import MIE
from vmlab.testing import clause
from vmlab.trap import Act, Exc, Exit, Irq, Trap

from grader.hidden.traps.guests import (
    ALL,
    ILLEGAL,
    KERNEL,
    TO_S,
    allowed,
    illegal,
)
from grader.hidden.traps.strategies import SUBSET_OF_ALL, quiet, states

# --- T17 ---


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
    if allowed(bench.part.check_csr, vcpu.copy(), number_, writes):
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
        if allowed(check, vcpu.copy()):
            outcome.shows(mcause=vcpu.mcause, scause=vcpu.scause)
        else:
            outcome.traps(illegal(word))
    word = csr("csrrs", 10, "time", 0)
    for mode, mcounteren, scounteren in product(Mode, (0b010, 0b101), (0b010, 0b101)):
        vcpu = hart(mode, mcounteren=mcounteren, scounteren=scounteren)
        outcome = bench.executes(vcpu, word)
        if allowed(part.check_csr, vcpu.copy(), time, False):
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
        if allowed(function, expected):
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
