"""Random guests: a few pages, entries and addresses, and what is done with them in any order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

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

NEAREST = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 0, 6: 4, 7: 5, 8: 6, 9: 2, 10: 7, 11: 7}
"""For each slot that is edited, a place whose translation goes through it."""
LENGTH = 30
"""Operations in a sequence."""


def sequence(seed: int) -> list[tuple]:
    """Return random operations, the same for a seed on every host and in every version."""
    rng = Random(seed)
    weights = {_edit: 1, _change: 4, _access: 3, _fence: 1, _mode: 2, _root: 1, _frame: 1}
    makers = rng.choices(list(weights), list(weights.values()), k=LENGTH)
    return [make(rng) for make in makers]


def _value(rng: Random) -> tuple:
    kinds = ["data"] * 4 + ["clear", "big", "table", "device", "outside"]
    return rng.choice(kinds), rng.randrange(6), rng.choice(FLAGS)


def _kind(rng: Random) -> str:
    return rng.choice(["load", "store", "fetch"])


def _asid(rng: Random) -> int | None:
    return rng.choice([None, 1, 2])


def _bit(rng: Random) -> bool:
    return rng.random() < 0.5


def _edit(rng: Random) -> tuple:
    return "edit", rng.randrange(12), _value(rng)


def _change(rng: Random) -> tuple:
    slot, value = rng.randrange(12), _value(rng)
    return "change", slot, value, _kind(rng), _kind(rng), _bit(rng), _asid(rng)


def _access(rng: Random) -> tuple:
    return _kind(rng), rng.randrange(len(PLACES)), rng.choice([0, 8, 0xFF8])


def _fence(rng: Random) -> tuple:
    return "fence", rng.choice([None, *range(len(PLACES))]), _asid(rng)


def _mode(rng: Random) -> tuple:
    return "mode", rng.choice("USUSUSM"), _bit(rng), _bit(rng)


def _root(rng: Random) -> tuple:
    return "root", rng.randrange(3), rng.choice([1, 2])


def _frame(rng: Random) -> tuple:
    return rng.choice(["take", "give"]), rng.randrange(8)


@dataclass
class Guest:
    """A guest with three roots over the same few tables, and the oracle that follows it."""

    vm: Vm

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
        self.oracle = Oracle(vm)
        self.oracle.look()

    def does(self, operation: tuple) -> None:
        """Carry out one operation, and judge what came of it."""
        vm, oracle = self.vm, self.oracle
        match operation:
            case ("edit", slot, value):
                if self.slots[slot] & ~4095 not in self.absent:
                    self._edit(self.slots[slot], self._pte(value))
            case ("load" | "store" | "fetch" as name, place, offset):
                address = PLACES[place] + offset
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
                address = None if place is None else PLACES[place] + 0x10
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
            case ("table", number, _):
                return pte(self.tables[number], "V")
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
