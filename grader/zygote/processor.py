"""A processor for a session and its worker, which take turns.

On two processors each call would have to wake a sleeping one, twice; on virtual machines that takes
longer than the call itself.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def share() -> Iterator[int | None]:
    """Bind this thread to a processor that no other session on this host has, if there is one."""
    if sys.platform != "linux":
        yield None
        return
    allowed = os.sched_getaffinity(0)
    for number in sorted(allowed):
        # A name that one process can have at a time, and that is free again when it dies.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
            try:
                lock.bind(f"\0vmlab-processor-{number}")
                os.sched_setaffinity(0, {number})
            except OSError:
                continue
            try:
                yield number
            finally:
                with suppress(OSError):
                    os.sched_setaffinity(0, allowed)
            return
    yield None
