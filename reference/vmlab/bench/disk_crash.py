"""What may be in the files after the host lost power, at any moment.

A write goes into the host's cache. Until the file is flushed, each sector of 512 bytes is, on the
medium, as any of the writes since the last flush left it, or as it was before: the host writes its
cache back whenever and in whatever order it likes. So a state is a moment and, for each sector that
is not durable, a choice. There are too many; `crashes` takes the telling ones and draws others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from vmlab.bench.disk_store import Flushed, Resized, Said, SparseFile, Store, Wrote
from vmlab.block import SECTOR

Sector = tuple[str, int]


@dataclass(frozen=True)
class Crash:
    """One state that the files could be in."""

    scenario: str
    files: dict[str, SparseFile]
    allowed: dict[int, tuple[bytes | None, ...]]
    """By sector of the disk that was written to: what it may hold; None: what it held before. All
    others are as before."""


class _Replay:
    """The files as the log goes on."""

    def __init__(self, store: Store) -> None:
        self.durable = {name: file.copy() for name, file in store.start.items()}
        self.cache = {name: file.copy() for name, file in self.durable.items()}
        self.settled = True
        """Whether what is durable has changed since states were last made up."""
        self.pending: dict[Sector, list[bytes]] = {}
        """For each sector that is not durable: what it held, oldest first."""
        self.guest: dict[int, list[bytes | None]] = {}
        """For each sector of the disk: what it held at the last flush, and what was written then.
        """

    def step(self, event: Wrote | Flushed | Resized | Said) -> None:
        """Take one event into account."""
        if isinstance(event, Said):
            self._said(event)
        elif isinstance(event, Resized):
            self.settled = True
            for files in (self.durable, self.cache):
                files.setdefault(event.name, SparseFile()).resize(event.size)
            gone = [s for s in self.pending if s[0] == event.name and s[1] * SECTOR >= event.size]
            for sector in gone:
                del self.pending[sector]
        elif isinstance(event, Wrote):
            self._wrote(event)
        else:
            self.settled = True
            for sector in [sector for sector in self.pending if sector[0] == event.name]:
                self.durable[event.name].write(sector[1] * SECTOR, self.pending.pop(sector)[-1])

    def _wrote(self, event: Wrote) -> None:
        cache, durable = self.cache[event.name], self.durable[event.name]
        cache.write(event.offset, event.data)
        durable.size = max(durable.size, cache.size)  # a file's length is not what this is about
        first, last = event.offset // SECTOR, (event.offset + len(event.data) - 1) // SECTOR
        for number in range(first, last + 1):
            versions = self.pending.setdefault((event.name, number), [])
            versions.append(cache.read(number * SECTOR, SECTOR).ljust(SECTOR, b"\0"))

    def _said(self, event: Said) -> None:
        if event.data is None:
            self.settled = True
            self.guest = {sector: versions[-1:] for sector, versions in self.guest.items()}
            return
        for at in range(0, len(event.data), SECTOR):
            versions = self.guest.setdefault((event.offset + at) // SECTOR, [None])
            versions.append(event.data[at : at + SECTOR])


def crashes(store: Store, most: int, seed: int) -> list[Crash]:
    """Return up to `most` states, drawn evenly over the log; always those of its end."""
    rng = Random(seed)
    # The end of a flush is a moment, too: from then on the guest relies on it.
    log = enumerate(store.log)
    moments = [n for n, e in log if not isinstance(e, Said) or e.data is None]
    each = 6
    if len(moments) * each > most:
        last = moments[-1:]
        moments = sorted({*rng.sample(moments, max(1, most // each)), *last})
    found: list[Crash] = []
    replay, at = _Replay(store), 0
    for moment in moments:
        for event in store.log[at : moment + 1]:
            replay.step(event)
        at = moment + 1
        found += _states(replay, f"power is lost after step {moment + 1} of {len(store.log)}", rng)
    return found


def _states(replay: _Replay, moment: str, rng: Random) -> Iterator[Crash]:
    """Yield states of one moment: nothing of the cache, all, all but one, only one, and draws."""
    sectors = sorted(replay.pending)
    choices: list[tuple[str, set[Sector]]] = []
    if replay.settled:  # else this state was made up before, when less was allowed
        choices.append(("of what is not flushed, nothing is kept", set()))
        replay.settled = False
    if sectors:
        choices.append(("all is kept", set(sectors)))
    if len(sectors) > 1:
        one, other = rng.choice(sectors), rng.choice(sectors)
        choices += [
            (f"all but sector {one[1]} of {one[0]} is kept", {*sectors} - {one}),
            (f"of what is not flushed, only sector {other[1]} of {other[0]} is kept", {other}),
        ]
        for _ in range(2):
            some = {sector for sector in sectors if rng.random() < 0.5}
            choices.append((f"{len(some)} of {len(sectors)} sectors not flushed are kept", some))
    allowed = {sector: tuple(versions) for sector, versions in replay.guest.items()}
    for text, chosen in choices:
        files = {name: file.copy() for name, file in replay.durable.items()}
        for name, number in sorted(chosen):
            versions = replay.pending[name, number]
            size = files[name].size
            files[name].write(number * SECTOR, rng.choice([versions[-1], *versions]))
            files[name].size = size
        yield Crash(f"{moment}: {text}", files, allowed)
