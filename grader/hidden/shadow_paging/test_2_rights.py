"""Steps 4 to 6: accessed and dirty, two views, superpages (S4, S6-S8)."""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.access import Access
from vmlab.bench.shadow import BASE
from vmlab.bench.shadow_tables import A, D, letters, pte
from vmlab.sv39 import R, U, W, X
from vmlab.testing import Mismatch, clause

from grader.hidden.shadow_paging.oracle import permits

PAGE = 0x1234_5000
DATA = BASE + 0x2_0000
KINDS = [R, R | X, R | W, R | W | X, X]


def access(vm, kind, address):
    """Make an access of a kind."""
    names = {Access.LOAD: vm.load, Access.STORE: vm.store, Access.FETCH: vm.fetch}
    return names[kind](address)


@clause("S4")
@weight(6)
@number("4.3")
def test_every_right_in_every_view(bench):
    """Each kind of page in each mode, with SUM and MXR: what is allowed, without any fence."""
    vm = bench.vm()
    root = vm.space()
    pages = list(product(KINDS, (0, U)))
    for n, (rights, user) in enumerate(pages):
        bits = 1 | rights | user | A | D
        vm.poke(vm.entry(root, PAGE + n * 0x1000), pte(DATA + n * 0x1000, bits))
    views = list(product("US", (False, True), (False, True)))
    for mode, sum_, mxr in (*views, *reversed(views)):
        vm.runs(mode, root, sum=sum_, mxr=mxr)
        for (n, (rights, user)), kind in product(enumerate(pages), Access):
            outcome = access(vm, kind, PAGE + n * 0x1000)
            if permits(rights | user, kind, mode == "U", sum_, mxr):
                outcome.reaches(DATA + n * 0x1000)
            else:
                outcome.faults()


def marks(vm, entry, expected, after):
    """The A and D bits of a PTE are these."""
    found = vm.peek(entry) & (A | D)
    if found != expected:
        raise Mismatch(f"the guest's leaf after {after}", letters(expected), letters(found))


@clause("S6")
@weight(3)
@number("6.3")
def test_marks_again_after_they_are_cleared(bench):
    """After the guest clears A and D and fences, the next accesses set them again, at any level."""
    vm = bench.vm()
    root = vm.space()
    small = vm.map(root, PAGE, DATA, "VRWXU")
    vm.map(root, 0x8000_0000, BASE, "VRWXU", level=1)
    big = vm.entry(root, 0x8000_0000, 1)
    vm.runs("U", root)
    for entry, address, to in ((small, PAGE, DATA), (big, 0x8002_1000, DATA + 0x1000)):
        bits = vm.peek(entry)
        for _ in range(3):
            vm.edit(entry, bits)
            vm.fence(address)
            vm.load(address).reaches(to)
            marks(vm, entry, A, "a load")
            vm.fetch(address).reaches(to)
            marks(vm, entry, A, "a fetch")
            vm.atomic("amoadd.d", address).reaches(to)
            marks(vm, entry, A | D, "an AMO")
            vm.edit(entry, bits)
            vm.fence()
            vm.atomic("lr.d", address).reaches(to)
            marks(vm, entry, A, "an LR")
            vm.store(address, to).reaches(to)
            marks(vm, entry, A | D, "a store")
    for kind, flags in ((Access.STORE, "VRXU"), (Access.LOAD, "VXU"), (Access.FETCH, "VRWU")):
        vm.edit(small, pte(DATA, flags))
        vm.fence()
        access(vm, kind, PAGE).faults()
        marks(vm, small, 0, "an access that faults")
    vm.edit(small, pte(DATA, "VRWX"))
    vm.fence()
    vm.store(PAGE).faults()
    marks(vm, small, 0, "an access that the mode may not make")


@clause("S7")
@weight(2)
@number("7.2")
def test_no_clean_page_is_writable(bench):
    """In no view, and at no address, is a page with D = 0 writable."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA, "VRWXUA")
    vm.map(root, 0x8000_0000, BASE, "VRWXUA", level=1)
    for mode, sum_, mxr in (("U", False, False), ("U", False, True), ("S", True, False)):
        vm.runs(mode, root, sum=sum_, mxr=mxr)
        for address in (PAGE, 0x8002_1000, 0x8002_2000):
            vm.load(address)
            if mode == "U":
                vm.fetch(address)
            clean(vm)


def clean(vm):
    """No leaf of the shadow but the kernel's is writable."""
    for virtual, leaf in vm.leaves().items():
        if leaf.bits & W and leaf.bits & D and virtual < 0x3F_0000_0000:
            raise Mismatch(
                f"{vm.scenario()}: loads of pages with D=0",
                "no shadow leaf with W",
                f"{letters(leaf.bits)} at {virtual:#x}",
            )


@clause("S8")
@weight(4)
@number("8.3")
def test_superpages_of_both_sizes(bench):
    """2 MiB and 1 GiB, aligned or not, with rights and marks of the one entry."""
    vm = bench.vm()
    root = vm.space()
    two, one = 0x2_4000_0000, 0x3_0000_0000
    vm.map(root, two, BASE, "VRWXU", level=1)
    vm.map(root, one, BASE, "VRWAD", level=2)
    mega = vm.entry(root, two, 1)
    vm.runs("U", root)
    for n in range(0x20, 0x30):
        vm.load(two + n * 0x1000 + 8).reaches(BASE + n * 0x1000 + 8)
        vm.load(one + n * 0x1000).faults()
    vm.store(two + 0x2_5FF8, 1).reaches(BASE + 0x2_5FF8)
    vm.load(two + 0x1F_F000).is_device(BASE + 0x1F_F000)
    marks(vm, mega, A | D, "a store to one of its pages")
    vm.runs("S")
    for n in (0x20, 0x2F):
        vm.store(one + n * 0x1000 + 0x10).reaches(BASE + n * 0x1000 + 0x10)
        vm.fetch(one + n * 0x1000).faults()
    vm.load(one + 0x3FFF_F000).is_device(BASE + 0x3FFF_F000)
    vm.check_isolated()
    for level, low in ((1, 0x1000), (1, 0x10_0000), (2, 0x1000), (2, 0x20_0000)):
        vm = bench.vm()
        root = vm.space()
        vm.poke(vm.entry(root, two, level), pte(BASE | low, "VRWXUAD"))
        vm.runs("U", root)
        vm.load(two + 0x2_0000).faults("norm:Sv39_superpage_align_fault")
