"""Compile the filter of a worker's system calls, on the trusted side, with libseccomp."""

from __future__ import annotations

import ctypes
import signal
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

from grader.worker import kernel

from .syscalls import (
    ALLOWED,
    COUNTED,
    CREATING,
    FCNTL,
    FORBIDDEN,
    IOCTL,
    IOCTL_CLOEXEC,
    O_CREAT,
    O_RDWR,
    O_TMPFILE,
    O_TRUNC,
    O_WRONLY,
    SELF_ONLY,
)

OWN_PID = 0x2F5A_17C3
"""Stands in the compiled filter for the worker's process id."""
ENOSYS, EACCES = 38, 13
GET_ACTION_AVAIL = 2


@dataclass(frozen=True)
class Filters:
    """Compiled programs, each an array of `struct sock_filter`."""

    listen: bytes
    """Reports a forbidden call to a listener; empty if the kernel cannot."""
    kill: bytes
    """Ends the process at a forbidden call."""


def why_not() -> str:
    """Return why the filter cannot be compiled or installed here; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "seccomp is Linux's"
    try:
        _library()
    except ImportError:
        return "pyseccomp is not installed"
    except (OSError, RuntimeError):
        return "the library libseccomp is not installed"
    try:
        _ask_kernel(_library().KILL_PROCESS)
    except OSError as error:
        return f"the kernel refuses: {error}"
    return ""


@cache
def compiled(files: bool) -> Filters:
    """Compile both programs. `files`: Landlock stands, so that a scratch may be written to."""
    library = _library()
    listen = b""
    try:
        _ask_kernel(library.NOTIFY)
        listen = _compile(library.NOTIFY, files)
    except OSError:
        pass  # an older kernel or library: the process is killed, and the name is not known
    return Filters(listen, _compile(library.KILL_PROCESS, files))


@cache
def names() -> dict[int, str]:
    """Return the forbidden and counted calls by their numbers here."""
    library = _library()
    found = {}
    for name in (*FORBIDDEN, *COUNTED, "prlimit64"):
        number = library.resolve_syscall(library.Arch.NATIVE, name)
        if number >= 0:
            found[number] = name
    return found


def _library() -> Any:
    import pyseccomp  # raises if libseccomp is missing

    return pyseccomp


def _ask_kernel(action: int) -> None:
    argument = ctypes.c_uint32(action)
    kernel.syscall(kernel.number("seccomp"), GET_ACTION_AVAIL, 0, ctypes.byref(argument))


def _compile(forbid: int, files: bool) -> bytes:
    library = _library()
    program = library.SyscallFilter(library.ERRNO(ENOSYS))
    program.set_attr(library.Attr.ACT_BADARCH, library.KILL_PROCESS)
    deny = library.ERRNO(EACCES)
    Arg, equal, differs, masked = library.Arg, library.EQ, library.NE, library.MASKED_EQ  # noqa: N806

    def rule(action: int, name: str, *arguments: Any) -> None:
        # A name that this libseccomp or this architecture does not know answers ENOSYS anyway.
        if library.resolve_syscall(library.Arch.NATIVE, name) >= 0:
            program.add_rule(action, name, *arguments)

    for name in ALLOWED:
        rule(library.ALLOW, name)
    for name in FORBIDDEN:
        if name not in SELF_ONLY:
            rule(forbid, name)
    for name in SELF_ONLY:
        signal_at = 2 if name == "tgkill" else 1
        rule(library.ALLOW, name, Arg(0, equal, OWN_PID), Arg(signal_at, differs, signal.SIGKILL))
        rule(forbid, name, Arg(0, equal, OWN_PID), Arg(signal_at, equal, signal.SIGKILL))
        rule(forbid, name, Arg(0, differs, OWN_PID))
    for command in FCNTL.values():
        rule(library.ALLOW, "fcntl", Arg(1, equal, command))
    for command in (*IOCTL.values(), *IOCTL_CLOEXEC.values()):
        rule(library.ALLOW, "ioctl", Arg(1, equal, command))
    # Reading limits is harmless, setting them is not.
    rule(library.ALLOW, "prlimit64", Arg(2, equal, 0))
    rule(forbid, "prlimit64", Arg(2, differs, 0))

    create = forbid if files and forbid == library.NOTIFY else deny
    for name, flags in (("openat", 2), ("open", 1)):
        making = O_CREAT | O_TMPFILE
        if files:
            rule(library.ALLOW, name, Arg(flags, masked, making, 0))
            rule(create, name, Arg(flags, masked, making, O_CREAT))
            rule(deny, name, Arg(flags, masked, making, O_TMPFILE))
            rule(deny, name, Arg(flags, masked, making, making))
        else:
            # Nothing but this filter keeps files from being written: open them to read only.
            changing = (O_CREAT, O_TMPFILE, O_TRUNC, O_WRONLY, O_RDWR)
            rule(library.ALLOW, name, Arg(flags, masked, sum(changing), 0))
            for bit in changing:
                rule(deny, name, Arg(flags, masked, bit, bit))
    for name in CREATING:
        rule(create, name)

    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()
