"""The autograder.zip: what Gradescope asks for, at the root, and no other assignment's secrets."""

import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from grader.course import Course
from grader.gradescope.bundle import bundle
from grader.problem import Problem

TOY = Path(__file__).parent.parent / "toy_course"


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    shutil.copytree(TOY, root)
    for folder in ("assignments", "grader/hidden"):
        shutil.copytree(root / folder / "toy", root / folder / "other")
    return Course(root)


def test_what_is_in_it(course, tmp_path):
    size = bundle(course.unit("toy"), tmp_path / "new" / "autograder.zip")
    with zipfile.ZipFile(tmp_path / "new" / "autograder.zip") as archive:
        names = archive.namelist()
        for script in ("setup.sh", "run_autograder"):
            assert (archive.getinfo(script).external_attr >> 16) & stat.S_IXUSR
            assert archive.read(script).startswith(b"#!/usr/bin/env bash\n")
            assert b"\r" not in archive.read(script)
        assert archive.read("ASSIGNMENT") == b"toy\n"
        assert b"--hash=sha256:" in archive.read("requirements.lock")
    assert any(name.startswith("grader/hidden/toy/test_") for name in names)
    assert "reference/solutions/traps.py" in names
    assert not [name for name in names if "other" in name.split("/")]
    assert not [name for name in names if "flawed" in name or name.endswith(".pyc")]
    assert size == (tmp_path / "new" / "autograder.zip").stat().st_size


def test_equal_courses_give_equal_bytes(course, tmp_path):
    for name in ("a.zip", "b.zip"):
        bundle(course.unit("toy"), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_place_that_is_taken(course, tmp_path):
    place = tmp_path / "a.zip"
    place.write_text("mine")
    with pytest.raises(Problem, match="exists already"):
        bundle(course.unit("toy"), place)
    assert place.read_text() == "mine"
    bundle(course.unit("toy"), place, force=True)
    assert zipfile.is_zipfile(place)
    with pytest.raises(Problem, match="exists already"):
        bundle(course.unit("toy"), tmp_path, force=True)
