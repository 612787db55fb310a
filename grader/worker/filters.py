"""Install a seccomp filter that was compiled on the other side of the walls."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Sequence

from . import kernel

SECCOMP_SET_MODE_FILTER = 1
FLAG_NEW_LISTENER = 1 << 3
INSTRUCTION = 8
"""Bytes of a `struct sock_filter`; its last four are the constant `k`."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(listening: bytes, killing: bytes, own_pid: int) -> int | None:
    """Put this process under a filter; return the listener of its notifications.

    `listening` reports forbidden calls to whoever holds the listener; where the kernel has no such
    thing, or only one that is taken, `killing` ends the process instead, and None is returned.
    `own_pid` stands in both for this process's id.
    """
    pid = os.getpid()
    if listening:
        try:
            return _load(_with_pid(listening, own_pid, pid), FLAG_NEW_LISTENER)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EINVAL, errno.ENOSYS):
                raise
    _load(_with_pid(killing, own_pid, pid), 0)
    return None


def _load(program: bytes, flags: int) -> int:
    argument = _Program(len(program) // INSTRUCTION, program)
    return kernel.syscall(
        kernel.number("seccomp"), SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(argument)
    )


def _with_pid(program: bytes, placeholder: int, pid: int) -> bytes:
    """Replace the constant `placeholder` in every instruction that has it."""
    wanted, actual = placeholder.to_bytes(4, "little"), pid.to_bytes(4, "little")
    instructions: Sequence[bytes] = [
        program[at : at + INSTRUCTION] for at in range(0, len(program), INSTRUCTION)
    ]
    return b"".join(i[:4] + actual if i[4:] == wanted else i for i in instructions)
