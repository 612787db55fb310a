"""Where imports come from: the standard library, `vmlab`; in a worker, the submission."""

from __future__ import annotations

import os
import stat
import sys
from importlib.machinery import PathFinder

BY_DESCRIPTOR = "/proc/self/fd"


def lay_out(kit: str) -> set[int]:
    """Set `sys.path`; return descriptors that it needs. `kit` holds `vmlab` and this package.

    The submission is not on it: a `copy.py` there would run in the zygote, outside the walls.

    A worker may be a user who owns nothing: a standard library that lies in somebody's home is
    reached through a descriptor, since its path leads through closed doors.
    """
    library = [path for path in sys.path if os.path.isabs(path) and path != kit]
    descriptors = set()
    if os.path.isdir(BY_DESCRIPTOR):
        for path in [path for path in library if os.path.isdir(path) and not _open_to_all(path)]:
            descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY)
            descriptors.add(descriptor)
            new = f"{BY_DESCRIPTOR}/{descriptor}"
            library[library.index(path)] = new
            _move_packages(path, new)
    sys.path[:] = [*library, kit]
    sys.path_importer_cache.clear()
    # The walls let no one list the standard library's folder: have it listed now.
    PathFinder.find_spec("no_module_of_this_name")
    return descriptors


def _open_to_all(path: str) -> bool:
    while path != os.path.dirname(path):
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
        path = os.path.dirname(path)
    return True


def _move_packages(old: str, new: str) -> None:
    """Let the packages that are imported already find their other modules at the new place."""
    for module in list(sys.modules.values()):
        places = getattr(module, "__path__", None)
        if isinstance(places, list):
            places[:] = [new + p[len(old) :] if p.startswith(old + os.sep) else p for p in places]
