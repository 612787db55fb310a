"""What an image or an autograder.zip holds: all that grades, and nothing besides."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import vmlab

import grader
from grader.course import Course, Unit
from grader.problem import Problem

PACKAGE = Path(grader.__file__).resolve().parent
LOCK, DOCKERFILE = "requirements.lock", "Dockerfile"


def contents(course: Course, unit: Unit | None = None) -> dict[str, bytes]:
    """Gather the files by their paths in the image; with a `unit` the others' tests are left out.

    Raises:
        Problem: a file cannot be read.
    """
    only = None if unit is None else unit.name
    folders = {
        "grader": PACKAGE,
        "grader/hidden": course.root / "grader" / "hidden",
        "assignments": course.root / "assignments",
        "reference/solutions": course.solutions,
        "reference/vmlab": Path(vmlab.__file__).resolve().parent,
    }
    files = {LOCK: PACKAGE.parent / LOCK}
    for target, folder in folders.items():
        per_assignment = target in ("grader/hidden", "assignments")
        for path in _walk(folder):
            inside = path.relative_to(folder)
            if target == "grader" and inside.parts[0] == "hidden":
                continue  # those of the course, which may be another than this package's
            if per_assignment and only is not None and inside.parts[0] != only:
                continue
            files[f"{target}/{inside.as_posix()}"] = path
    try:
        return {name: files[name].read_bytes() for name in sorted(files)}
    except OSError as error:
        raise Problem(f"{error.filename} cannot be read: {error.strerror}.") from None


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__" or path.suffix == ".pyc":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.is_file():
            yield path


def digest(files: Mapping[str, bytes]) -> str:
    """Return a short digest of files and their paths: another test, another digest."""
    total = hashlib.sha256()
    for name, data in sorted(files.items()):
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()[:16]


@cache
def digest_of(course: Course) -> str:
    """Return the digest of a course as it lies on this host. Raise Problem."""
    return digest(contents(course))


def build_context(files: Mapping[str, bytes]) -> bytes:
    """Return what an engine builds the image from, as a tar; equal files make equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in {DOCKERFILE: _dockerfile(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o755 if data.startswith(b"#!") else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _dockerfile() -> bytes:
    path = PACKAGE.parent / DOCKERFILE
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(
            f"{path} cannot be read: {error.strerror}. Images are built from a checkout of the "
            "project, not from an installed package."
        ) from None
