"""Random sequences: the same on every host; what fails is told, and made short."""

import hashlib

import pytest
from vmlab.testing import Mismatch

from grader.hidden.shadow_paging.player import Failure, play, play_shortest
from grader.hidden.shadow_paging.sequences import pinned


@pytest.fixture
def bench(flawed, load_bench):
    """Return a bench with a flawed pager."""
    return lambda name: load_bench(flawed(name), "shadow")


def test_they_are_the_same_on_every_host():
    drawn = repr([pinned(seed) for seed in range(250)])
    assert (
        hashlib.sha256(drawn.encode()).hexdigest()
        == "e8c24ab46d6316f347da4bc4304700cb0f8b8f6f9f4a6be8e93afd135fe8ad0c"
    )


LONG = [
    ("load", 1, 0),
    ("mode", "S", True, False),
    ("store", 2, 8),
    ("mode", "U", False, False),
    ("load", 0, 8),
    ("edit", 0, ("data", 4, "VRWXUAD")),
    ("load", 3, 8),
    ("fence", 0, None),
    ("load", 1, 8),
    ("load", 0, 8),
    ("store", 3, 0),
]


def test_what_fails_is_told_and_made_short(bench):
    flawed = bench("fence_without_flush")
    with pytest.raises(Failure) as whole:
        play(flawed, LONG)
    with pytest.raises(Failure) as shortest:
        play_shortest(flawed, LONG)
    assert whole.value.played == LONG[:8]
    assert shortest.value.played == [LONG[4], LONG[5], LONG[7]]
    told = shortest.value.scenario
    assert "load at 0x400008; a PTE at 0x80003000 becomes 0x200090df, VRWXUAD" in told
    assert "; a fence of 0x400010. U-mode, root" in told


def test_a_part_that_fails_otherwise_when_it_is_shorter_does_not_hide_the_failure(bench):
    flawed = bench("fence_without_flush")
    flawed.part = Breaks(flawed.part)
    with pytest.raises(Mismatch, match="a fence of"):
        play_shortest(flawed, LONG)


class Breaks:
    """A part that answers for the first guest only."""

    def __init__(self, part):
        self._part = part
        self._guests = 0

    def __getattr__(self, name):
        if name == "start":
            self._guests += 1
            if self._guests > 1:
                raise RuntimeError
        return getattr(self._part, name)
