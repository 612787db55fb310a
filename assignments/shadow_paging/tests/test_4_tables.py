"""Steps 8 and 9: tables that are written, the cost of fences, frames that come and go (S12-S16)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.shadow import BASE, DIRECT
from vmlab.bench.shadow_tables import A, D, pte
from vmlab.testing import Mismatch, clause

PAGE = 0x40_0000
DATA = BASE + 0x2_0000
NEW = BASE + 0x2_8000


@clause("S12")
@weight(2)
@number("12.1")
def test_stores_to_tables(bench):
    """Stores to a page of tables are done once each, whatever else it maps; and they count."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA)
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    vm.runs("S")
    direct = DIRECT + entry - BASE
    vm.store(direct + 8, pte(NEW, "VRWUAD")).reaches(entry + 8)
    vm.atomic("amoadd.d", direct + 16, 5).reaches(entry + 16).reads(0)
    vm.atomic("amoadd.d", direct + 16, 5).reads(5)
    vm.load(direct + 16).reads(10)
    vm.store(direct, pte(NEW, "VRWUAD")).reaches(entry)
    vm.fence()
    vm.runs("U")
    vm.load(PAGE).reaches(NEW)
    vm.load(PAGE + 0x1000).reaches(NEW)


@clause("S13")
@weight(2)
@number("13.1")
def test_a_fence_of_what_has_not_changed(bench):
    """After a fence, pages whose tables have not changed are used without a fault."""
    vm = bench.vm()
    root = vm.space()
    entries = [vm.map(root, PAGE + n * 0x1000, DATA + n * 0x1000) for n in range(8)]
    vm.runs("U", root)
    for n in range(8):
        vm.store(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)
    for _ in range(3):
        vm.edit(entries[0], pte(NEW, "VRWUAD"))
        vm.fence()
        vm.runs("U")
        vm.load(PAGE).reaches(NEW)
        before = vm.exits
        for n in range(1, 8):
            vm.store(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)
        if vm.exits != before:
            raise Mismatch(
                "stores to seven pages that are as they were, after a fence",
                "no fault",
                f"{vm.exits - before} faults",
            )


@clause("S14")
@weight(2)
@number("14.1")
def test_a_frame_is_taken(bench):
    """A page whose frame is taken away is absent, at every address and at once."""
    vm = bench.vm()
    root = vm.space()
    vm.map(root, PAGE, DATA)
    vm.map(root, PAGE + 0x5000, DATA)
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    vm.store(PAGE + 0x5000).reaches(DATA)
    vm.take(DATA)
    vm.load(PAGE).is_absent(DATA)
    vm.store(PAGE + 0x5000).is_absent(DATA)
    vm.check_isolated()


@clause("S14")
@weight(1)
@number("14.2")
def test_a_frame_is_given(bench):
    """A page that gets a frame again is full of zeros."""
    vm = bench.vm()
    vm.store(DATA).reaches(DATA)
    vm.take(DATA)
    vm.load(DATA).is_absent(DATA)
    vm.give(DATA)
    vm.load(DATA).reaches(DATA).reads(0)
    vm.load(DATA + 0xFF8).reads(0)


@clause("S15")
@weight(1)
@number("15.1")
def test_teardown(bench):
    """When the guest ends, every frame of its shadows is given back, once."""
    vm = bench.vm()
    for _ in range(3):
        root = vm.space()
        vm.map(root, PAGE, DATA)
        vm.runs("U", root)
        vm.load(PAGE).reaches(DATA)
    vm.stop()


@clause("S16")
@weight(1)
@number("16.1")
def test_another_hart_is_faster(bench):
    """If another hart changes the entry before A and D are set in it, the new one counts."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA, "VRWU")
    vm.runs("U", root)
    vm.host.race = lambda: vm.poke(entry, pte(NEW, "VRWU"))
    vm.store(PAGE).reaches(NEW)
    if vm.host.races != 1 or vm.peek(entry) != pte(NEW, "VRWU") | A | D:
        raise Mismatch(
            "a store, while another hart writes the PTE",
            "the other's PTE, with A and D set by compare_and_set",
            f"{vm.peek(entry):#x}" if vm.host.races else "compare_and_set was not called",
        )


@clause("S17")
@weight(1)
@number("17.1")
def test_a_sequence(bench):
    """Maps, stores, fences, switches and lost frames in turn: no right outlives its reason."""
    vm = bench.vm()
    roots = [vm.space() for _ in range(2)]
    entries = [vm.map(root, PAGE, DATA, "VRWU") for root in roots]
    for turn in range(6):
        root, entry = roots[turn % 2], entries[turn % 2]
        vm.runs("U", root, turn % 2 + 1)
        page = (DATA, NEW)[turn // 2 % 2]
        vm.edit(entry, pte(page, "VRWU"))
        vm.fence(PAGE, turn % 2 + 1)
        vm.load(PAGE).reaches(page)
        vm.store(PAGE).reaches(page)
        vm.runs("S")
        vm.load(PAGE).faults()
        vm.take(page)
        vm.runs("U")
        vm.load(PAGE).is_absent(page)
        vm.give(page)
        vm.load(PAGE).reaches(page).reads(0)
        vm.edit(entry, pte(page, "VRUAD"))
        vm.fence()
        vm.store(PAGE).faults()
        vm.check_isolated()
