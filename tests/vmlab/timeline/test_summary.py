"""The numbers of each VM."""

import pytest
from vmlab.timeline.record import Fate
from vmlab.timeline.summary import idle_ticks, summarize
from vmlab.timeline.words import Kind


def test_numbers(timeline):
    one, two = summarize(timeline)
    assert (one.vmid, one.native, one.emulated, one.exits, one.ticks) == (1, 1496, 0, 4, 1500)
    assert (two.vmid, two.native, two.emulated, two.exits, two.ticks) == (2, 498, 2, 2, 500)
    assert two.fates == {
        Kind.PRIVILEGED: {Fate.EMULATED: 1},
        Kind.PAGE: {Fate.EMULATED: 1},
    }
    assert list(two.fates) == [Kind.PRIVILEGED, Kind.PAGE]
    assert (one.injected, two.injected) == ({"ecall from U-mode": 1}, {"STI": 1})
    assert (one.printed, two.printed) == (0, 2)
    assert two.per_thousand == pytest.approx(4)
    assert two.native_share == pytest.approx(0.996)
    assert idle_ticks(timeline) == 500


def test_only_what_lies_in_the_stretch_is_time(timeline):
    part = timeline.between(1200, 2100)
    one, two = summarize(part)
    assert (one.ticks, two.ticks, idle_ticks(part)) == (500, 300, 100)


def test_a_vm_that_never_ran(timeline):
    timeline.names[7] = "late"
    assert summarize(timeline)[2].per_thousand == 0
