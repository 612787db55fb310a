"""Columns: nothing is lost in them, and they are of a round number of ticks."""

import pytest
from vmlab.timeline.lanes import cut, letter, round_up
from vmlab.timeline.record import Timeline
from vmlab.timeline.words import Kind
from vmlab.trap import INTERRUPT_BIT


@pytest.mark.parametrize(
    ("ticks", "rounded"), [(0, 1), (1, 1), (3, 5), (6, 10), (11, 20), (2000, 2000), (2001, 5000)]
)
def test_round(ticks, rounded):
    assert round_up(ticks) == rounded


def test_what_falls_where(timeline):
    whole = cut(timeline, 5)
    assert (whole.step, whole.count) == (500, 5)
    one, two = whole.lanes
    assert (one.name, two.name) == ("VM 1 spin", "VM 2 ticks")
    assert one.ran == [500, 500, 0, 500, 0]
    assert two.ran == [0, 0, 500, 0, 0]
    assert whole.idle == [0, 0, 0, 0, 500]
    assert one.exits == {
        Kind.TIMER: [0, 1, 0, 0, 0],
        Kind.PRIVILEGED: [0, 0, 0, 1, 0],
        Kind.CALL: [0, 0, 0, 1, 0],
        Kind.PAGE: [1, 0, 0, 0, 0],
    }
    assert list(one.exits) == [Kind.TIMER, Kind.PRIVILEGED, Kind.CALL, Kind.PAGE]
    assert [dict(found) for found in two.injected] == [{}, {}, {"t": 1}, {}, {}]
    assert one.injected[3] == {"f": 1}
    assert two.printed == [0, 0, 2, 0, 0]
    assert [[event.mark for event in found] for found in one.events] == [["C"], [], [], [], ["K"]]


@pytest.mark.parametrize("columns", [1, 7, 60, 1000, 10_000])
def test_nothing_is_lost(timeline, columns):
    whole = cut(timeline, columns)
    assert whole.count <= columns
    assert sum(sum(lane.ran) for lane in whole.lanes) + sum(whole.idle) == timeline.length
    exits = sum(sum(counts) for lane in whole.lanes for counts in lane.exits.values())
    assert exits == len(timeline.entries)


def test_a_stretch(timeline):
    part = timeline.between(1200, 1600)
    assert [entry.at for entry in part.entries] == [1000, 1300, 1500]
    assert (part.events, part.idles, len(part.output)) == ([], [], 2)
    whole = cut(part, 4)
    assert whole.step == 100
    assert [lane.ran for lane in whole.lanes] == [[0, 0, 0, 100], [100, 100, 100, 0]]


def test_nothing_at_all():
    whole = cut(Timeline("empty"), 60)
    assert (whole.count, whole.lanes, whole.idle) == (1, [], [0])


@pytest.mark.parametrize(("code", "name"), [(1, "s"), (7, "t"), (9, "e"), (13, "f")])
def test_letters(code, name):
    assert letter(INTERRUPT_BIT | code) == name
    assert letter(code) == "f"
