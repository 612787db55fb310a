"""The few system calls that Python has no function for, by ctypes."""

from __future__ import annotations

import ctypes
import os
import platform

_LIBC = ctypes.CDLL(None, use_errno=True)

# Numbers by machine: <asm/unistd.h>. From 424 on they are the same everywhere.
_NUMBERS = {
    "x86_64": {"seccomp": 317, "capset": 126},
    "aarch64": {"seccomp": 277, "capset": 91},
    "riscv64": {"seccomp": 277, "capset": 91},
}
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION_3 = 0x20080522


def number(name: str) -> int:
    """Return a system call's number here. Raise OSError if this machine is not known."""
    try:
        return _NUMBERS[platform.machine()][name]
    except KeyError:
        raise OSError(f"{name}: number unknown on {platform.machine()}") from None


def syscall(number: int, *arguments: object) -> int:
    """Make a system call. Raise OSError."""
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def prctl(option: int, value: int = 0) -> None:
    """Set an attribute of this process. Raise OSError."""
    rest = (ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if _LIBC.prctl(option, ctypes.c_ulong(value), *rest) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def drop_capabilities() -> None:
    """Give up every capability, also as root. Raise OSError."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall(number("capset"), ctypes.byref(header), ctypes.byref(nothing))
