"""bubblewrap: the zygote in namespaces of its own, where the rest of the host does not exist."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from . import places

PROBE_SECONDS = 20
LOADER_FOLDERS = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64")


@cache
def why_not() -> str:
    """Return why no zygote can be started in bubblewrap here; empty if one can."""
    if sys.platform != "linux":
        return "bubblewrap is Linux's"
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    trial = [*command(), str(places.interpreter()), "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(
            trial,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run: {error}"
    if done.returncode != 0:
        return f"not permitted here: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}"
    return ""


def command(
    read: tuple[Path, ...] = (), write: tuple[Path, ...] = (), *, new_session: bool = True
) -> list[str]:
    """Return the words to put before a command; `read` and `write` are folders it needs more.

    `new_session`: there is a terminal, which the command must not reach.
    """
    words = ["bwrap", "--die-with-parent", "--unshare-cgroup-try"]
    words += ["--new-session"] if new_session else []
    if os.geteuid() == 0:
        # A user namespace would have one uid only; root needs none, and gives workers their own.
        words += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        words += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            words += ["--cap-add", capability]
    else:
        words += ["--unshare-all"]
    words += ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    for folder in map(Path, LOADER_FOLDERS):
        # The program loader's path is fixed in every program; on most systems it is a link.
        if folder.is_symlink():
            words += ["--symlink", os.readlink(folder), str(folder)]
    bound = _outermost([*places.readable(), places.interpreter(), *_loader(), *read])
    for parent in sorted({parent for path in bound for parent in path.parents}):
        # Left to itself it makes them for root's eyes only.
        words += ["--perms", "0755", "--dir", str(parent)]
    for path in bound:
        words += ["--ro-bind", str(path), str(path)]
    for path in places.hidden():
        words += ["--tmpfs", str(path)]
    for path in write:
        words += ["--bind", str(path), str(path)]
    return words


def _loader() -> list[Path]:
    """Return the real files behind /lib64/ld-linux-x86-64.so.2 and its like."""
    found = [link for folder in LOADER_FOLDERS for link in Path(folder).glob("ld-*.so*")]
    return [*{path.resolve() for path in found}, *(p for p in found if not _behind_link(p))]


def _behind_link(path: Path) -> bool:
    return any(parent.is_symlink() for parent in path.parents)


def _outermost(paths: list[Path]) -> list[Path]:
    """Drop what lies within another of the paths."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda p: len(p.parts)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept
