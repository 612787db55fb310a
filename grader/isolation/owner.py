"""Whose container is it? A lock that goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient

HOST_LABEL, LOCK_LABEL = "vmlab.host", "vmlab.lock"


@contextmanager
def owner() -> Iterator[dict[str, str]]:
    """Yield labels for the containers of one grading; they say who still needs them."""
    handle, name = tempfile.mkstemp(prefix="vmlab-grading-", suffix=".lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield {HOST_LABEL: _host(), LOCK_LABEL: name}
    finally:
        os.unlink(name)
        os.close(handle)


def sweep(client: DockerClient) -> int:
    """Remove the containers of graders of this host that are no more; return how many."""
    from docker.errors import DockerException

    swept = 0
    mine = f"{HOST_LABEL}={_host()}"
    for container in client.containers.list(all=True, filters={"label": mine}, ignore_removed=True):
        if not _held(Path(container.labels.get(LOCK_LABEL, ""))):
            with suppress(DockerException):  # somebody else is sweeping too
                container.remove(force=True, v=True)
                swept += 1
    return swept


def _held(lock: Path) -> bool:
    try:
        handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        with suppress(OSError):
            os.unlink(lock)
        return False
    finally:
        os.close(handle)


def _host() -> str:
    """Name this host among those that share an engine."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return platform.node()
