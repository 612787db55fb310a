"""The supervisor timer: what STIP shows, and who may write it."""

from __future__ import annotations

import pytest
from vmlab import csrs, sstc
from vmlab.csrs import NUMBERS, STCE
from vmlab.hart import NEVER, HartState
from vmlab.trap import Irq

STIP = 1 << Irq.STI


def put(hart: HartState, name: str, value: int) -> None:
    csrs.write(hart, NUMBERS[name], value)


@pytest.mark.parametrize(("time", "stimecmp"), [(5, 5), (6, 5), (NEVER, NEVER), (5, 0)])
def test_pending_from_the_moment_on(time, stimecmp):
    hart = HartState(time=time)
    put(hart, "menvcfg", STCE)
    put(hart, "stimecmp", stimecmp)
    assert hart.mip == STIP
    assert sstc.ticks_to_timer(hart) is None
    put(hart, "mip", 0)  # read-only now
    assert csrs.read(hart, NUMBERS["mip"]) == STIP


@pytest.mark.parametrize(("time", "stimecmp", "left"), [(4, 5, 1), (0, NEVER, None), (3, 99, 96)])
def test_not_pending_before(time, stimecmp, left):
    hart = HartState(time=time)
    put(hart, "menvcfg", STCE)
    put(hart, "stimecmp", stimecmp)
    put(hart, "mip", STIP)
    assert hart.mip == 0
    assert sstc.ticks_to_timer(hart) == left


def test_a_later_moment_clears_it():
    hart = HartState(time=9, menvcfg=STCE)
    put(hart, "stimecmp", 9)
    assert hart.mip == STIP
    put(hart, "stimecmp", 10)
    assert hart.mip == 0


def test_without_the_enable_stip_is_stored():
    """norm:menvcfg_stce_op2: STIP reverts to what it is without Sstc."""
    hart = HartState(time=9)
    put(hart, "stimecmp", 5)
    assert hart.mip == 0
    put(hart, "mip", STIP)
    assert hart.mip == STIP
    put(hart, "stimecmp", 50)
    sstc.show(hart)
    assert hart.mip == STIP
    assert sstc.ticks_to_timer(hart) is None
