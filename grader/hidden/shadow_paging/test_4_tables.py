"""Steps 8 and 9: tables that are memory like any other, frames that come and go (S12-S16)."""

from functools import partial

from gradescope_utils.autograder_utils.decorators import leaderboard, number, weight
from vmlab.bench.shadow import BASE, DIRECT
from vmlab.bench.shadow_tables import A, D, pte
from vmlab.testing import Mismatch, clause

PAGE = 0x1234_5000
DATA = BASE + 0x2_0000
NEW = BASE + 0x2_8000


@clause("S12")
@weight(1)
@number("12.2")
def test_a_table_at_many_addresses(bench):
    """A table that maps itself, is seen twice, or at two levels, can be stored to at each place."""
    vm = bench.vm()
    root = vm.space()
    itself = root + 5 * 8
    vm.poke(itself, pte(root, "V"))
    entry = vm.map(root, PAGE, DATA, "VRWXAD")
    table = entry & ~0xFFF
    for n, target in enumerate((table, table, root)):
        vm.map(root, PAGE + (n + 1) * 0x1000, target, "VRWAD")
    vm.runs("S", root)
    vm.load(PAGE).reaches(DATA)
    # Through the entry that maps the root itself: as a table of level 1, 0, or as a page.
    vm.map(root, 0x1_8000_0000, root, "VRWAD")
    index = entry & 0xFFF
    for n in (1, 2):
        for target in (NEW, DATA):
            vm.store(PAGE + n * 0x1000 + index, pte(target, "VRWXAD")).reaches(entry)
            vm.fence(PAGE)
            vm.load(PAGE).reaches(target)
            vm.store(PAGE).reaches(target)
    # The page of the table's own mapping, through itself: the mapping goes away under the store.
    own = table | (PAGE + 0x1000 >> 12 & 511) * 8
    vm.store(PAGE + 0x1000 + (own & 0xFFF), pte(NEW, "VRWAD")).reaches(own)
    vm.fence()
    vm.load(PAGE + 0x1000).reaches(NEW)
    vm.store(PAGE + 0x2000 + (own & 0xFFF), pte(table, "VRWAD")).reaches(own)
    vm.fence()
    vm.load(PAGE + 0x1000).reaches(table)
    vm.store(PAGE + 0x3000 + 5 * 8, 0).reaches(itself)
    vm.fence()
    vm.load(PAGE).reaches(DATA)


