"""The student's folder: an assignment, `vmlab`, the given parts, and nothing else.

It is made up in memory, checked, and then written at once: a folder or zip is whole or not there.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.course import Course, Unit
from grader.cut import holes
from grader.leaks import leaks
from grader.problem import Problem
from grader.skeletons import skeletons
from grader.student_project import student_settings

Files = Mapping[str, bytes]
"""A folder's files: the path inside it, with slashes, to the contents."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip, so that equal contents make equal zips."""


def release(unit: Unit, target: Path, force: bool = False) -> Path:
    """Write the student's folder of an assignment, or the zip if `target` ends so.

    `force` replaces an earlier release in that place, never anything else.

    Raises:
        Problem: the place is taken or cannot be written, a skeleton is not current, or
            something in the folder is not for students.
    """
    target = target.resolve()
    _refuse_taken(unit.course, target, force)
    files = contents(unit)
    if found := leaks(unit, files):
        raise Problem("Not released, because it would give away: " + "; ".join(found[:5]) + ".")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".zip":
            _write_zip(target, unit.name, files)
        else:
            _write_folder(target, files)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Problem(f"{target} cannot be written: {reason}.") from None
    return target


def contents(unit: Unit) -> dict[str, bytes]:
    """Gather the files of a release. Raise Problem if one cannot be had or is not current."""
    for skeleton in skeletons(unit):
        if not skeleton.current:
            raise Problem(
                f"{skeleton.path} is not what its solution gives; run: grader cut {unit.name}"
            )
    files = dict(_tree(unit.folder))
    files.update((f"vmlab/{path}", data) for path, data in _tree(unit.course.reference / "vmlab"))
    for part in unit.settings.given:
        if f"{part}.py" in files:
            raise Problem(f"{unit.name} is given {part}.py, which it has already.")
        files[f"{part}.py"] = _given(unit.course, part)
    if "pyproject.toml" in files:
        raise Problem(f"{unit.folder} holds a pyproject.toml, which the release writes itself.")
    files["pyproject.toml"] = student_settings(unit).encode()
    return dict(sorted(files.items()))


def _tree(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Walk a folder's files, but for caches and hidden ones."""
    if not folder.is_dir():
        raise Problem(f"{folder} is not a folder.")
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__" or path.suffix == ".egg-info":
            continue
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise Problem(f"{path} is not a plain file; a release holds no links.")
        if path.is_dir():
            yield from ((f"{path.name}/{inner}", data) for inner, data in _tree(path))
        elif path.suffix != ".pyc":
            yield path.name, path.read_bytes()


def _given(course: Course, part: str) -> bytes:
    """Return an earlier part's solution, without its marks."""
    path = course.solutions / f"{part}.py"
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None
    marks = {line for hole in holes(source, str(path)) for line in (hole.first, hole.last)}
    lines = source.splitlines(keepends=True)
    return "".join(line for n, line in enumerate(lines, 1) if n not in marks).encode()


def _refuse_taken(course: Course, target: Path, force: bool) -> None:
    root = course.root
    inside = target.is_relative_to(root) and not target.is_relative_to(root / "dist")
    if root.is_relative_to(target) or inside:
        raise Problem(f"{target} is in the course itself; release to another place.")
    if target.suffix == ".zip":
        if target.is_dir() or (target.exists() and not force):
            raise Problem(f"{target} exists already; name another, or replace it with --force.")
    elif target.exists() and not target.is_dir():
        raise Problem(f"{target} is not a folder; name another.")
    elif target.is_dir() and any(target.iterdir()):
        if not force:
            raise Problem(
                f"{target} is not empty; name another, or replace an earlier release with --force."
            )
        if not ((target / "assignment.toml").is_file() and (target / "vmlab").is_dir()):
            raise Problem(f"{target} does not hold an earlier release; empty it yourself first.")


def _write_zip(target: Path, name: str, files: Files) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(f"{name}/{path}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode below counts
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    with _scratch(target) as scratch:
        made = scratch / "release.zip"
        made.write_bytes(buffer.getvalue())
        os.replace(made, target)


def _write_folder(target: Path, files: Files) -> None:
    with _scratch(target) as scratch:
        made = scratch / "release"
        for path, data in files.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        # Two renames: the old folder goes away whole with the scratch folder.
        if target.exists():
            os.replace(target, scratch / "old")
        os.replace(made, target)


@contextlib.contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Make a folder beside the target, in the same file system, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
