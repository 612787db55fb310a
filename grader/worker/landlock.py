"""Landlock: which files a worker may open (Linux `Documentation/userspace-api/landlock.rst`).

What is not granted is denied: files, TCP, abstract sockets, signals to processes outside. `stat`
is not among what Landlock can deny.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from . import kernel

# LANDLOCK_ACCESS_FS_*
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK = 1 << 6, 1 << 7, 1 << 8, 1 << 9
MAKE_FIFO, MAKE_BLOCK, MAKE_SYM, REFER = 1 << 10, 1 << 11, 1 << 12, 1 << 13
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15

ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
NET_ABI, SCOPE_ABI = 4, 6
NET_ALL = 0b11
"""BIND_TCP, CONNECT_TCP."""
SCOPE_ALL = 0b11
"""ABSTRACT_UNIX_SOCKET, SIGNAL."""

FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = READ_FILE | READ_DIR
SCRATCH = READ | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR | REFER

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneathAttr(ctypes.Structure):
    # Packed in C, but the kernel reads its 12 bytes only; the offsets are the same.
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Return the kernel's Landlock ABI, from 1 on. Raise OSError if there is none."""
    return kernel.syscall(
        kernel.LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), CREATE_RULESET_VERSION
    )


class Grants:
    """What workers may open, collected once while every path is within reach.

    A worker's rules differ in its scratch only. They are made once for each scratch, since there
    are hundreds where the standard library has to be granted file by file.
    """

    def __init__(self) -> None:
        version = abi()
        self._handled = ALL_BY_ABI[max(known for known in ALL_BY_ABI if known <= version)]
        self._attributes = _RulesetAttr(
            self._handled,
            NET_ALL if version >= NET_ABI else 0,
            SCOPE_ALL if version >= SCOPE_ABI else 0,
        )
        self._size = 24 if version >= SCOPE_ABI else 16 if version >= NET_ABI else 8
        self._rules: list[tuple[int, int]] = []
        self._rulesets: dict[str, int] = {}

    def allow(self, path: str, rights: int) -> None:
        """Allow `rights` to a file, or to all that lies beneath a folder. Raise OSError."""
        self._rules.append(self._open(path, rights))

    def _open(self, path: str, rights: int) -> tuple[int, int]:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        return descriptor, rights & self._handled

    def allow_reading(self, path: str, hidden: Iterable[str]) -> None:
        """Allow reading all beneath `path` but what lies in the `hidden` folders.

        A folder that holds a hidden one is granted entry by entry, and so cannot be listed.
        """
        path, hidden = os.path.realpath(path), tuple(hidden)
        if any(path == each or path.startswith(each + os.sep) for each in hidden):
            return
        if not any(each.startswith(path + os.sep) for each in hidden):
            self.allow(path, READ)
            return
        for entry in os.scandir(path):
            if not entry.is_symlink():
                self.allow_reading(entry.path, hidden)

    def ruleset(self, scratch: str) -> int:
        """Return the rules of a worker that may write in `scratch`. Raise OSError."""
        if scratch not in self._rulesets:
            self._rulesets[scratch] = self._make([*self._rules, self._open(scratch, SCRATCH)])
        return self._rulesets[scratch]

    def bare(self) -> int:
        """Return the rules of a process that may write nowhere. Raise OSError."""
        return self._make(self._rules)

    def _make(self, rules: list[tuple[int, int]]) -> int:
        ruleset = kernel.syscall(
            kernel.LANDLOCK_CREATE_RULESET,
            ctypes.byref(self._attributes),
            ctypes.c_size_t(self._size),
            0,
        )
        for descriptor, rights in rules:
            rule = _PathBeneathAttr(rights, descriptor)
            kernel.syscall(
                kernel.LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0
            )
        return ruleset


def enter(ruleset: int) -> None:
    """Restrict this process and all it will start. Raise OSError."""
    kernel.syscall(kernel.LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