@clause("S12")
@weight(1)
@number("12.3")
def test_stores_that_straddle(bench):
    """A store over the end of a page changes both pages or none, tables or not."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, 0x4000_0000, DATA, "VRWXAD")
    table = entry & ~0xFFF
    first, second = PAGE, PAGE + 0x1000
    vm.map(root, first, NEW, "VRWAD")
    vm.map(root, second, table, "VRWAD")
    vm.map(root, second + 0x1000, NEW + 0x1000, "VRWAD")
    vm.map(root, second + 0x2000, NEW + 0x2000, "VRAD")
    vm.runs("S", root)
    vm.load(0x4000_0000).reaches(DATA)
    new = pte(NEW + 0x3000, "VRWXAD")
    # The upper four bytes go into the table: the entry at its start, which maps 0x4000_0000.
    vm.store(second - 4, (new & 0xFFFF_FFFF) << 32 | 0x1234_5678).reaches(NEW + 0xFFC)
    check(vm, entry, new, "a store over the end of the page before the table")
    vm.fence()
    vm.load(0x4000_0000).reaches(NEW + 0x3000)
    # From the table into the next page.
    vm.store(second + 0xFFC, 0x1111_2222_3333_4444).reaches(table + 0xFFC)
    check(vm, NEW + 0x1000, 0x1111_2222 | (NEW + 0x1000 >> 32) << 32, "its second half")
    before = vm.peek(NEW + 0x1FF8)
    vm.store(second + 0x1FFC).faults(at=second + 0x2000, rule="of the portion that failed")
    check(vm, NEW + 0x1FF8, before, "a store whose second half faults")
    vm.store(first - 4).faults()
    check(vm, NEW, NEW, "a store whose first half faults")


def check(vm, address, expected, after):
    """Guest memory holds this."""
    found = vm.peek(address)
    if found != expected:
        raise Mismatch(
            f"guest memory at {address:#x} after {after}", f"{expected:#x}", f"{found:#x}"
        )


@clause("S12")
@weight(1)
@number("12.4")
def test_tables_become_data_and_data_tables(bench):
    """A table page that is freed and used as data; a page of data that becomes a table."""
    vm = bench.vm()
    root = vm.space()
    for n in range(4):
        vm.map(root, PAGE + n * 0x1000, DATA + n * 0x1000)
    table = vm.entry(root, PAGE) & ~0xFFF
    pointer = vm.entry(root, PAGE, 1)
    vm.map(root, 0x4000_0000, NEW, "VRWXUAD")
    vm.map(root, 0x4000_1000, table, "VRWXUAD")
    vm.runs("U", root)
    for n in range(4):
        vm.load(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)
    # Data first: a table in the making, in a page that U-mode has written to.
    first = (PAGE >> 12 & 511) * 8
    for n in range(512):
        if n % 64 == 0:
            vm.store(0x4000_0000 + n * 8, 0).reaches(NEW + n * 8)
    for n in range(4):
        vm.store(0x4000_0000 + first + n * 8, pte(DATA + (3 - n) * 0x1000, "VRWXUAD"))
    vm.edit(pointer, pte(NEW, "V"))
    vm.fence()
    for n in range(4):
        vm.load(PAGE + n * 0x1000).reaches(DATA + (3 - n) * 0x1000)
    # The table is U-mode's to write, while it is in use.
    vm.store(0x4000_0000 + first, pte(DATA + 0x4000, "VRWXUAD")).reaches(NEW + first)
    vm.fence(PAGE)
    vm.load(PAGE).reaches(DATA + 0x4000)
    # The old table is data now: every word can be stored to, and nothing comes of it.
    for n in range(0, 512, 8):
        vm.store(0x4000_1000 + n * 8, 0xFFF).reaches(table + n * 8)
        check(vm, table + n * 8, 0xFFF, "a store to what was a table")
    vm.load(PAGE + 0x1000).reaches(DATA + 0x2000)
    # And what a device writes to a table counts, too.
    vm.wrote(NEW + first, pte(DATA + 0x1000, "VRUAD"))
    vm.fence()
    vm.load(PAGE).reaches(DATA + 0x1000)
    vm.store(PAGE).faults()


@clause("S12")
@weight(1)
@number("12.5")
@leaderboard("faults: a table that is written", "asc")
def test_a_table_is_filled(bench, set_leaderboard_value=None):
    """A kernel fills a table that is in use, entry by entry; each store is done, and counts."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA)
    vm.runs("U", root)
    vm.load(PAGE).reaches(DATA)
    vm.runs("S")
    for n in range(1, 129):
        value = pte(DATA + n % 16 * 0x1000, "VRWUAD")
        vm.store(DIRECT + entry - BASE + n * 8, value).reaches(entry + n * 8)
    vm.store(DIRECT + entry - BASE, pte(NEW, "VRUAD")).reaches(entry)
    vm.fence()
    vm.runs("U")
    vm.load(PAGE).reaches(NEW)
    vm.store(PAGE).faults()
    for n in range(4, 129, 4):
        vm.store(PAGE + n * 0x1000).reaches(DATA + n % 16 * 0x1000)
    set_leaderboard_value(vm.exits)


@clause("S13")
@weight(1)
@number("13.3")
@leaderboard("faults: many pages in a row", "asc")
def test_going_over_many_pages(bench, set_leaderboard_value=None):
    """A program that uses page after page faults the first time over them, and not again."""
    vm = bench.vm()
    root = vm.space()
    for n in range(22):
        vm.map(root, PAGE + n * 0x1000, DATA + n * 0x1000)
    vm.runs("U", root)
    for round_ in range(3):
        before = vm.exits
        for n in range(22):
            vm.load(PAGE + n * 0x1000).reaches(DATA + n * 0x1000)
            vm.store(PAGE + n * 0x1000 + 8).reaches(DATA + n * 0x1000 + 8)
        if round_ and vm.exits > before:
            raise Mismatch(
                f"round {round_ + 1} over 22 pages that have not changed, a fence before it",
                "no fault",
                f"{vm.exits - before} faults",
            )
        vm.fence()
    set_leaderboard_value(vm.exits)


@clause("S13")
@weight(1)
@number("13.2")
@leaderboard("faults: three processes in turn", "asc")
def test_switching_processes(bench, set_leaderboard_value=None):
    """Processes that take turns, with a fence at each turn, fault for what is new and no more."""
    vm = bench.vm()
    roots, entries = [vm.space() for _ in range(3)], {}
    for number_, root in enumerate(roots):
        for n in range(6):
            entry = vm.map(root, PAGE + n * 0x1000, DATA + (number_ * 6 + n) * 0x1000)
            entries[number_, n] = entry
    for turn in range(9):
        number_ = turn % 3
        vm.runs("U", roots[number_], number_)
        vm.fence()
        before = vm.exits
        for n in range(6):
            address = DATA + (number_ * 6 + n) * 0x1000
            vm.store(PAGE + n * 0x1000).reaches(address)
            vm.load(PAGE + n * 0x1000 + 8).reaches(address + 8)
        if turn >= 3 and vm.exits > before:
            raise Mismatch(
                f"turn {turn + 1} of three processes whose tables do not change, a fence at each",
                "no fault on six pages that were used before",
                f"{vm.exits - before} faults",
            )
    set_leaderboard_value(vm.exits)


