"""An example class, made afresh from what the course holds: no copy of a solution lies around."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grader.cases import cases
from grader.course import Unit
from grader.problem import Problem
from grader.text import file_name
from grader.tomlfile import load

MARK = ".example-class"
"""Lies in a folder that this module made, and may therefore be removed by it."""
DATE = (2026, 1, 1, 0, 0, 0)
"""Of every file in a zip, so that the same class gives the same bytes."""


class Student(BaseModel):
    """One who hands something in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    case: str | None = None
    """A known submission of `grader prove`."""
    file: str | None = None
    """A file beside `class.toml`, handed in under the part's name unless `under` says another."""
    under: str | None = None
    form: Literal["folder", "zip", "file"] = Field(default="folder", alias="as")

    @model_validator(mode="after")
    def _one_of_both(self) -> Student:
        if (self.case is None) == (self.file is None):
            raise ValueError("give either case or file")
        return self


class ExampleClass(BaseModel):
    """The contents of `class.toml`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    student: list[Student] = Field(min_length=1)


def make_class(unit: Unit, out: Path) -> int:
    """Write the example class of an assignment to the folder `out`; return how many are in it.

    Raises:
        Problem: there is none, or `out` holds something else.
    """
    source = unit.course.root / "examples" / "class" / unit.name
    listed = load(source / "class.toml", ExampleClass)
    known = {case.name: case.files for case in cases(unit)}
    contents = [_files(student, unit, source, known) for student in listed.student]
    if out.exists():
        if not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
            raise Problem(f"{out} is in the way; name an empty or new folder.")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / MARK).touch()
    for student, files in zip(listed.student, contents, strict=True):
        _hand_in(student, files, out)
    return len(contents)


def _files(
    student: Student, unit: Unit, source: Path, known: dict[str, dict[str, bytes]]
) -> dict[str, bytes]:
    if student.case is not None:
        if student.case not in known:
            raise Problem(
                f"{source / 'class.toml'}: {unit.name} has no submission {student.case!r}; there "
                f"are: {', '.join(known)}."
            )
        return known[student.case]
    assert student.file is not None  # the model sees to it
    try:
        data = (source / student.file).read_bytes()
    except OSError as error:
        raise Problem(f"{source / student.file} cannot be read: {error.strerror}.") from None
    return {student.under or unit.settings.files[0]: data}


def _hand_in(student: Student, files: dict[str, bytes], out: Path) -> None:
    name = file_name(student.name)
    if student.form == "zip":
        with zipfile.ZipFile(out / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files.items():
                archive.writestr(zipfile.ZipInfo(path, DATE), data)
    elif student.form == "file":
        (data,) = files.values()
        (out / f"{name}.py").write_bytes(data)
    else:
        (out / name).mkdir()
        for path, data in files.items():
            (out / name / path).write_bytes(data)
