"""Which snapshots of the past are kept."""

from __future__ import annotations

from itertools import pairwise

import pytest
from vmlab.history import History, Kept


def kept(moment):
    return Kept(moment, 0, 0, 0, 0, None)


@pytest.fixture
def history():
    history = History(5, 10)
    for moment in range(0, 1000, 10):
        history.insert(kept(moment))
    return history


def moments(history):
    return [each.moment for each in history.all()]


def test_the_near_past_is_denser(history):
    found = moments(history)
    assert len(found) == 5
    assert (found[0], found[-1]) == (0, 990)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 10 * gaps[-1]


def test_nearest(history):
    found = moments(history)
    assert history.nearest(0).moment == 0
    assert history.nearest(found[2] - 1).moment == found[1]
    assert history.nearest(found[2]).moment == found[2]
    assert history.nearest(5000).moment == 990
    assert [each.moment for each in history.before(found[2])] == [found[1], 0]


def test_a_moment_is_kept_once(history):
    before = history.all()
    history.insert(kept(990))
    assert history.all() == before


def test_a_future_that_will_not_be(history):
    history.forget_after(989)
    assert moments(history)[-1] < 989
    history.forget_after(0)
    assert moments(history) == [0]
