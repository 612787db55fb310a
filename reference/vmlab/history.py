"""The snapshots of a machine's past: dense for the near past, sparse before."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from . import snapshot


class Kept(NamedTuple):
    """A snapshot, with how much had come from outside, been sent, and been traced until then."""

    moment: int
    inputs: int
    frames: int
    """Sent to the network."""
    records: int
    dropped: int
    captured: snapshot.Capture


class History:
    """At most so many snapshots, by moment, no two of the same; the first one always stays."""

    def __init__(self, limit: int, every: int) -> None:
        """Build it.

        Args:
            limit: How many are kept.
            every: Moments between two snapshots while the machine runs.
        """
        self._limit = limit
        self._every = every
        self._kept: list[Kept] = []

    def __bool__(self) -> bool:
        return bool(self._kept)

    @property
    def first(self) -> Kept:
        """The earliest one."""
        return self._kept[0]

    def nearest(self, moment: int) -> Kept:
        """Return the last one that is not after `moment`."""
        return self._kept[bisect_right(self._kept, moment, key=_moment) - 1]

    def before(self, moment: int) -> list[Kept]:
        """Return those before `moment`, the last one first."""
        return [kept for kept in reversed(self._kept) if kept.moment < moment]

    def forget_after(self, moment: int) -> None:
        """Drop those of a future that will not be."""
        self._kept = [kept for kept in self._kept if kept.moment <= moment]

    def insert(self, new: Kept) -> None:
        """Keep a snapshot, and give up the one whose loss costs least for its age."""
        at = bisect_right(self._kept, new.moment, key=_moment)
        if at and self._kept[at - 1].moment == new.moment:
            return
        self._kept.insert(at, new)
        if len(self._kept) > self._limit:
            moments = [kept.moment for kept in self._kept]
            cost = {
                index: (moments[index + 1] - moments[index - 1])
                / (moments[-1] - moments[index] + self._every)
                for index in range(1, len(moments) - 1)
            }
            del self._kept[min(cost, key=cost.__getitem__)]

    def all(self) -> list[Kept]:
        """Return all of them, the earliest first."""
        return list(self._kept)


def _moment(kept: Kept) -> int:
    return kept.moment
