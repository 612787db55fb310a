"""What a device hands to a snapshot: plain data, all of it, and none that changes later."""

from __future__ import annotations

import json

import pytest
from vmlab.devices import Clint, Finisher, Plic, Uart
from vmlab.hart import HartState

BUILD = {
    "clint": lambda: Clint(HartState()),
    "finisher": Finisher,
    "plic": Plic,
    "uart": Uart,
}


def use_clint(clint):
    clint.write(0, 4, 1)
    clint.write(0x4000, 8, 77)


def use_finisher(finisher):
    finisher.write(0, 4, 0x7_3333)


def use_plic(plic):
    for source in (3, 7, 40, 90):
        plic.write(4 * source, 4, source % 7 + 1)
        plic.set_level(source, True)
    plic.write(0x2000, 4, 0x88)
    plic.write(0x2080 + 4, 4, 0x100)
    plic.write(0x20_0000, 4, 2)
    plic.read(0x20_0004, 4)


def use_uart(uart):
    uart.feed(b"unread")
    for register, value in (
        (3, 0x83),
        (0, 0x12),
        (1, 0x34),
        (3, 3),
        (1, 3),
        (2, 1),
        (4, 9),
        (7, 5),
    ):
        uart.write(register, 1, value)
    uart.write(0, 1, 65)
    uart.read(0, 1)


USE = {"clint": use_clint, "finisher": use_finisher, "plic": use_plic, "uart": use_uart}


def attributes(device):
    """Everything that the device remembers, as text; what it is connected to left out."""
    return {k: repr(v) for k, v in vars(device).items() if not callable(v) and k != "_hart"}


@pytest.mark.parametrize("name", BUILD)
def test_a_restored_device_remembers_all(name):
    used, fresh = BUILD[name](), BUILD[name]()
    USE[name](used)
    assert attributes(used) != attributes(fresh)
    fresh.restore(used.state())
    assert attributes(fresh) == attributes(used)


@pytest.mark.parametrize("name", BUILD)
def test_state_is_plain_and_does_not_change(name):
    device = BUILD[name]()
    before = device.state()
    text = json.dumps(before, default=bytes.hex)
    USE[name](device)
    assert json.dumps(before, default=bytes.hex) == text
    device.restore(before)
    assert device.state() == before
    assert device.state() == BUILD[name]().state()
