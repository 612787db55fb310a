"""Kernels that use everything a snapshot must keep, and a way to run them."""

from __future__ import annotations

import pytest
from vmlab.machine import Machine
from vmlab.trace import Trace

TYPED = b"Hello, world."


@pytest.fixture
def build(part, kernel):
    """Give the function that builds a machine, with a kernel in it if one is named."""

    def build(name: str = "", **options) -> Machine:
        options.setdefault("trace", Trace("traps", "walks", "devices"))
        options.setdefault("ram_mib", 1)
        machine = Machine(part, **options)
        machine.records = options["trace"].records
        if name:
            machine.load(kernel(name))
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
