"""Step 5: what a mode may do (T9-T12)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.state import bits, hart
from vmlab.csrs import STCE
from vmlab.hart import Mode
from vmlab.testing import clause
from vmlab.trap import Irq


@clause("T9")
@weight(1)
@number("9.1")
def test_wfi_wakes_on_what_is_pending_and_enabled(bench):
    """A waiting hart goes on if mip & mie is not 0, whatever MIE, SIE and mideleg say."""
    timer = bits(Irq.STI)
    bench.wakes(hart("S", SIE=0, mip=timer, mie=timer, mideleg=timer), True)
    bench.wakes(hart("M", MIE=0, mip=timer, mie=timer, mideleg=timer), True)
    bench.wakes(hart("M", MIE=1, mip=timer, mie=0), False)
    bench.wakes(hart("M", MIE=1, mip=0, mie=timer), False)


@clause("T9")
@weight(1)
@number("9.2")
def test_where_wfi_is_legal(bench):
    """`wfi` is legal in M-mode, in S-mode if TW = 0, never in U-mode."""
    bench.wfi(hart("M", TW=1)).is_allowed()
    bench.wfi(hart("S", TW=0)).is_allowed()
    bench.wfi(hart("S", TW=1)).is_refused()
    bench.wfi(hart("U", TW=0)).is_refused()


@clause("T10")
@weight(1)
@number("10.1")
def test_the_number_tells_the_mode(bench):
    """Bits 9:8 of a CSR's number are the lowest mode that may access it; it has to exist, too."""
    bench.csr(hart("S"), "sstatus").is_allowed()
    bench.csr(hart("U"), "sstatus").is_refused()
    bench.csr(hart("M"), "mstatus", write=True).is_allowed()
    bench.csr(hart("S"), "mstatus").is_refused()
    bench.csr(hart("M"), 0x30B).is_refused()


@clause("T10")
@weight(1)
@number("10.2")
def test_read_only_csrs(bench):
    """A CSR whose bits 11:10 are 11 can be read but not written."""
    bench.csr(hart("M"), "mhartid").is_allowed()
    bench.csr(hart("M"), "mhartid", write=True).is_refused()


@clause("T10")
@weight(1)
@number("10.3")
def test_trapped_csrs(bench):
    """TVM keeps satp from S-mode, TM and STCE stimecmp; counters need mcounteren, scounteren."""
    bench.csr(hart("S", TVM=0), "satp", write=True).is_allowed()
    bench.csr(hart("S", TVM=1), "satp").is_refused()
    bench.csr(hart("M", TVM=1), "satp").is_allowed()
    bench.csr(hart("S", mcounteren=0b010), "time").is_allowed()
    bench.csr(hart("S", mcounteren=0b101), "time").is_refused()
    bench.csr(hart("U", mcounteren=0b010, scounteren=0b010), "time").is_allowed()
    bench.csr(hart("U", mcounteren=0b010, scounteren=0b101), "time").is_refused()
    bench.csr(hart("S", mcounteren=0b010, menvcfg=STCE), "stimecmp", write=True).is_allowed()
    bench.csr(hart("S", mcounteren=0b101, menvcfg=STCE), "stimecmp").is_refused()


@clause("T11")
@weight(1)
@number("11.1")
def test_mprv_is_for_loads_and_stores(bench):
    """With MPRV = 1 loads and stores run as if in mode MPP, fetches in the real mode."""
    before = hart("M", MPRV=1, MPP="S")
    bench.accesses_as(before, fetch=False, expected=Mode.S)
    bench.accesses_as(before, fetch=True, expected=Mode.M)
    bench.accesses_as(hart("M", MPRV=0, MPP="S"), fetch=False, expected=Mode.M)


@clause("T12")
@weight(1)
@number("12.1")
def test_where_sfence_is_legal(bench):
    """`sfence.vma` is legal in M-mode, in S-mode if TVM = 0, never in U-mode."""
    bench.sfence(hart("M", TVM=1)).is_allowed()
    bench.sfence(hart("S", TVM=0)).is_allowed()
    bench.sfence(hart("S", TVM=1)).is_refused()
    bench.sfence(hart("U", TVM=0)).is_refused()
