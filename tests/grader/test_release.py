"""A release holds what students may have, whole or not at all."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from grader import release as module
from grader.course import Course
from grader.problem import Problem
from grader.release import contents, release

SECRET_LINE = "return rs1 * 1234567 + rs2 * 7654321"
SOLUTION = f'''"""The part."""


def work(rs1, rs2):
    # BEGIN SOLUTION T1: work
    {SECRET_LINE}
    # END SOLUTION
'''
SKELETON = '''"""The part."""


def work(rs1, rs2):
    raise NotImplementedError("T1: work")
'''
EARLY = "def early():\n    # BEGIN SOLUTION T1: early\n    return 'what was asked for last time'\n"
EARLY += "    # END SOLUTION\n"
HIDDEN = "# " + "hidden " * 40 + "\n"
FILES = {
    "assignments/toy/assignment.toml": 'title = "Toy"\npart = "traps"\nfiles = ["traps.py"]\n'
    'given = ["early"]\n[clauses.T1]\ntitle = "Work"\n',
    "assignments/toy/README.md": "# Toy\n",
    "assignments/toy/traps.py": SKELETON,
    "assignments/toy/tests/test_a.py": "def test_a():\n    pass\n",
    "assignments/toy/tests/__pycache__/test_a.pyc": "x",
    "assignments/toy/.pytest_cache/x": "x",
    "reference/vmlab/__init__.py": "",
    "reference/vmlab/bench/kernel.S": "nop\n",
    "reference/vmlab/__pycache__/x.pyc": "x",
    "reference/solutions/traps.py": SOLUTION,
    "reference/solutions/early.py": EARLY,
    "reference/flawed/toy/bad.py": HIDDEN.replace("hidden", "flawed"),
    "grader/hidden/toy/test_h.py": HIDDEN,
    "pyproject.toml": '[project]\nname = "vmlab"\nversion = "1.2"\nrequires-python = ">=3.10"\n'
    'dependencies = ["rich>=13", "tomli>=2; python_version < \'3.11\'"]\n',
}
RELEASED = [
    "README.md",
    "assignment.toml",
    "early.py",
    "pyproject.toml",
    "tests/test_a.py",
    "traps.py",
    "vmlab/__init__.py",
    "vmlab/bench/kernel.S",
]


@pytest.fixture
def unit(tmp_path):
    root = tmp_path / "course"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Course(root).unit("toy")


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_the_folder_holds_what_students_may_have_and_nothing_else(unit, tmp_path):
    made = release(unit, tmp_path / "out" / "toy")
    assert listing(made) == RELEASED
    assert (made / "traps.py").read_text() == SKELETON
    assert (made / "early.py").read_text() == EARLY.replace(
        "    # BEGIN SOLUTION T1: early\n", ""
    ).replace("    # END SOLUTION\n", "")
    assert os.listdir(tmp_path / "out") == ["toy"]
    assert made.stat().st_mode == (tmp_path / "out").stat().st_mode


def test_its_settings_carry_the_project_s_dependencies(unit):
    text = contents(unit)["pyproject.toml"].decode()
    assert 'version = "1.2"' in text
    assert '    "rich>=13",\n    "tomli>=2; python_version < \'3.11\'",\n]' in text
    assert 'vmlab = "vmlab.cli:main"' in text


def test_the_zip_is_the_same_bytes_each_time(unit, tmp_path):
    one, two = release(unit, tmp_path / "1.zip"), release(unit, tmp_path / "2.zip")
    for path in unit.course.root.rglob("*"):
        os.utime(path, (0, 0))
    assert one.read_bytes() == two.read_bytes() == release(unit, two, force=True).read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.namelist() == [f"toy/{name}" for name in RELEASED]
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert archive.read("toy/traps.py").decode() == SKELETON
    assert sorted(os.listdir(tmp_path)) == ["1.zip", "2.zip", "course"]


def test_a_taken_place_is_left_alone(unit, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "work.txt").write_text("mine")
    with pytest.raises(Problem, match="is not empty"):
        release(unit, taken)
    with pytest.raises(Problem, match="does not hold an earlier release"):
        release(unit, taken, force=True)
    assert listing(taken) == ["work.txt"]
    (tmp_path / "x.zip").write_text("mine")
    with pytest.raises(Problem, match="exists already"):
        release(unit, tmp_path / "x.zip")
    with pytest.raises(Problem, match="is not a folder"):
        release(unit, taken / "work.txt")


def test_force_replaces_an_earlier_release_whole(unit, tmp_path):
    made = release(unit, tmp_path / "toy")
    (made / "left_over.py").write_text("x = 1\n")
    with pytest.raises(Problem, match="is not empty"):
        release(unit, made)
    release(unit, made, force=True)
    assert listing(made) == RELEASED
    assert sorted(os.listdir(tmp_path)) == ["course", "toy"]


def test_an_empty_folder_is_no_obstacle(unit, tmp_path):
    (tmp_path / "empty").mkdir()
    assert listing(release(unit, tmp_path / "empty")) == RELEASED


@pytest.mark.parametrize("where", ["assignments/out", "grader", ".", ".."])
def test_the_course_itself_is_no_place(unit, where):
    with pytest.raises(Problem, match="in the course itself"):
        release(unit, unit.course.root / where, force=True)


def test_if_writing_fails_nothing_is_left(unit, tmp_path, monkeypatch):
    made = release(unit, tmp_path / "toy")
    (made / "mark").write_text("old")

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    for target in (made, tmp_path / "new", tmp_path / "new.zip"):
        with pytest.raises(Problem, match="cannot be written: no space left on device"):
            release(unit, target, force=True)
    assert sorted(os.listdir(tmp_path)) == ["course", "toy"]
    assert (made / "mark").read_text() == "old"


def test_a_stale_skeleton_is_not_released(unit, tmp_path):
    (unit.folder / "traps.py").write_text(SKELETON + "\n# more\n")
    with pytest.raises(Problem, match=r"traps.py is not what its solution gives.*grader cut toy"):
        release(unit, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("README.md", f"Write `x`:\n\n    {SECRET_LINE}\n", "README.md:3, a line of reference/sol"),
        ("notes.py", SOLUTION, "notes.py:6, a line of reference/solutions/traps.py"),
        ("old.py", "def f():\n    # BEGIN SOLUTION\n    pass\n", "old.py:2, a mark of a solution"),
        ("tests/test_h.py", HIDDEN, "tests/test_h.py, which is grader/hidden/toy/test_h.py"),
        ("x.py", HIDDEN.replace("hidden", "flawed"), "x.py, which is reference/flawed/toy/bad.py"),
        (
            "tests/x.py",
            "def f():\n    from grader.run import collect\n",
            "which imports grader.run",
        ),
        ("tests/y.py", "import solutions.traps\n", "which imports solutions.traps"),
    ],
)
def test_what_gives_something_away_is_not_released(unit, tmp_path, name, text, said):
    (unit.folder / name).write_text(text)
    with pytest.raises(Problem, match="it would give away") as caught:
        release(unit, tmp_path / "out")
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_leak_in_vmlab_is_seen_too(unit, tmp_path):
    (unit.course.reference / "vmlab" / "x.py").write_text(f"def f():\n  {SECRET_LINE}\n")
    with pytest.raises(Problem, match=r"vmlab/x.py:2, a line of reference/solutions/traps.py"):
        release(unit, tmp_path / "out")


def test_links_are_refused(unit, tmp_path):
    (unit.folder / "link.py").symlink_to(unit.solution)
    with pytest.raises(Problem, match=r"link.py is not a plain file"):
        release(unit, tmp_path / "out")


def test_files_that_clash_are_refused(unit, tmp_path):
    (unit.folder / "early.py").write_text("x = 1\n")
    with pytest.raises(Problem, match=r"is given early.py, which it has already"):
        release(unit, tmp_path / "out")
    (unit.folder / "early.py").unlink()
    (unit.folder / "pyproject.toml").write_text("")
    with pytest.raises(Problem, match=r"which the release writes itself"):
        release(unit, tmp_path / "out")
