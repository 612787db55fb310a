"""Step 5, in every mode (T9-T12)."""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import example, given, settings
from hypothesis import strategies as st
from vmlab.bench.state import bits, hart
from vmlab.csrs import CSRS, STCE, TM
from vmlab.hart import Mode
from vmlab.testing import clause
from vmlab.trap import IllegalInstruction, Irq

from grader.hidden.traps.strategies import SUBSET_OF_ALL, states

COUNTERS = {0: "cycle", 1: "time", 2: "instret"}


@clause("T9")
@weight(1)
@number("9.3")
@settings(max_examples=30)
@given(state=states(), mip=SUBSET_OF_ALL, seip=st.booleans())
@example(state=hart("S", mie=bits(Irq.SEI)), mip=0, seip=True)
def test_any_waiting_hart(bench, reference, state, mip, seip):
    """Whether a hart wakes depends on mie and what is pending, the PLIC's wire included."""
    state.mip, state.seip = mip, seip
    bench.wakes(state, reference.wakes(state))


@clause("T9")
@weight(1)
@number("9.4")
def test_wfi_and_the_other_traps_of_mstatus(bench):
    """Only TW, and only in S-mode, forbids `wfi`: TVM, TSR and a pending interrupt do not."""
    for mode, tw, tvm, tsr, mip in product(Mode, (0, 1), (0, 1), (0, 1), (0, bits(Irq.STI))):
        outcome = bench.wfi(hart(mode, TW=tw, TVM=tvm, TSR=tsr, mip=mip, mie=mip))
        if mode == Mode.U or (mode == Mode.S and tw):
            outcome.is_refused()
        else:
            outcome.is_allowed()


def _allowed(part, state, number_, write):
    try:
        part.check_csr(state.copy(), number_, write)
    except IllegalInstruction:
        return False
    return True


@clause("T10")
@weight(2)
@number("10.4")
@settings(max_examples=100)
@given(
    mode=st.sampled_from(list(Mode)),
    csr=st.one_of(st.sampled_from(sorted(CSRS)), st.integers(0, 0xFFF)),
    write=st.booleans(),
)
def test_any_csr_in_any_mode(bench, reference, mode, csr, write):
    """Reads and writes of any number, in any mode, with every counter shown and TVM = 0."""
    state = hart(mode, mcounteren=0b111, scounteren=0b111)
    outcome = bench.csr(state, csr, write)
    if _allowed(reference, state, csr, write):
        outcome.is_allowed()
    else:
        outcome.is_refused()


@clause("T10")
@weight(1)
@number("10.5")
def test_low_numbers_that_are_privileged(bench):
    """Whether a CSR is privileged, or read-only, is in bits 9:8 and 11:10 and nowhere else."""
    for csr, mode in (("cycle", "U"), ("sscratch", "S"), ("mscratch", "M")):
        for level in ("U", "S", "M"):
            outcome = bench.csr(hart(level, mcounteren=7, scounteren=7), csr)
            if "USM".index(level) < "USM".index(mode):
                outcome.is_refused()
            else:
                outcome.is_allowed()
    for csr in ("cycle", "time", "instret", "hpmcounter3", "mvendorid", "mconfigptr"):
        bench.csr(hart("M"), csr).is_allowed()
        bench.csr(hart("M"), csr, write=True).is_refused()
    for csr in ("mcycle", "minstret", "mhpmcounter3", "pmpaddr0"):
        bench.csr(hart("M"), csr, write=True).is_allowed()
        bench.csr(hart("S", mcounteren=7, scounteren=7), csr).is_refused()
    for csr in ("mvendorid", "mhartid", "mconfigptr"):
        bench.csr(hart("S", mcounteren=7, scounteren=7), csr).is_refused()
        bench.csr(hart("U", mcounteren=7, scounteren=7), csr).is_refused()
    for csr in (0x000, 0x003, 0x200, 0x600, 0x5C0, 0x7B0, 0x800, 0xFFF):
        bench.csr(hart("M"), csr).is_refused()


@clause("T10")
@weight(1)
@number("10.6")
def test_what_shows_counters_and_satp(bench):
    """A counter needs its bit of mcounteren below M, and of scounteren in U; stimecmp TM, STCE."""
    for index, name in COUNTERS.items():
        for mode, mcounteren, scounteren in product(
            Mode, range(8), (0, 1 << index, 7 & ~(1 << index), 7)
        ):
            shown = mcounteren >> index & 1 or mode == Mode.M
            if mode == Mode.U:
                shown = shown and scounteren >> index & 1
            outcome = bench.csr(hart(mode, mcounteren=mcounteren, scounteren=scounteren), name)
            if shown:
                outcome.is_allowed()
            else:
                outcome.is_refused()
    bench.csr(hart("S", mcounteren=7, scounteren=7), "hpmcounter3").is_refused()
    for mode, mcounteren, menvcfg, write in product(Mode, range(8), (0, 1, STCE), (False, True)):
        state = hart(mode, mcounteren=mcounteren, scounteren=7, menvcfg=menvcfg)
        outcome = bench.csr(state, "stimecmp", write)
        if mode == Mode.M or (mode == Mode.S and mcounteren & TM and menvcfg == STCE):
            outcome.is_allowed()
        else:
            outcome.is_refused()
    for tw, tsr in product((0, 1), (0, 1)):
        bench.csr(hart("S", TVM=0, TW=tw, TSR=tsr), "satp", write=True).is_allowed()
        bench.csr(hart("S", TVM=1, TW=tw, TSR=tsr), "satp", write=True).is_refused()
        bench.csr(hart("S", TVM=1, TW=tw, TSR=tsr), "sscratch", write=True).is_allowed()
        bench.csr(hart("M", TVM=1, TW=tw, TSR=tsr), "satp", write=True).is_allowed()


@clause("T11")
@weight(2)
@number("11.2")
def test_effective_mode_in_every_situation(bench):
    """Every mode, MPRV, MPP and kind of access."""
    for mprv, mpp, fetch in product((0, 1), Mode, (True, False)):
        effective = mpp if mprv and not fetch else Mode.M
        bench.accesses_as(hart("M", MPRV=mprv, MPP=mpp), fetch, effective)
    for mode, mpp, fetch in product((Mode.U, Mode.S), Mode, (True, False)):
        bench.accesses_as(hart(mode, MPRV=0, MPP=mpp, SPP="S"), fetch, mode)


@clause("T12")
@weight(1)
@number("12.2")
def test_fences_and_the_other_traps_of_mstatus(bench):
    """Only TVM, and only in S-mode, forbids `sfence.vma`: TW and TSR do not."""
    for mode, tvm, tw, tsr in product(Mode, (0, 1), (0, 1), (0, 1)):
        outcome = bench.sfence(hart(mode, TVM=tvm, TW=tw, TSR=tsr))
        if mode == Mode.U or (mode == Mode.S and tvm):
            outcome.is_refused()
        else:
            outcome.is_allowed()
