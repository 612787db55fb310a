"""Steps 1 to 3: the guest's memory, mappings, faults sorted (S1-S3, S5)."""

from itertools import product

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.bench.shadow import BASE
from vmlab.bench.shadow_tables import pte, satp
from vmlab.testing import clause

PAGE = 0x1234_5000
DATA = BASE + 0x2_0000


@clause("S1")
@weight(3)
@number("1.3")
def test_bare_in_every_mode(bench):
    """M-mode never translates, U-mode and S-mode not while satp is Bare; also at odd addresses."""
    vm = bench.vm(pages=50)
    root = vm.space()
    vm.map(root, DATA, DATA + 0x3000)
    for mode in "MSU":
        vm.runs(mode)
        vm.load(DATA + 0x18).reaches(DATA + 0x18)
        vm.store(DATA + 1, width=1).reaches(DATA + 1)
        vm.load(BASE + 50 * 4096).is_device(BASE + 50 * 4096)
        vm.load(1 << 40).is_device(1 << 40)
        vm.store(0xFFFF_FFFF_FFFF_FFF8).is_device(0xFFFF_FFFF_FFFF_FFF8)
        vm.check_isolated()
    vm.runs("S", root, sum=True)
    vm.load(DATA).reaches(DATA + 0x3000)
    vm.runs("M")
    vm.load(DATA).reaches(DATA, "M-mode does not use satp")
    vm.runs("U")
    vm.load(DATA + 0x10).reaches(DATA + 0x3010)
    vm.write_satp(0)
    vm.load(DATA).reaches(DATA)


@clause("S2")
@weight(4)
@number("2.3")
@settings(max_examples=12)
@given(
    pages=st.lists(st.integers(0, (1 << 27) - 1), min_size=1, max_size=5, unique=True),
    offset=st.integers(0, 511),
)
def test_any_pages(bench, pages, offset):
    """Pages anywhere in the 39 bits of an address, used twice, and in U-mode and S-mode."""
    vm = bench.vm()
    root = vm.space()
    pages = [page for page in pages if page >> 18 != 255]
    places = []
    for n, page in enumerate(pages):
        virtual = (page << 12 | -(page >> 26) << 39) & (1 << 64) - 1
        vm.map(root, virtual, DATA + n * 0x1000, "VRWXUAD" if n % 2 else "VRWUAD")
        places.append((virtual + offset * 8, DATA + n * 0x1000 + offset * 8))
    for mode, sum_ in (("U", False), ("S", True)) * 2:
        vm.runs(mode, root, sum=sum_)
        for virtual, physical in places:
            vm.load(virtual).reaches(physical).reads(physical)
    for virtual, physical in places:
        vm.store(virtual, physical).reaches(physical)


@clause("S3")
@weight(2)
@number("3.3")
def test_every_reserved_bit(bench):
    """Bits 63 to 54 of a leaf and of pointers, and A, D and U of pointers, one at a time."""
    for level in range(3):
        for bit in (*range(54, 64), *((4, 6, 7) if level else ())):
            vm = bench.vm(pages=48)
            root = vm.space()
            vm.map(root, PAGE, DATA)
            vm.map(root, 0x7_0000_0000, DATA)
            at = vm.entry(root, PAGE, level)
            vm.poke(at, vm.peek(at) | 1 << bit)
            vm.runs("U", root)
            vm.load(PAGE).faults()
            vm.store(PAGE + 8).faults()
            vm.fetch(PAGE).faults()
            vm.load(0x7_0000_0000).reaches(DATA)


@clause("S3")
@weight(2)
@number("3.4")
def test_shapes_that_fault(bench):
    """Addresses that are not canonical, W without R, a pointer at the last level, empty tables."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA)
    vm.map(root, PAGE + 0x1000, DATA, "V")
    vm.map(root, PAGE + 0x2000, DATA, "VW")
    vm.map(root, PAGE + 0x3000, DATA, "VWX")
    vm.map(root, PAGE + 0x4000, DATA, "RWXUAD")
    vm.map(root, PAGE + 0x20_0000, DATA, "VWUAD", level=1)
    for mode, sum_ in (("U", False), ("S", True)):
        vm.runs(mode, root, sum=sum_)
        vm.load(PAGE).reaches(DATA)
        for bit in (39, 40, 55, 63):
            vm.load(PAGE | 1 << bit).faults("norm:Sv39_va_signext")
            vm.store(PAGE | 1 << bit).faults()
            vm.fetch(PAGE | 1 << bit).faults()
        vm.load(PAGE | 0xFFFF_FF80_0000_0000).faults("bit 38 is 0, bits 63 to 39 are not")
        for n in (1, 2, 3, 4, 0x200):
            vm.load(PAGE + n * 0x1000).faults()
            vm.atomic("amoadd.d", PAGE + n * 0x1000 + 8).faults("an AMO raises a store fault")
            vm.atomic("lr.d", PAGE + n * 0x1000 + 8).faults("an LR raises a load fault")
            vm.atomic("sc.d", PAGE + n * 0x1000 + 8).faults("an SC raises a store fault")
        vm.load(PAGE + 0xFFC).faults(at=PAGE + 0x1000, rule="of the portion that failed")


@clause("S5")
@weight(3)
@number("5.2")
def test_tables_at_the_edge_of_ram(bench):
    """A table just outside of RAM is an access fault, whatever the level; devices get addresses."""
    end = BASE + 48 * 4096
    for level, outside in product((1, 2), (end, BASE - 4096, 0, 1 << 55)):
        vm = bench.vm(pages=48)
        root = vm.space()
        vm.map(root, PAGE, DATA)
        vm.poke(vm.entry(root, PAGE, level), pte(outside, "V"))
        vm.runs("U", root)
        vm.load(PAGE).access_faults()
        vm.store(PAGE).access_faults()
        vm.fetch(PAGE).access_faults()
        vm.atomic("amoadd.d", PAGE).access_faults()
    vm = bench.vm(pages=48)
    root = vm.space()
    outsides = (end, BASE - 4096, 0x1000_0000, 1 << 55)
    for n, outside in enumerate(outsides):
        vm.map(root, PAGE + n * 0x1000, outside, "VRWXU")
    vm.map(root, PAGE + 0x4000, 0x1000_0000, "VRUAD")
    vm.runs("U", root)
    for n, outside in enumerate(outsides):
        vm.load(PAGE + n * 0x1000 + 0x10).is_device(outside + 0x10)
        vm.store(PAGE + n * 0x1000 + 4, width=4).is_device(outside + 4)
        vm.fetch(PAGE + n * 0x1000).is_device(outside)
    vm.store(PAGE + 0x4000).faults("rights come before what lies there")
    far = bench.vm()
    far.runs("U")
    far.write_satp(satp(0x7000_0000))
    far.fetch(PAGE).access_faults()
