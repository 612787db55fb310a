"""A user id of its own for each worker, so that workers, and all else here, are strangers to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from . import names

FIRST, COUNT = 64_000, 1_500
"""Below 65,536, since that is all that the user namespace of most containers maps."""
CAP_KILL, CAP_SETGID, CAP_SETUID = 5, 6, 7


def why_not() -> str:
    """Return why workers cannot have their own uid here; empty if they can."""
    if os.geteuid() != 0:
        return "only root can give a process another uid"
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            held = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff"))
        with open("/proc/self/uid_map", encoding="ascii") as file:
            spans = [tuple(map(int, line.split())) for line in file]
    except (OSError, StopIteration):
        return "/proc cannot be read"
    if any(not held >> capability & 1 for capability in (CAP_KILL, CAP_SETGID, CAP_SETUID)):
        return "root lacks the capabilities KILL, SETGID and SETUID here"
    last = FIRST + COUNT - 1
    if not any(start <= FIRST and last < start + count for start, _, count in spans):
        return f"this user namespace has no uids {FIRST} to {last}"
    return ""


@contextmanager
def claim() -> Iterator[int]:
    """Hold a uid that no other worker on this host has now."""
    start = os.getpid() * 31 % COUNT
    for step in range(COUNT):
        uid = FIRST + (start + step) % COUNT
        with names.held(f"worker-{uid}") as free:
            if free:
                yield uid
                return
    raise OSError(f"all {COUNT} uids of workers are in use")
