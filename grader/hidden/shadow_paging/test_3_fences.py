"""Step 7: satp, fences, isolation (S9-S11)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.shadow import BASE, STUBS
from vmlab.bench.shadow_tables import pte, satp
from vmlab.hart import Mode
from vmlab.testing import clause

PAGE = 0x1234_5000
DATA = BASE + 0x2_0000
NEW = BASE + 0x2_8000


@clause("S9")
@weight(3)
@number("9.2")
def test_roots_that_come_back(bench):
    """Unsupported modes are ignored; a root that was freed and used again is another one, and so
    is one with an ASID that is new."""
    vm = bench.vm()
    one, two = vm.space(), vm.space()
    vm.map(one, PAGE, DATA)
    vm.map(two, PAGE, NEW)
    vm.runs("U", one, 3)
    vm.load(PAGE).reaches(DATA)
    for mode in (1, 7, 9, 10, 15):
        vm.write_satp(mode << 60 | satp(two, 4) & (1 << 60) - 1)
        vm.load(PAGE + 8).reaches(DATA + 8)
    vm.runs("U", two, 4)
    vm.load(PAGE).reaches(NEW)
    # The other root's page is filled with other entries while it is not in use, then fenced.
    vm.edit(one + (PAGE >> 30) * 8, vm.peek(two + (PAGE >> 30) * 8))
    vm.fence(None, 3)
    vm.runs("U", one, 3)
    vm.load(PAGE).reaches(NEW)
    # Bare and back.
    vm.write_satp(0)
    vm.load(DATA).reaches(DATA)
    vm.runs("U", two, 4)
    vm.load(PAGE).reaches(NEW)
    vm.write_satp(satp(two, 9))
    vm.store(PAGE).reaches(NEW)
    # No fence, but an ASID that was never used: what is stale under the others is none of its.
    vm.edit(vm.entry(two, PAGE), pte(DATA, "VRWXUAD"))
    vm.write_satp(satp(two, 5))
    vm.load(PAGE).reaches(DATA, "norm:sfence_vma_asid_effect: nothing is stale under a new ASID")


@clause("S10")
@weight(2)
@number("10.3")
def test_a_superpage_is_fenced_whole(bench):
    """A fence of any address in a superpage drops all of it, in both views."""
    vm = bench.vm()
    root = vm.space()
    big = 0x8000_0000
    vm.map(root, big, BASE, "VRWXUAD", level=1)
    entry = vm.entry(root, big, 1)
    for asid in (None, 6):
        vm.runs("U", root, 6)
        for offset in (0x2_0000, 0x2_1000, 0x3_0000):
            vm.store(big + offset).reaches(BASE + offset)
            vm.runs("S", sum=True)
            vm.load(big + offset).reaches(BASE + offset)
            vm.runs("U")
        vm.edit(entry, 0)
        vm.fence(big + 0x1F_F123, asid)
        for offset in (0x2_0000, 0x2_1000, 0x3_0000):
            vm.load(big + offset).faults()
            vm.runs("S", sum=True)
            vm.store(big + offset).faults()
            vm.runs("U")
        vm.edit(entry, pte(BASE, "VRWXUAD"))
        vm.fence()


@clause("S10")
@weight(2)
@number("10.4")
def test_the_scope_of_fences(bench):
    """Fences reach address spaces and views that are not in use, and the pages that they name."""
    vm = bench.vm()
    one, two = vm.space(), vm.space()
    entries = {}
    for root in (one, two):
        for n in range(2):
            entries[root, n] = vm.map(root, PAGE + n * 0x1000, DATA + n * 0x1000)
    for address, asid in ((PAGE, None), (PAGE + 0x8, 1), (None, 1), (None, None)):
        for mode in "US":
            vm.runs(mode, one, 1, sum=mode == "S")
            vm.store(PAGE).reaches(DATA)
            vm.store(PAGE + 0x1000).reaches(DATA + 0x1000)
        vm.runs("S", two, 2)
        vm.edit(entries[one, 0], pte(NEW, "VRUAD"))
        vm.fence(address, asid)
        for mode in "US":
            vm.runs(mode, one, 1, sum=mode == "S")
            vm.load(PAGE).reaches(NEW)
            vm.store(PAGE).faults()
            vm.store(PAGE + 0x1000).reaches(DATA + 0x1000)
        vm.edit(entries[one, 0], pte(DATA, "VRWXUAD"))
        vm.fence()
    # The pointer on the way, not the entry itself: the other table has them in another order.
    pointer, other = vm.entry(one, PAGE, 1), vm.page()
    for n in range(2):
        vm.poke(other + (PAGE >> 12 & 511) * 8 + n * 8, pte(DATA + (1 - n) * 0x1000, "VRWXUAD"))
    vm.runs("U", one, 1)
    for n in range(2):
        vm.load(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)
    vm.edit(pointer, pte(other, "V"))
    for n in range(2):
        vm.fence(PAGE + n * 0x1000, 1)
        vm.load(PAGE + n * 0x1000).reaches(DATA + (1 - n) * 0x1000)


@clause("S10")
@weight(1)
@number("10.5")
def test_global_pages_and_odd_addresses(bench):
    """A global page is dropped by a fence of its address; a fence of no address of Sv39 is none."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA, "VRWUGAD")
    vm.runs("U", root, 1)
    for _ in range(2):
        vm.store(PAGE).reaches(DATA)
        vm.fence(PAGE | 1 << 62)
        vm.fence(1 << 63, 1)
        vm.fence(STUBS[Mode.U])
        vm.store(PAGE).reaches(DATA)
        vm.edit(entry, pte(NEW, "VRUGAD"))
        vm.fence(PAGE)
        vm.store(PAGE).faults()
        vm.load(PAGE).reaches(NEW)
        vm.edit(entry, pte(DATA, "VRWUGAD"))
        vm.fence()


@clause("S11")
@weight(2)
@number("11.2")
def test_no_way_out(bench):
    """Superpages that begin in RAM and end outside, wrap-arounds, Bare: no way out of the VM."""
    vm = bench.vm(pages=41)
    root = vm.space()
    end = BASE + 41 * 4096
    vm.map(root, 0x8000_0000, BASE, "VRWXUAD", level=1)
    vm.map(root, 0x4_0000_0000, 0, "VRWXUAD", level=2)
    vm.map(root, 0x5_0000_0000, 0xFF_FFFF_C000_0000, "VRWXUAD", level=2)
    for n, target in enumerate((end, end - 4096, BASE - 4096, (1 << 56) - 4096)):
        vm.map(root, PAGE + n * 0x1000, target, "VRWXUAD")
    vm.runs("U", root)
    for address in (
        0x8002_8000,
        0x8002_9000,
        0x4_3FFF_F000,
        0x5_3FFF_F000,
        PAGE,
        PAGE + 0x1000,
        PAGE + 0x2000,
        PAGE + 0x3000,
        0x801F_F000,
    ):
        for attempt in (vm.load, vm.store, vm.fetch):
            attempt(address)
            vm.check_isolated()
    for mode in "MS":
        vm.runs(mode)
        vm.write_satp(0)
        for address in (BASE, end - 8, end, 0, BASE - 8, 0x8020_0000 - 8, 0x8010_0000):
            vm.load(address)
            vm.check_isolated()
