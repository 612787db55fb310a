"""Which submissions the given paths hold, and what each is called."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from grader.assignment import Assignment
from grader.intake.export import METADATA, read_names
from grader.intake.folder import KINDS
from grader.intake.listing import JUNK
from grader.problem import Problem
from grader.text import file_name, one_line

ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
"""Someone's submission; all but the first are refused with a sentence, not passed over."""


@dataclass(frozen=True)
class Source:
    """One submission, not yet opened."""

    path: Path
    name: str
    """Unique among those found together, and fit as a folder's name."""
    student: str
    """Who handed it in, as far as is known."""
    problem: str | None = None
    """Why it cannot be read, if that is known already."""


@dataclass(frozen=True)
class Found:
    """What the paths hold."""

    sources: list[Source]
    passed_over: list[Path]
    """Files beside submissions that are none."""


def find_sources(paths: Iterable[Path], assignment: Assignment) -> Found:
    """Find the submissions in `paths`: files, zips, folders, folders of those, exports.

    Raises:
        Problem: a path does not exist, or holds no submission.
    """
    sources: list[Source] = []
    passed_over: list[Path] = []
    for path in paths:
        try:
            # A link that the instructor names is followed; one inside a submission never is.
            if not path.exists():
                raise Problem(f"{one_line(str(path))} does not exist.")
            found = _inside(path.resolve(), assignment)
        except OSError as error:
            where = one_line(str(error.filename or path))
            raise Problem(f"{where} cannot be read: {error.strerror}.") from None
        if not found.sources:
            raise Problem(f"{one_line(str(path))} holds no submission: no folder, .zip or .py.")
        sources += found.sources
        passed_over += found.passed_over
    return Found(_named_apart(sources), passed_over)


def _inside(path: Path, assignment: Assignment) -> Found:
    if not path.is_dir():
        if not path.is_file() or path.suffix.lower() in (".py", *ARCHIVES):
            return Found([_source(path, assignment)], [])
        raise Problem(f"{one_line(str(path))} is no submission: give a folder, a .zip or a .py.")
    if (path / METADATA).is_file():
        return _export(path)
    children = sorted(
        child
        for child in path.iterdir()
        if not JUNK.search(child.name) and not child.name.startswith(".")
    )
    if any(child.name in assignment.accepted for child in children):
        return Found([_source(path, assignment)], [])
    inside = [child for child in children if _is_submission(child)]
    if not inside and children:
        return Found([_source(path, assignment)], [])  # whose files are missing: it is told so
    passed_over = [child for child in children if child not in inside]
    return Found([_source(child, assignment) for child in inside], passed_over)


def _is_submission(path: Path) -> bool:
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return True
    return not stat.S_ISREG(mode) or path.suffix.lower() in (".py", *ARCHIVES)


def _source(path: Path, assignment: Assignment) -> Source:
    mode = os.lstat(path).st_mode
    problem = None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "no file")
        problem = f"{one_line(path.name)} is {kind}; hand in the file or folder itself."
    name = path.name
    if name in assignment.accepted:
        name = path.parent.name  # alice/traps.py is Alice's
    elif not stat.S_ISDIR(mode):
        name = path.stem
    return Source(path, file_name(name), one_line(name), problem)


def _export(folder: Path) -> Found:
    names = read_names(folder)
    sources = []
    folders = {p.name: p for p in folder.iterdir() if p.is_dir() and not JUNK.search(p.name)}
    for key in sorted({*names, *folders}, key=_by_number):
        student = one_line(names.get(key, "")) or one_line(key)
        if key in folders and not folders[key].is_symlink():
            sources.append(Source(folders[key], file_name(key), student))
        else:
            problem = f"{METADATA} lists {one_line(key)}, but that folder is not in the export."
            sources.append(Source(folder / file_name(key), file_name(key), student, problem))
    others = [p for p in sorted(folder.iterdir()) if p.name not in (METADATA, *folders)]
    return Found(sources, [p for p in others if not JUNK.search(p.name)])


def _by_number(key: str) -> tuple[int, str]:
    digits = key.rpartition("_")[2]
    return (int(digits) if digits.isdecimal() else 0, key)


def _named_apart(sources: list[Source]) -> list[Source]:
    """Drop what was given twice; number submissions of the same name, also where case is lost."""
    taken: set[str] = set()
    seen: set[Path] = set()
    result = []
    for source in sources:
        if source.path in seen:
            continue
        seen.add(source.path)
        name, number = source.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{source.name}-{number}"
        taken.add(name.lower())
        result.append(replace(source, name=name))
    return result
