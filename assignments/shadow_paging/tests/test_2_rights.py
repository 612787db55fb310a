"""Steps 4 to 6: accessed and dirty, two views, superpages (S4, S6-S8)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.shadow import BASE
from vmlab.bench.shadow_tables import A, D, pte
from vmlab.sv39 import W
from vmlab.testing import Mismatch, clause

PAGE = 0x40_0000
DATA = BASE + 0x2_0000


def bits_are(vm, entry, expected, after):
    """The A and D bits of the guest's PTE are these."""
    found = vm.peek(entry) & (A | D)
    if found != expected:
        names = {0: "A=0, D=0", A: "A=1, D=0", A | D: "A=1, D=1", D: "A=0, D=1"}
        raise Mismatch(f"the guest's leaf after {after}", names[expected], names[found])


@clause("S6")
@weight(2)
@number("6.1")
def test_accessed_and_dirty(bench):
    """A load sets A, a store A and D; both in the guest's own leaf."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA, "VRWXU")
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    bits_are(vm, entry, A, "a load")
    vm.store(PAGE).reaches(DATA)
    bits_are(vm, entry, A | D, "a store")
    vm.load(PAGE + 8).reaches(DATA + 8)


@clause("S6")
@weight(1)
@number("6.2")
def test_refused_accesses_leave_no_mark(bench):
    """An access that the guest may not make sets neither."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA, "VRU")
    vm.runs("U", root)
    vm.store(PAGE).faults()
    bits_are(vm, entry, 0, "a store that faults")


@clause("S7")
@weight(2)
@number("7.1")
def test_clean_pages(bench):
    """After a load of a page with D = 0, the shadow's leaf has no W."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA, "VRWU")
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    leaf = vm.leaves().get(PAGE)
    if leaf is not None and leaf.bits & W:
        raise Mismatch("a load of a page with D=0", "a shadow leaf without W", "W is set")


@clause("S4")
@weight(2)
@number("4.1")
def test_user_and_kernel_views(bench):
    """U-mode has user pages only; S-mode the others, and user pages only with SUM."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA, "VRWXUAD")
    vm.map(root, PAGE + 0x1000, DATA + 0x1000, "VRWXAD")
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    vm.load(PAGE + 0x1000).faults()
    vm.runs("S")
    vm.load(PAGE).faults()
    vm.store(PAGE).faults()
    vm.load(PAGE + 0x1000).reaches(DATA + 0x1000)
    vm.runs("S", sum=True)
    vm.load(PAGE).reaches(DATA)
    vm.runs("S")
    vm.load(PAGE).faults(rule="norm:sfence_vma_sum_mxr_effect: at once, without a fence")
    vm.runs("U")
    vm.load(PAGE + 0x1000).faults()


@clause("S4")
@weight(2)
@number("4.2")
def test_rights(bench):
    """R, W and X each allow their own kind of access; MXR lets X be read."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA, "VRUAD")
    vm.map(root, PAGE + 0x1000, DATA + 0x1000, "VXUAD")
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    vm.store(PAGE).faults()
    vm.fetch(PAGE).faults()
    vm.fetch(PAGE + 0x1000).reaches(DATA + 0x1000)
    vm.load(PAGE + 0x1000).faults()
    vm.runs("U", mxr=True)
    vm.load(PAGE + 0x1000).reaches(DATA + 0x1000)
    vm.fetch(PAGE).faults("MXR never allows a fetch")


@clause("S8")
@weight(2)
@number("8.1")
def test_a_superpage(bench):
    """A leaf one level up maps 2 MiB: the low bits of the page number come from the address."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, 0x8000_0000, BASE, "VRWXUAD", level=1)
    vm.runs("U", root)
    for offset in (0x2_0000, 0x2_1008, 0x3_8010):
        vm.load(0x8000_0000 + offset).reaches(BASE + offset).reads(BASE + offset)
    vm.store(0x8002_2000).reaches(BASE + 0x2_2000)
    vm.load(0x8010_0000).is_device(BASE + 0x10_0000)


@clause("S8")
@weight(1)
@number("8.2")
def test_a_misaligned_superpage(bench):
    """A superpage whose page number has low bits set is a page fault."""
    vm = bench.vm()
    root = vm.space()
    at = vm.entry(root, 0x8000_0000, level=1)
    vm.poke(at, pte(DATA, "VRWXUAD"))
    vm.runs("U", root)
    vm.load(0x8000_0000).faults()
