"""Walls: what keeps a worker in. Decided here, on the trusted side; raised by `grader.worker`."""

from __future__ import annotations

import stat
import sys
from base64 import b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.worker import landlock

from . import bubblewrap, places, seccomp, uids

REQUIRED = ("rlimits", "no_new_privs", "seccomp", "landlock")
"""Without one of these, nothing that a stranger wrote is run unless asked for by name; but see
`missing` on Landlock."""


@dataclass(frozen=True)
class Wall:
    """One wall, on this host."""

    name: str
    stands: bool
    why: str
    """What it does, or why it does not stand."""
    lets_through: str
    """What a submission could do without it."""


def available() -> list[Wall]:
    """Look at each wall, the outermost first; nothing here raises."""
    linux = sys.platform == "linux"
    only_linux = "" if linux else f"not on {sys.platform}"
    return [
        _wall(
            "bubblewrap",
            bubblewrap.why_not(),
            "namespaces: the host's files, processes and network do not exist",
            "see which files and processes exist, though not open or signal them",
        ),
        _wall(
            "uid",
            uids.why_not() if linux else only_linux,
            "each worker is a user that owns nothing",
            "act as the user who grades, where no other wall forbids it",
        ),
        _wall(
            "landlock",
            _landlock_why_not(),
            "reads the standard library and vmlab, writes a scratch that is wiped",
            "read whatever the grading user may read: hidden tests, solutions",
        ),
        _wall(
            "seccomp",
            seccomp.why_not(),
            "no sockets, no programs, no processes or threads, no signals",
            "start programs, talk to the network, signal other processes",
        ),
        _wall(
            "no_new_privs",
            only_linux,
            "no program can give it back what was taken",
            "gain rights by a set-uid program",
        ),
        _wall("rlimits", "", "memory, time, files, processes are bounded", "exhaust the host"),
    ]


def missing(standing: Iterable[Wall] | None = None, closed: bool = False) -> list[str]:
    """Name the required walls that do not stand.

    `closed` says that the secrets are shut to other users: then a worker with a uid of its own
    cannot read them, and the rest of what Landlock does is done by the filter of system calls,
    which lets nothing be written without Landlock. It is so in our images, on older kernels too.
    """
    walls = list(available() if standing is None else standing)
    stand = {wall.name for wall in walls if wall.stands}
    if closed and "uid" in stand:
        stand.add("landlock")
    return [wall.name for wall in walls if wall.name in REQUIRED and wall.name not in stand]


def closed(paths: Iterable[Path]) -> bool:
    """Tell whether users who are neither owner nor of the group reach none of these folders."""
    return not any(
        path.exists() and all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))
        for path in map(Path.resolve, paths)
    )


@dataclass(frozen=True)
class Policy:
    """Which walls are raised around the workers of one zygote."""

    names: frozenset[str]

    def orders(self, read: Iterable[str]) -> dict[str, Any]:
        """Return what the zygote is told; `read` are paths that it needs besides Python's."""
        filters = None
        if "seccomp" in self.names:
            programs = seccomp.compiled("landlock" in self.names)
            filters = {
                "listen": b64encode(programs.listen).decode(),
                "kill": b64encode(programs.kill).decode(),
                "own_pid": seccomp.OWN_PID,
            }
        return {
            "uid": "uid" in self.names,
            "landlock": "landlock" in self.names,
            "seccomp": filters,
            "read": [*map(str, places.readable()), *read],
            "hidden": [str(path) for path in places.hidden()],
        }


def policy(without: Collection[str] = ()) -> Policy:
    """Return the policy of raising every wall that stands here, but those named."""
    return Policy(frozenset(w.name for w in available() if w.stands and w.name not in without))


def _wall(name: str, why_not: str, does: str, lets_through: str) -> Wall:
    return Wall(name, not why_not, why_not or does, lets_through)


def _landlock_why_not() -> str:
    if sys.platform != "linux":
        return "Landlock is Linux's"
    try:
        landlock.abi()
    except OSError as error:
        return f"the kernel has no Landlock, or does not enable it: {error}"
    return ""
