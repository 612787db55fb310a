"""Parts that a course gives, such as those of earlier assignments, imported once for all workers.

A part of these is the course's own code. A submission that brings a file of the same name has that
one instead, which only a worker may import.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType


class _Finder:
    """Finds the given parts, and no other file of the folder that they share with a submission."""

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self._folder = folder
        self._names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names:
            return None
        return spec_from_file_location(name, self._folder / f"{name}.py")


def load(folder: Path, names: Collection[str]) -> None:
    """Import parts; what one of them lacks here, it may find in a worker."""
    finder = _Finder(folder, names)
    sys.meta_path.append(finder)
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    sys.meta_path.remove(finder)
