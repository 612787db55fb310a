"""What an image is made of, and when it is another."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from grader.course import Course
from grader.image.contents import build_context, contents, digest

ROOT = Path(__file__).parent.parent.parent.parent
TOY = Path(__file__).parent.parent / "toy_course"


@pytest.fixture
def course(tmp_path):
    shutil.copytree(TOY, tmp_path / "course")
    return Course(tmp_path / "course")


def test_all_that_grades_and_nothing_else():
    files = contents(Course(ROOT))
    tops = {"/".join(name.split("/")[:2]) for name in files}
    assert "reference/vmlab" in tops
    assert "reference/solutions" in tops
    assert "reference/flawed" not in tops
    assert not [name for name in files if "__pycache__" in name or name.startswith("tests/")]
    for name in Course(ROOT).names:
        assert any(path.startswith(f"grader/hidden/{name}/test_") for path in files)


@pytest.mark.parametrize(
    "changed",
    [
        "grader/hidden/toy/test_choice.py",
        "assignments/toy/assignment.toml",
        "reference/solutions/traps.py",
    ],
)
def test_a_change_of_what_grades_changes_the_digest(course, changed):
    before = digest(contents(course))
    assert digest(contents(course)) == before
    with (course.root / changed).open("a") as file:
        file.write("\n# changed\n")
    assert digest(contents(course)) != before


def test_names_count_as_well():
    assert digest({"a": b"bc"}) != digest({"ab": b"c"})


def test_the_context_is_the_same_every_time(course):
    files = contents(course)
    first = build_context(files)
    assert build_context(files) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        names = archive.getnames()
        assert names[0] == "Dockerfile"
        assert set(files) < set(names)


def test_the_lock_holds_every_dependency():
    """pyproject.toml asks for it, so requirements.lock must pin it, with hashes."""
    import re

    wanted = re.findall(r'^ {4}"([a-z0-9-]+)[^"]*"', (ROOT / "pyproject.toml").read_text(), re.M)
    locked = (ROOT / "requirements.lock").read_text()
    needed = wanted[: wanted.index("vmlab") if "vmlab" in wanted else None]
    for name in needed:
        assert re.search(rf"^{name}==\S+.*\\\n    --hash=sha256:", locked, re.M), name
