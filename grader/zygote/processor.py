"""A processor for a session and its worker, which take turns.

On two processors each call would have to wake a sleeping one, twice; on virtual machines that takes
longer than the call itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from grader.walls import names


@contextmanager
def share() -> Iterator[int | None]:
    """Bind this thread to a processor that no other session on this host has, if there is one."""
    if sys.platform != "linux":
        yield None
        return
    allowed = os.sched_getaffinity(0)
    for number in sorted(allowed):
        with names.held(f"processor-{number}") as free:
            if free:
                os.sched_setaffinity(0, {number})
                try:
                    yield number
                finally:
                    os.sched_setaffinity(0, allowed)
                return
    yield None
