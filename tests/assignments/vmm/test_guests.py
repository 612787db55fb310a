"""The guests print what they should: on our machine, on QEMU, and deprivileged."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from vmlab.bench.shadow_system import ShadowedMachine
from vmlab.block import MemoryDisk
from vmlab.machine import Machine, Reason
from vmlab.memory import Ram
from vmlab.options import Options

WORD = 0x5EED
BUDGET = 200_000
DISK = b"".join(bytes([sector]) * 512 for sector in range(1, 17))
TICKS = "".join(f"tick {number}\n" for number in range(1, 9))


@dataclass(frozen=True)
class Guest:
    """A guest that ends, and what it prints."""

    console: str
    typed: bytes = b""
    disk: bool = False
    emulated: bool = True
    """Whether the small VMM has all the devices that it needs."""
    qemu: bool = True
    """Whether nothing that it prints is left open by the architecture or the board."""


GUESTS = {
    "hello": Guest("hello from 5eed\n"),
    "timer": Guest(f"{TICKS}pending 80\ntick 9\nticks 9\npending 80\npending 0\n"),
    "selfmod": Guest("sum 13ba\nbuilt 31\nnext 1\n"),
    "memory": Guest("words 7e00\nnot zero 0\nfilled with 5eed\nall there\n"),
    "console": Guest("> Hello, world.\nreceived d\n", typed=b"Hello, world.", emulated=False),
    "disk": Guest(
        "sectors 10\nstatus 0\nfirst word 101010101010101\nstatus 0\nstatus 0\ninterrupts 1\n"
        "verified b43d99965721aa51\nstatus 1\nstatus 1\nstatus 2\n",
        disk=True,
        emulated=False,
    ),
    "processes": Guest(
        "kernel of 5eed\n"
        "process 5eed10\nprocess 5eed20\nprocess 5eed11\nprocess 5eed21\n"
        "process 5eed12\nprocess 5eed22\n"
        "process: all there\nkernel: trap 2\nkernel: end of process 1\n"
        "process: all there\nkernel: end of process 2\nkernel: pages on demand 6\n"
    ),
}


def boot(traps, program, engine, typed=b"", disk=None):
    options = Options(engine=engine, misaligned=True)
    machine = Machine(traps, ram_mib=1, options=options, disk=disk)
    machine.load(program)
    machine.uart.feed(typed)
    return machine, machine.run(BUDGET)


@pytest.mark.parametrize("engine", ["translator", "interpreter"])
@pytest.mark.parametrize("name", GUESTS)
def test_on_our_machine(traps, guest, name, engine):
    expected = GUESTS[name]
    disk = MemoryDisk(DISK) if expected.disk else None
    machine, stop = boot(traps, guest(name, WORD), engine, expected.typed, disk)
    assert machine.uart.output.decode() == expected.console
    assert (stop.reason, stop.code) == (Reason.FINISHED, 0)


@pytest.mark.parametrize("name", [name for name in GUESTS if GUESTS[name].qemu])
def test_on_qemu(traps, guest, qemu, name):
    expected = GUESTS[name]
    program = guest(name, WORD)
    disk = MemoryDisk(DISK) if expected.disk else None
    boot(traps, program, "translator", expected.typed, disk)
    console, image = qemu(program, expected.typed, DISK if expected.disk else b"")
    assert console.decode() == expected.console
    assert image == (disk.read(0, len(DISK) // 512) if disk else b"")


@pytest.mark.parametrize("name", [name for name in GUESTS if GUESTS[name].emulated])
def test_deprivileged(traps, shadow, guest, name):
    program = guest(name, WORD)
    machine = ShadowedMachine(shadow, traps, Ram(2 << 20), program)
    bare, _ = boot(traps, program, "translator")
    while not machine.ended and machine.exits < 10_000:
        machine.turn()
    machine.check_isolated()
    assert machine.uart.output.decode() == GUESTS[name].console
    assert machine.finisher.code == 0
    assert machine.vcpu.time == bare.hart.time
