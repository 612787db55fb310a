"""Plays a sequence of operations on a real guest, and judges each by the oracle."""

from __future__ import annotations

from typing import Any

from vmlab.bench.shadow import BASE, DIRECT, Bench, Vm
from vmlab.bench.shadow_tables import letters, pte, satp
from vmlab.hart import Mode
from vmlab.sv39 import SATP_SV39
from vmlab.testing import Mismatch

from grader.hidden.shadow_paging.oracle import Oracle
from grader.hidden.shadow_paging.sequences import BIG, DATA, FAR, NEAR, PLACES, Operation
from grader.outcome import PartEnded

PAGES = 48
MOST_TRIES = 60
"""Shorter sequences that are played after one has failed."""


def play(bench: Bench, operations: list[Operation]) -> None:
    """Play a sequence. The Mismatch that it may raise tells all of it."""
    guest = Guest(bench.vm(pages=PAGES))
    try:
        for operation in operations:
            guest.does(operation)
        guest.vm.check_isolated()
    except Mismatch as error:
        scenario = f"{'; '.join(guest.told)}. {error.scenario}"
        failure = Failure(scenario, error.expected, error.got, error.rule)
        failure.played = operations[: guest.done + 1]
        raise failure from None


class Failure(Mismatch):
    """Something went wrong after the operations `played`."""

    played: list[Operation]


def play_shortest(bench: Bench, operations: list[Operation]) -> None:
    """As `play`; but the Mismatch is of the shortest part that was found to fail."""
    try:
        play(bench, operations)
    except Failure as error:
        failure = error
    else:
        return
    size, tries = len(failure.played) // 2, 0
    while size:
        start, before = 0, len(failure.played)
        while start < len(failure.played) and tries < MOST_TRIES:
            tries += 1
            try:
                play(bench, failure.played[:start] + failure.played[start + size :])
            except Failure as error:
                failure = error
                continue
            except (Exception, PartEnded):
                pass  # it fails otherwise, which says nothing about this failure
            start += size
        if size > 1 or len(failure.played) == before:
            size //= 2
    raise failure


class Guest:
    """A guest with three roots over the same few tables, and the oracle that follows it."""

    def __init__(self, vm: Vm) -> None:
        self.vm = vm
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
        self.balloon = [*DATA, far, near]
        self.absent: list[int] = []
        vm.runs("U", self.roots[0], 1)
        self.oracle = Oracle(vm)
        self.oracle.look()
        self.told = [
            f"16 KiB at {NEAR:#x} are {DATA[0]:#x} on, 2 MiB at {BIG:#x} are {BASE:#x} on, VRWXUAD",
            vm.scenario(),
        ]
        """What has happened, for whoever reads a failure."""
        self.done = 0
        """Operations that were right."""

    def does(self, operation: Operation) -> None:
        """Carry out one operation, and judge what came of it."""
        match operation:
            case ("edit" | "device" as who, slot, value):
                self._edit(who, self.slots[slot], self._pte(*value))
            case ("fence", place, asid):
                self._fence(None if place is None else PLACES[place] + 0x10, asid)
            case ("mode", mode, sum_, mxr):
                self.vm.runs(mode, sum=sum_, mxr=mxr)
                self.told.append(self.vm.scenario())
            case ("satp", mode, number, asid):
                value = mode << 60 | satp(self.roots[number], asid) & (1 << 60) - 1
                self.told.append(f"satp is written with {value:#x}")
                self.vm.write_satp(value)
                self.oracle.look()
            case ("take" | "give" as what, number):
                self._frame(what, number)
            case (name, place, offset):
                self._access(name, place, offset)
        self.oracle.inspect()
        self.done += 1

    def _access(self, name: str, place: int, offset: int) -> None:
        vm = self.vm
        address = (DATA[place % 6] if vm.mode_now == Mode.M else PLACES[place]) + offset
        self.told.append(f"{name} at {address:#x}")
        if name == "store":
            outcome = vm.store(address, 0x40 * place)
        elif name == "amoadd.d":
            outcome = vm.atomic(name, address)
        else:
            outcome = {"load": vm.load, "fetch": vm.fetch}[name](address)
        self.oracle.judge(outcome, address)

    def _edit(self, who: str, entry: int, value: int) -> None:
        vm = self.vm
        if entry & ~0xFFF in self.absent:
            return
        leads = f"{value:#x}, {letters(value)} to {(value & (1 << 54) - 1) >> 10 << 12:#x}"
        self.told.append(f"a PTE at {entry:#x} becomes {leads}")
        if who == "device":
            self.told[-1] += ", by a device"
            vm.wrote(entry, value)
        else:
            before = vm.mode_now, vm.sum_now, vm.mxr_now
            vm.runs("S")
            address = DIRECT + entry - BASE if vm.satp_now >> 60 == SATP_SV39 else entry
            self.oracle.judge(vm.store(address, value), address)
            vm.runs(before[0], sum=before[1], mxr=before[2])
        self.oracle.look()

    def _fence(self, address: int | None, asid: int | None) -> None:
        what = "a fence" + ("" if address is None else f" of {address:#x}")
        self.told.append(what + ("" if asid is None else f", ASID {asid}"))
        self.vm.fence(address, asid)
        self.oracle.fence(address, asid)

    def _frame(self, what: str, number: int) -> None:
        if what == "take" and self.balloon[number] not in self.absent:
            page = self.balloon[number]
            self.told.append(f"the frame of {page:#x} is taken")
            self.vm.take(page)
            self.absent.append(page)
            self.oracle.lost(page)
        elif what == "give" and self.absent:
            page = self.absent.pop(number % len(self.absent))
            self.told.append(f"{page:#x} is given a frame")
            self.vm.give(page)
            self.oracle.look()

    def _pte(self, kind: str, number: int, bits: str) -> int:
        values: dict[str, Any] = {
            "clear": 0,
            "data": pte(DATA[number], bits),
            "reserved": pte(DATA[number], bits) | 1 << 54 + number,
            "big": pte(BASE, bits),
            "table": pte(self.tables[number], "V"),
            "marked": pte(self.tables[number], "V" + "ADU"[number % 3]),
            "device": pte(0x1000_0000, bits),
            "outside": pte(0x7000_0000, "V"),
        }
        return values[kind]
