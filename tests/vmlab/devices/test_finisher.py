"""The test finisher."""

from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices.finisher import RESET_CODE, Finisher


@pytest.mark.parametrize(
    ("width", "value", "code"),
    [
        (4, 0x5555, 0),
        (2, 0x5555, 0),
        (4, 0x0009_3333, 9),
        (2, 0x3333, 1),
        (4, 0x7777, RESET_CODE),
        (4, 0x1234, None),
        (4, 0x5555_0000, None),
    ],
)
def test_commands(width, value, code):
    finisher = Finisher()
    finisher.write(0, width, value)
    assert finisher.code == code


def test_first_command_counts():
    finisher = Finisher()
    finisher.write(0, 4, 0x0009_3333)
    finisher.write(0, 4, 0x5555)
    assert finisher.code == 9


def test_other_registers_do_nothing():
    finisher = Finisher()
    finisher.write(4, 4, 0x5555)
    assert (finisher.code, finisher.read(0, 4)) == (None, 0)


@pytest.mark.parametrize("width", [1, 8])
def test_widths(width):
    with pytest.raises(BusError):
        Finisher().write(0, width, 0x55)
