"""Raise the walls around this process, in the order in which each is still allowed."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from . import filters, kernel, landlock

MIB = 1 << 20
FILE_BYTES = MIB
"""Size of a file that a part may write in its scratch."""
OPEN_FILES = 64
STACK_BYTES = 8 * MIB
GRACE_SECONDS = 1
"""Processor time between the polite signal and the last one."""


@dataclass
class Raised:
    """The walls that stand around this process, and the listener of the seccomp filter."""

    names: list[str]
    listener: int | None = None


def grants(policy: dict[str, Any]) -> landlock.Grants:
    """Collect what every worker may open."""
    rules = landlock.Grants()
    for path in policy["read"]:
        rules.allow_reading(path, policy["hidden"])
    for device in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"):
        if os.path.exists(device):
            rules.allow(
                device, landlock.READ_FILE | (landlock.WRITE_FILE if device == "/dev/null" else 0)
            )
    return rules


def raise_around_self(
    policy: dict[str, Any],
    ruleset: int | None,
    uid: int | None,
    limits: dict[str, int],
    processor: int | None,
) -> Raised:
    """Put this process behind every wall of the policy. Raise OSError if one cannot stand."""
    raised = Raised(["rlimits"])
    os.umask(0o077)
    _limit(limits)
    if sys.platform != "linux":
        return raised
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # A change of uid clears it.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        raised.names.append("uid")
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    raised.names.append("no_new_privs")
    if ruleset is not None:
        landlock.enter(ruleset)
        raised.names.append("landlock")
    if processor is not None:
        with suppress(OSError):  # it is only about time
            os.sched_setaffinity(0, {processor})
    if policy["seccomp"]:
        listening, killing = (b64decode(policy["seccomp"][name]) for name in ("listen", "kill"))
        raised.listener = filters.install(listening, killing, policy["seccomp"]["own_pid"])
        raised.names.append("seccomp")
    return raised


def _limit(limits: dict[str, int]) -> None:
    own = _address_space() + limits["memory_bytes"]
    cpu = limits["cpu_seconds"]
    for name, soft, hard in (
        ("RLIMIT_AS", own, own),
        ("RLIMIT_CPU", cpu, cpu + GRACE_SECONDS),
        ("RLIMIT_FSIZE", FILE_BYTES, FILE_BYTES),
        ("RLIMIT_NOFILE", OPEN_FILES, OPEN_FILES),
        ("RLIMIT_NPROC", 1, 1),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_STACK", STACK_BYTES, STACK_BYTES),
        ("RLIMIT_MEMLOCK", 0, 0),
        ("RLIMIT_MSGQUEUE", 0, 0),
    ):
        which = getattr(resource, name, None)
        if which is not None:
            ceiling = resource.getrlimit(which)[1]
            if ceiling != resource.RLIM_INFINITY:
                soft, hard = min(soft, ceiling), min(hard, ceiling)
            _set(which, soft, hard)


def _set(which: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(which, (soft, hard))
    except (OSError, ValueError):
        # macOS refuses some that Linux has; on Linux each must hold.
        if sys.platform == "linux":
            raise


def _address_space() -> int:
    """Return the bytes that this process has mapped already, its interpreter's mostly."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


assert ctypes.sizeof(ctypes.c_void_p) == 8, "a 64-bit host is needed"
