"""Steps 1 to 3: the guest's memory, a first mapping, faults sorted (S1-S3, S5)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.shadow import BASE
from vmlab.bench.shadow_tables import pte
from vmlab.testing import clause

PAGE = 0x40_0000
"""A virtual address that nothing else uses."""
DATA = BASE + 0x2_0000
"""Guest RAM that no table uses."""


@clause("S1")
@weight(1)
@number("1.1")
def test_guest_physical_memory(bench):
    """Without translation the guest's addresses are those of its own RAM, wherever that lies."""
    for _ in range(2):  # a second guest, which has nothing of the first
        vm = bench.vm()
        for page in (0x2_0000, 0x2_1000, 0x3_8000):
            vm.load(BASE + page + 8).reaches(BASE + page + 8).reads(BASE + page + 8)
            vm.store(BASE + page).reaches(BASE + page)
        vm.fetch(DATA).reaches(DATA)


@clause("S1")
@weight(1)
@number("1.2")
def test_what_is_no_ram(bench):
    """Outside its RAM the guest meets devices, also just outside."""
    vm = bench.vm()
    for address in (0x1000_0000, BASE - 8, BASE + 64 * 4096, 0):
        vm.load(address).is_device(address)
        vm.store(address).is_device(address)


@clause("S2")
@weight(2)
@number("2.1")
def test_a_mapped_page(bench):
    """A load, a store and a fetch reach the page that the guest's three levels of tables name."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA)
    vm.runs("U", root)
    vm.load(PAGE + 0x18).reaches(DATA + 0x18).reads(DATA + 0x18)
    vm.store(PAGE + 0x20, 7).reaches(DATA + 0x20)
    vm.load(PAGE + 0x20).reads(7)
    vm.fetch(PAGE).reaches(DATA)


@clause("S2")
@weight(2)
@number("2.2")
def test_many_pages(bench):
    """Pages whose addresses differ in any one of their three indices are different pages."""
    vm = bench.vm()
    root = vm.space()
    pages = (PAGE, PAGE + 0x1000, PAGE + 0x20_0000, PAGE + 0x4000_0000, 0xFFFF_FFC0_0000_0000)
    for n, page in enumerate(pages):
        vm.map(root, page, DATA + n * 0x1000)
    vm.runs("U", root)
    for n, page in enumerate(pages):
        vm.load(page).reaches(DATA + n * 0x1000)
    for n, page in enumerate(pages):
        vm.store(page + 8).reaches(DATA + n * 0x1000 + 8)


@clause("S3")
@weight(2)
@number("3.1")
def test_nothing_there(bench):
    """An entry that is not valid, at any level, is a page fault of the access's kind, at its
    virtual address."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA)
    vm.runs("U", root)
    for address in (PAGE + 0x1008, PAGE + 0x20_0000, PAGE + 0x4000_0000):
        vm.load(address).faults()
        vm.store(address).faults()
        vm.fetch(address).faults()
    vm.load(PAGE).reaches(DATA)


@clause("S3")
@weight(2)
@number("3.2")
def test_entries_that_are_reserved(bench):
    """W without R, bits 63 to 54, and A, D or U in a pointer make an entry invalid."""
    vm = bench.vm()
    root = vm.space()
    for n, bits in enumerate(("VWUAD", "VWXUAD")):
        vm.map(root, PAGE + n * 0x1000, DATA, bits)
    high = vm.map(root, PAGE + 0x2000, DATA)
    vm.poke(high, pte(DATA, "VRWXUAD") | 1 << 63)
    vm.map(root, PAGE + 0x20_0000, DATA)
    vm.map(root, PAGE + 0x20_0000, DATA, "VA", level=1)
    vm.runs("U", root)
    for address in (PAGE, PAGE + 0x1000, PAGE + 0x2000, PAGE + 0x20_0000):
        vm.load(address).faults()


@clause("S5")
@weight(2)
@number("5.1")
def test_faults_sorted(bench):
    """A mapped device is left to the VMM; a table outside of RAM is an access fault."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, 0x1000_0000, "VRWUAD")
    at = vm.entry(root, PAGE + 0x20_0000, level=1)
    vm.poke(at, pte(0x2000_0000, "V"))
    vm.runs("U", root)
    vm.store(PAGE + 5, width=1).is_device(0x1000_0005)
    vm.load(PAGE + 5, width=1).is_device(0x1000_0005)
    vm.load(PAGE + 0x20_0000).access_faults()
    vm.store(PAGE + 0x20_0000).access_faults()
    vm.fetch(PAGE + 0x20_0000).access_faults()
