"""What a submission holds, whatever it came in; and the ways in which it cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from grader.problem import Problem
from grader.text import one_line

MAX_FILE = 1 << 20
"""Bytes of one file that is handed in. The parts are some hundred lines."""
MAX_ARCHIVE = 16 << 20
"""Bytes of a zip with one submission."""
MAX_UNPACKED = 64 << 20
"""Bytes that all entries of a zip may claim together."""
MAX_ENTRIES = 2_000
"""Files and folders in one submission."""
MAX_RATIO = 100
"""How much smaller than its contents a zip may be, once the contents are large."""

JUNK = re.compile(
    r"(^|/)(__MACOSX|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini|__pycache__|\.git|\.hypothesis|"
    r"\.pytest_cache|\.mypy_cache|\.ruff_cache|\.idea|\.vscode|\.venv|venv|node_modules)(/|$)"
)
"""What systems and editors leave behind; no student means to hand it in."""


class Unreadable(Problem):
    """What was handed in cannot be read at all: it gets no score."""


class Incomplete(Problem):
    """It can be read, but does not hold what it must: it gets no points."""


@dataclass(frozen=True)
class Entry:
    """A regular file inside a submission."""

    path: str
    """Relative, parts joined by "/"."""
    read: Callable[[], bytes]
    """Return the contents; raise Unreadable."""


def megabytes(size: int) -> str:
    """Return a size for people: "2.0 GB", "17 MB", "3 KB"."""
    if size >= 1 << 30:
        return f"{size / (1 << 30):.1f} GB"
    if size >= 1 << 20:
        return f"{size / (1 << 20):.0f} MB"
    return f"{max(1, size >> 10)} KB"


def choose(entries: Iterable[Entry], files: list[str], optional: list[str]) -> Chosen:
    """Find the files to hand in among `entries`.

    They may lie together in a folder, or in folders within folders, as long as it is clear which
    are meant. Raise Incomplete if one is missing or there twice.
    """
    by_path = {entry.path: entry for entry in entries if not JUNK.search(entry.path)}
    if not by_path:
        raise Incomplete(f"There is no file in this submission; hand in {listed(files)}.")
    top = _common_folder(list(by_path))
    found: dict[str, Entry] = {}
    notes: list[str] = []
    for name in [*files, *optional]:
        places = [path for path in by_path if path.rpartition("/")[2] == name]
        at_top = f"{top}{name}"
        if at_top in by_path:
            found[name] = by_path[at_top]
        elif len(places) == 1:
            found[name] = by_path[places[0]]
            notes.append(f"{name} was taken from {one_line(places[0])}.")
        elif places:
            raise Incomplete(
                f"{name} is there {len(places)} times ({listed(places)}), so it is not clear which "
                "one counts; hand in one."
            )
        elif name in files:
            raise Incomplete(_missing(name, list(by_path), files))
    used = {entry.path for entry in found.values()}
    extra = sorted(path.removeprefix(top) for path in by_path if path not in used)
    if extra:
        verb = "was" if len(extra) == 1 else "were"
        takes = listed([*files, *optional])
        notes.append(f"{listed(extra)} {verb} not used: this assignment takes {takes}.")
    return Chosen(found, notes)


@dataclass(frozen=True)
class Chosen:
    """The files that are graded, by name, and what the student should know about the others."""

    files: dict[str, Entry]
    notes: list[str]


def listed(names: list[str], limit: int = 4) -> str:
    """Return names for people: "a, b and 3 more"."""
    shown = [one_line(name, 80) for name in names[:limit]]
    if len(names) > limit:
        return f"{', '.join(shown)} and {len(names) - limit} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def _missing(name: str, paths: list[str], files: list[str]) -> str:
    alike = [p for p in paths if p.rpartition("/")[2].lower() == name.lower()]
    if alike:
        return f"{name} is missing; {one_line(alike[0])} is there: rename it to {name}."
    return f"{name} is missing; hand in {listed(files)}. There is: {listed(sorted(paths))}."


def _common_folder(paths: list[str]) -> str:
    """Return the folder that all paths lie in, with a "/" at its end, or ""."""
    folders = [path.split("/")[:-1] for path in paths]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(f"{part}/" for part in common)
