"""Kernels that use everything a snapshot must keep, and a way to run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmlab.asm import assemble
from vmlab.machine import Machine
from vmlab.testing.loading import load_part
from vmlab.trace import Trace

TESTS = Path(__file__).parents[1]
SOLUTIONS = TESTS.parents[1] / "reference" / "solutions"
KERNELS = ["compute", "csrs", "echo", "exceptions", "paging", "pmp", "sstc", "timer"]
TYPED = b"Hello, world."


@pytest.fixture(scope="session")
def part():
    return load_part(SOLUTIONS, "traps")


@pytest.fixture(scope="session")
def programs():
    """Give the assembled kernels of the differential tests by name."""
    folder = TESTS / "differential"

    def build(name):
        texts = [(folder / f"{piece}.S").read_text() for piece in ("board", name, "lib")]
        return assemble("".join(texts), name=f"{name}.S")

    return {name: build(name) for name in KERNELS}


@pytest.fixture
def build(part, programs):
    """Give the function that builds a machine, with a kernel in it if one is named."""

    def build(name: str = "", **options) -> Machine:
        options.setdefault("trace", Trace("traps", "walks", "devices"))
        options.setdefault("ram_mib", 1)
        machine = Machine(part, **options)
        machine.records = options["trace"].records
        if name:
            machine.load(programs[name])
            machine.uart.feed(TYPED)
        return machine

    return build


@pytest.fixture
def everything():
    """Give the function that tells all about a machine that the guest, or a test, can see."""

    def tell(machine: Machine):
        return (
            machine.hart.copy(),
            bytes(machine.ram),
            {base: device.state() for base, device in machine.bus.devices.items()},
            machine.mmu.state(),
            machine.guest.state(),
            machine.engine.reservation,
            (
                machine.clock.retired,
                machine.clock.traps,
                machine.core.waiting,
                machine.core.trapped,
            ),
        )

    return tell
