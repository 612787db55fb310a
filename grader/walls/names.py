"""Names that one process on this host can hold at a time: locks that nobody has to clean up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held(name: str) -> Iterator[bool]:
    """Hold a name, and tell whether it was free; Linux only. It is free again when we die."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        try:
            lock.bind(f"\0vmlab-{name}")
        except OSError:
            yield False
        else:
            yield True