@clause("S14")
@weight(2)
@number("14.3")
def test_taken_in_all_roots_and_modes(bench):
    """A frame is let go of in every root and mode, superpages and Bare included, and as a table."""
    vm = bench.vm()
    roots = [vm.space() for _ in range(2)]
    for root in roots:
        vm.map(root, PAGE, DATA)
        vm.map(root, PAGE + 0x7000, DATA)
        vm.map(root, 0x8000_0000, BASE, "VRWXUAD", level=1)
    places = (PAGE, PAGE + 0x7000, 0x8002_0000)
    views = [(mode, root, sum_) for root in roots for mode, sum_ in (("U", False), ("S", True))]
    for round_ in range(2):
        for mode, root, sum_ in views:
            vm.runs(mode, root, sum=sum_)
            for place in places:
                vm.store(place, round_).reaches(DATA)
        vm.runs("M")
        vm.store(DATA, round_).reaches(DATA)
        vm.take(DATA)
        vm.load(DATA).is_absent(DATA)
        for mode, root, sum_ in views:
            vm.runs(mode, root, sum=sum_)
            for place in places:
                vm.load(place + 8).is_absent(DATA)
                vm.store(place + 8).is_absent(DATA)
            vm.check_isolated()
        vm.give(DATA)
        for mode, root, sum_ in views:
            vm.runs(mode, root, sum=sum_)
            for place in places:
                vm.load(place + 16).reaches(DATA + 16).reads(0)


@clause("S14")
@weight(1)
@number("14.4")
def test_a_table_is_taken(bench):
    """When the frame of a table is taken, what was made from it is gone; it comes back empty."""
    vm = bench.vm()
    root = vm.space()
    entry = vm.map(root, PAGE, DATA)
    table = entry & ~0xFFF
    vm.runs("U", root)
    vm.store(PAGE).reaches(DATA)
    vm.take(table)
    vm.load(PAGE).is_absent(table)
    vm.store(PAGE).is_absent(table)
    vm.give(table)
    vm.load(PAGE).faults()
    vm.edit(entry, pte(NEW, "VRWXUAD"))
    vm.load(PAGE).reaches(NEW)


@clause("S15")
@weight(2)
@number("15.2")
def test_few_frames(bench):
    """With 24 frames for shadow tables, guests with many roots go on; at the end all are free."""
    for round_ in range(2):
        vm = bench.vm(tables=24)
        roots = [vm.space() for _ in range(6)]
        for n, root in enumerate(roots):
            vm.map(root, PAGE, DATA + n * 0x1000)
            vm.map(root, 0x7_0000_0000, NEW)
        for turn in range(12):
            vm.runs("US"[turn % 2], roots[turn % 6], turn % 4, sum=True, mxr=turn % 3 == 0)
            vm.store(PAGE, round_).reaches(DATA + turn % 6 * 0x1000)
            vm.load(0x7_0000_0000).reaches(NEW)
            vm.check_isolated()
            vm.fence()
        vm.stop()


@clause("S16")
@weight(1)
@number("16.2")
def test_races(bench):
    """The other hart maps the page out, elsewhere, read-only, or has set the bits itself."""
    cases = (
        ("VRWU", NEW, "VRWU", True),
        ("VRWUA", NEW, "VRU", False),
        ("VRWU", DATA, "VRWUAD", True),
        ("VRWUA", DATA, "VRWUG", True),
        ("VRWU", DATA, "RWU", False),
    )
    for before, target, after, allowed in cases:
        vm = bench.vm()
        root = vm.space()
        entry = vm.map(root, PAGE, DATA, before)
        vm.runs("U", root)
        vm.host.race = partial(vm.poke, entry, pte(target, after))
        outcome = vm.store(PAGE)
        if vm.host.race is not None:
            raise Mismatch("a store to a page with D=0", "compare_and_set is called", "it is not")
        if allowed:
            outcome.reaches(target)
            check(vm, entry, pte(target, after) | A | D, "a store, while another hart wrote there")
        else:
            outcome.faults()
            check(vm, entry, pte(target, after), "another hart took the right away")
