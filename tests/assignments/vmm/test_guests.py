"""The guests print what they should: on our machine, on QEMU, and under the solution.

What that is stands beside each of them, in a file whose name ends in .txt.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from vmlab.bench.vmm import Bench
from vmlab.block import SECTOR, MemoryDisk
from vmlab.machine import Machine, Reason
from vmlab.options import Options

BUDGET = 200_000
NUMBERED = b"".join(bytes([number]) * SECTOR for number in range(1, 33))
EMPTY = bytes(32 * SECTOR)


@dataclass(frozen=True)
class Guest:
    """A guest that ends, and what it needs."""

    word: int = 0x5EED
    typed: bytes = b""
    disk: bytes = b""
    qemu: bool = True
    """Whether QEMU must do the same."""


GUESTS = {
    "hello": Guest(),
    "timer": Guest(),
    "modes": Guest(),
    "selfmod": Guest(),
    "memory": Guest(),
    "console": Guest(typed=b"Hello, world."),
    "disk": Guest(disk=NUMBERED),
    "processes": Guest(),
    "storm": Guest(word=40),
    "flood": Guest(word=30),
    "reservation": Guest(),
    "clock": Guest(qemu=False),
    "mmio": Guest(),
    "hostile": Guest(),
    "tables": Guest(disk=NUMBERED),
    "unpinned": Guest(disk=NUMBERED, qemu=False),
    "queues": Guest(disk=NUMBERED, qemu=False),
    "os": Guest(typed=b"Hello there\nand bye\n", disk=EMPTY),
}


def boot(traps, program, engine="translator", typed=b"", disk=None, budget=BUDGET):
    options = Options(engine=engine, misaligned=True, svadu=True)
    machine = Machine(traps, ram_mib=1, options=options, disk=disk)
    machine.load(program)
    machine.uart.feed(typed)
    return machine, machine.run(budget)


def disk_of(needs):
    return MemoryDisk(needs.disk) if needs.disk else None


@pytest.mark.parametrize("engine", ["translator", "interpreter"])
@pytest.mark.parametrize("name", GUESTS)
def test_on_our_machine(traps, guest, transcript, name, engine):
    needs = GUESTS[name]
    machine, stop = boot(traps, guest(name, needs.word), engine, needs.typed, disk_of(needs))
    assert machine.uart.output.decode() == transcript(name)
    assert (stop.reason, stop.code) == (Reason.FINISHED, 0)


@pytest.mark.parametrize("name", [name for name in GUESTS if GUESTS[name].qemu])
def test_on_qemu(traps, guest, transcript, qemu, name):
    needs = GUESTS[name]
    program, disk = guest(name, needs.word), disk_of(needs)
    boot(traps, program, typed=needs.typed, disk=disk)
    console, image = qemu(program, needs.typed, needs.disk)
    assert console.decode() == transcript(name)
    assert image == (disk.read(0, len(needs.disk) // SECTOR) if disk else b"")


@pytest.mark.parametrize("name", GUESTS)
def test_under_the_solution(traps, vmm, guest, transcript, name):
    needs = GUESTS[name]
    program = guest(name, needs.word)
    vm = Bench(vmm).start().equals(traps, program, disk=needs.disk or None, typed=needs.typed)
    vm.prints(transcript(name))


@pytest.mark.parametrize(
    ("name", "word", "console", "reason"),
    [
        ("loop", 7, "loop 7\n", Reason.BUDGET),
        ("storm", 0, "storm\n", Reason.BUDGET),
        *(("badstvec", kind, f"bad handler {kind}\n", Reason.TRAP_LOOP) for kind in range(5)),
    ],
)
def test_guests_that_never_end(traps, guest, name, word, console, reason):
    machine, stop = boot(traps, guest(name, word), budget=20_000)
    assert machine.uart.output.decode() == console
    assert stop.reason is reason


def test_a_flood_never_ends(traps, guest):
    machine, stop = boot(traps, guest("flood", 0), budget=20_000)
    assert stop.reason is Reason.BUDGET
    assert len(machine.uart.output) > 5_000


def test_memory_that_is_not_empty(traps, guest):
    machine = Machine(traps, ram_mib=1)
    machine.load(guest("memory"))
    machine.ram[0x2_0008] = machine.ram[0x3_FFF0] = 1
    stop = machine.run(BUDGET)
    assert (stop.reason, stop.code) == (Reason.FINISHED, 1)
    assert machine.uart.output.endswith(b"not zero 2\nfirst at 80020000\n")


def test_the_disk_outlives_the_system(traps, guest, transcript):
    """The second boot finds what the first has written."""
    needs = GUESTS["os"]
    disk = disk_of(needs)
    for boots in (1, 2):
        machine, _ = boot(traps, guest("os", needs.word), typed=needs.typed, disk=disk)
        expected = transcript("os").replace("boot 1\n", f"boot {boots}\n")
        assert machine.uart.output.decode() == expected
