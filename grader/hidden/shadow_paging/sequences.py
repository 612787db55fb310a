"""Random guests: a few pages, entries and addresses, and what is done with them in any order."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from vmlab.bench.shadow import BASE, DIRECT, Vm
from vmlab.bench.shadow_tables import pte, satp
from vmlab.hart import Mode

from grader.hidden.shadow_paging.oracle import Oracle

PAGES = 48
DATA = [BASE + 0x1000 * number for number in range(32, 38)]
NEAR, FAR, BIG = 0x40_0000, 0x60_0000, 0x80_0000
PLACES = [
    *(NEAR + 0x1000 * number for number in range(4)),
    FAR,
    BIG + 0x2_1000,
    BIG + 0x2_2000,
    0xFFFF_FFC0_0000_0000,
    0x0000_0040_0000_0000,  # not canonical
]
FLAGS = ["VRWXUAD"] * 3 + [
    "VRWXAD",
    "VRWU",
    "VRU",
    "VXUA",
    "VXA",
    "VRWUAD",
    "VRW",
    "VRWXUG",
    "VWUAD",
]

DATA_NUMBER = st.integers(0, 5)
VALUES = st.one_of(
    st.just(("clear", 0, "V")),
    *[st.tuples(st.just("data"), DATA_NUMBER, st.sampled_from(FLAGS))] * 4,
    st.tuples(st.just("big"), DATA_NUMBER, st.sampled_from(FLAGS)),
    st.tuples(st.just("table"), DATA_NUMBER, st.just("V")),
    st.tuples(st.sampled_from(["device", "outside"]), DATA_NUMBER, st.sampled_from(FLAGS)),
)
PLACE = st.integers(0, len(PLACES) - 1)
ACCESS = st.sampled_from(["load", "store", "fetch"])
OFFSET = st.sampled_from([0, 8, 0xFF8])
ASID = st.sampled_from([None, 1, 2])
BIT = st.booleans()
SLOT = st.integers(0, 11)
NEAREST = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 0, 6: 4, 7: 5, 8: 6, 9: 2, 10: 7, 11: 7}
"""For each slot that is edited, a place whose translation goes through it."""

edits = st.tuples(st.just("edit"), SLOT, VALUES)
changes = st.tuples(st.just("change"), SLOT, VALUES, ACCESS, ACCESS, BIT, ASID)
accesses = st.tuples(ACCESS, PLACE, OFFSET)
fences = st.tuples(st.just("fence"), st.one_of(st.none(), PLACE), ASID)
modes = st.tuples(st.just("mode"), st.sampled_from("USUSUSM"), BIT, BIT)
roots = st.tuples(st.just("root"), st.integers(0, 2), st.sampled_from([1, 2]))
frames = st.tuples(st.sampled_from(["take", "give"]), st.integers(0, 7))
OPERATIONS = st.lists(
    st.one_of(edits, *[changes] * 4, *[accesses] * 3, fences, modes, modes, roots, frames),
    min_size=12,
    max_size=40,
)


@dataclass
class Guest:
    """A guest with three roots over the same few tables, and the oracle that follows it."""

    vm: Vm
    places: list[int] = field(default_factory=lambda: list(PLACES))

    def __post_init__(self) -> None:
        vm = self.vm
        self.roots = [vm.space() for _ in range(3)]
        near, far = (vm.page() for _ in range(2))
        middles = [vm.page() for _ in range(2)]
        for root, middle in zip(self.roots, [middles[0], middles[1], middles[0]], strict=True):
            vm.poke(root, pte(middle, "V"))
            vm.poke(middle + (NEAR >> 21) * 8, pte(near, "V"))
            vm.poke(middle + (FAR >> 21) * 8, pte(far, "V"))
            vm.poke(middle + (BIG >> 21) * 8, pte(BASE, "VRWXUAD"))
        for number in range(4):
            vm.poke(near + number * 8, pte(DATA[number], "VRWXUAD"))
        self.slots = [
            *(near + number * 8 for number in range(4)),
            far,
            *(middles[0] + (place >> 21) * 8 for place in (NEAR, FAR, BIG)),
            middles[1] + (BIG >> 21) * 8,
            self.roots[0],
            self.roots[0] + 256 * 8,
            self.roots[1] + 256 * 8,
        ]
        self.tables = [near, far, middles[0], self.roots[0], DATA[0], DATA[1]]
        self.absent: list[int] = []
        vm.runs("U", self.roots[0], 1)
        self.oracle = Oracle(vm, self.places)
        self.oracle.look()

    def does(self, operation: tuple) -> None:
        """Carry out one operation, and judge what came of it."""
        vm, oracle = self.vm, self.oracle
        match operation:
            case ("edit", slot, value):
                if self.slots[slot] & ~4095 not in self.absent:
                    self._edit(self.slots[slot], self._pte(value))
            case ("load" | "store" | "fetch" as name, place, offset):
                address = self.places[place] + offset
                if vm.mode_now == Mode.M:
                    address = DATA[place % 6] + offset
                if name == "store":
                    oracle.judge(vm.store(address, 0x40 * place), address)
                else:
                    oracle.judge(getattr(vm, name)(address), address)
            case ("change", slot, value, first, then, by_address, asid):
                place = NEAREST[slot]
                self.does((first, place, 0))
                self.does(("edit", slot, value))
                self.does(("fence", place if by_address else None, asid))
                self.does((then, place, 8))
            case ("fence", place, asid):
                address = None if place is None else self.places[place] + 0x10
                vm.fence(address, asid)
                oracle.fence(address, asid)
            case ("mode", mode, sum_, mxr):
                vm.runs(mode, sum=sum_, mxr=mxr)
            case ("root", number, asid):
                vm.write_satp(satp(self.roots[number], asid))
                oracle.look()
            case ("take", number):
                page = [*DATA, self.tables[1], self.tables[0]][number]
                if page not in self.absent:
                    vm.take(page)
                    self.absent.append(page)
                    oracle.lost(page)
            case ("give", number):
                if self.absent:
                    vm.give(self.absent.pop(number % len(self.absent)))
                    oracle.look()
        oracle.inspect()

    def _pte(self, value: tuple) -> int:
        match value:
            case ("clear", _, _):
                return 0
            case ("data", number, bits):
                return pte(DATA[number], bits)
            case ("big", _, bits):
                return pte(BASE, bits)
            case ("table", number, bits):
                return pte(self.tables[number], bits)
            case ("device", _, bits):
                return pte(0x1000_0000, bits)
            case _:
                return pte(0x7000_0000, "V")

    def _edit(self, entry: int, value: int) -> None:
        vm = self.vm
        before = vm.mode_now, vm.sum_now, vm.mxr_now
        vm.runs("S")
        address = DIRECT + entry - BASE
        self.oracle.judge(vm.store(address, value), address)
        self.oracle.look()
        vm.runs(before[0], sum=before[1], mxr=before[2])
