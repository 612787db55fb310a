"""What this host offers for grading, found by trying it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from grader.course import Course
from grader.image.build import TAG, current
from grader.image.engine import NoEngine, engine
from grader.problem import Problem

OLDEST = (3, 10)
ROOM = 1 << 30
"""Bytes of free disk that grading a class may need: copies, scratch folders, reports."""
PATIENCE = 10
"""Seconds that a program or an engine may take to answer."""

LANDLOCK_CREATE_RULESET = 444
"""The system call's number, the same on every architecture."""
CLONE_NEWUSER = 0x1000_0000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for."""

    name: str
    good: bool
    found: str
    """What there is, or what is missing and why that matters."""
    remedy: str = ""
    """What to install or change, if it is not good."""


def examine() -> list[Finding]:
    """Look at everything, in the order to read it."""
    return [look() for look in LOOKS]


def _python() -> Finding:
    here = platform.python_version()
    return Finding(
        "Python", sys.version_info >= OLDEST, here, "install CPython 3.10 or later; 3.11 is faster"
    )


def _kernel() -> Finding:
    good = sys.platform == "linux"
    return Finding(
        "Linux",
        good,
        platform.release() if good else f"{platform.system()}: walls need Linux",
        "grade on Linux, or in a container or a virtual machine with it",
    )


def _landlock() -> Finding:
    """Ask for the ABI's version, as landlock_create_ruleset(2) says."""
    version = -1
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        version = libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    return Finding(
        "Landlock",
        version > 0,
        f"ABI {version}" if version > 0 else "not in this kernel, or switched off",
        "Linux 5.13 or later with lsm=landlock,... on its command line",
    )


def _seccomp() -> Finding:
    library = ctypes.util.find_library("seccomp")
    try:
        import pyseccomp  # noqa: F401  only to see that it can be
    except (ImportError, OSError, RuntimeError):
        return Finding(
            "seccomp",
            False,
            "libseccomp is missing" if library is None else "the package pyseccomp is missing",
            "apt install libseccomp2; pip install pyseccomp",
        )
    return Finding("seccomp", True, f"{library or 'libseccomp'}, through pyseccomp")


def _namespaces() -> Finding:
    script = f"import ctypes, os; os._exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER}) != 0)"
    good = sys.platform == "linux" and _runs([sys.executable, "-I", "-c", script])
    return Finding(
        "user namespaces",
        good,
        "allowed" if good else "refused: usual in a container",
        "outside one: sysctl user.max_user_namespaces=10000 "
        "kernel.apparmor_restrict_unprivileged_userns=0",
    )


def _bubblewrap() -> Finding:
    program = shutil.which("bwrap")
    if program is None:
        return Finding("bubblewrap", False, "not installed", "apt install bubblewrap")
    good = _runs([program, "--ro-bind", "/", "/", "--unshare-all", "true"])
    return Finding(
        "bubblewrap",
        good,
        program if good else f"{program} cannot make its namespaces here",
        "allow user namespaces, or run as root outside a container",
    )


def _docker() -> Finding:
    try:
        with engine(PATIENCE) as client:
            return Finding("Docker", True, f"engine {client.version()['Version']}")
    except NoEngine as problem:
        return Finding("Docker", False, str(problem), "or do without: it is not needed to grade")


def _image() -> Finding:
    remedy = "grader image build"
    try:
        with engine(PATIENCE) as client:
            image = current(client, Course.find(), TAG)
    except NoEngine:
        return Finding("grading image", False, "no engine to ask", remedy)
    except Problem as problem:
        return Finding("grading image", False, str(problem), remedy)
    return Finding("grading image", True, f"version {image.version}, tests {image.tests}")


def _qemu() -> Finding:
    program = shutil.which("qemu-system-riscv64")
    return Finding(
        "QEMU",
        program is not None,
        program or "not installed: guests are not compared with it in the project's tests",
        "apt install qemu-system-misc",
    )


def _processors() -> Finding:
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return Finding("processors", True, f"{count}: as many submissions at a time")


def _disk() -> Finding:
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    return Finding(
        "disk",
        free >= ROOM,
        f"{free / 2**30:.1f} GiB free in {place}",
        f"free {ROOM >> 30} GiB there, or set TMPDIR to a roomier place",
    )


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


LOOKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _kernel,
    _processors,
    _disk,
    _landlock,
    _seccomp,
    _namespaces,
    _bubblewrap,
    _docker,
    _image,
    _qemu,
)
