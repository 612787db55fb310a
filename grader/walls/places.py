"""What a worker may read: the standard library, shared libraries; not their neighbours."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from pathlib import Path

SITE_FOLDERS = ("site-packages", "dist-packages")


def interpreter() -> Path:
    """Return the Python to start workers with: the one that runs here, without its environment."""
    return Path(os.path.realpath(sys.executable))


def readable() -> list[Path]:
    """Return the folders and files of this host that a worker's imports come from."""
    library = {Path(sysconfig.get_path("stdlib"))}
    library |= {Path(each) for each in sys.path if Path(each).name == "lib-dynload"}
    found = library | _library_folders() | {Path("/etc/ld.so.cache")}
    return sorted({path.resolve() for path in found if path.exists()})


def hidden() -> list[Path]:
    """Return folders that may lie within a readable one, and are not to be read."""
    found = {Path(path) for path in site.getsitepackages()}
    found |= {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    for root in readable():
        if root.is_dir():
            for name in SITE_FOLDERS:
                found |= set(root.glob(name)) | set(root.glob(f"python*/{name}"))
    roots = readable()
    resolved = {path.resolve() for path in found if path.is_dir()}
    return sorted(p for p in resolved if any(p.is_relative_to(root) for root in roots))


def _library_folders() -> set[Path]:
    """Return where the shared libraries lie that this process has loaded, but Python packages'."""
    try:
        maps = Path("/proc/self/maps").read_text(errors="replace")
    except OSError:
        return set()
    files = {Path(line.split(maxsplit=5)[-1]) for line in maps.splitlines() if ".so" in line}
    return {
        file.parent
        for file in files
        if file.is_absolute() and not any(name in file.parts for name in SITE_FOLDERS)
    }
