"""Step 7: satp, fences, isolation (S9-S11)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.shadow import BASE
from vmlab.bench.shadow_tables import pte, satp
from vmlab.testing import clause

PAGE = 0x40_0000
DATA = BASE + 0x2_0000
NEW = BASE + 0x2_8000


@clause("S9")
@weight(2)
@number("9.1")
def test_two_address_spaces(bench):
    """Each root has its own mappings, when it comes back too; satp with another mode is ignored."""
    vm = bench.vm()
    one, two = vm.space(), vm.space()
    vm.map(one, PAGE, DATA)
    vm.map(two, PAGE, NEW)
    for root, asid, page in ((one, 1, DATA), (two, 2, NEW), (one, 1, DATA), (two, 2, NEW)):
        vm.runs("U", root, asid)
        vm.load(PAGE).reaches(page)
    vm.write_satp(9 << 60 | satp(one, 1) & (1 << 60) - 1)
    vm.load(PAGE).reaches(NEW, "norm:satp_mode_op_unsupported: the whole write is ignored")


@clause("S10")
@weight(2)
@number("10.1")
def test_fences(bench):
    """After a fence of everything, or of the page, the new entry counts, and the old is gone."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA)
    vm.runs("U", root, asid=5)
    fences = ((None, None), (PAGE, None), (PAGE + 0xFF8, 5), (None, 5))
    page, other = DATA, NEW
    vm.load(PAGE).reaches(page)
    for address, asid in fences:
        page, other = other, page
        vm.edit(entry, pte(page, "VRWXUAD"))
        vm.fence(address, asid)
        vm.load(PAGE).reaches(page)
        vm.store(PAGE).reaches(page)
    vm.edit(entry, 0)
    vm.fence()
    vm.load(PAGE).faults()


@clause("S10")
@weight(2)
@number("10.2")
def test_new_rights_need_no_fence(bench):
    """What faulted before and is allowed now works without a fence; less rights need one."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, 0, "")
    vm.runs("U", root)
    vm.load(PAGE).faults()
    vm.edit(entry, pte(DATA, "VRUAD"))
    vm.load(PAGE).reaches(DATA)
    vm.store(PAGE).faults()
    vm.edit(entry, pte(DATA, "VRWUAD"))
    vm.store(PAGE).reaches(DATA)
    vm.edit(entry, pte(DATA, "VRUAD"))
    vm.fence(PAGE)
    vm.store(PAGE).faults()


@clause("S11")
@weight(1)
@number("11.1")
def test_leaves_lead_to_this_vm(bench):
    """Whatever the guest maps, its shadow leads to frames of its own VM only."""
    vm = bench.vm()
    root = vm.space()
    for n, page in enumerate((DATA, NEW, BASE + 64 * 4096, BASE - 4096, 0x1000_0000, 1 << 55)):
        vm.map(root, PAGE + n * 0x1000, page)
    vm.runs("U", root)
    for n in range(6):
        vm.load(PAGE + n * 0x1000)
        vm.store(PAGE + n * 0x1000)
        vm.check_isolated()
    vm.runs("M")
    vm.load(DATA).reaches(DATA)
    vm.check_isolated()
