"""The example class: made from what the course holds, and never over anything else."""

import shutil
import zipfile
from pathlib import Path

import pytest

from grader.course import Course
from grader.example import make_class
from grader.problem import Problem

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).parent / "toy_course"
CLASS = """\
[[student]]
name = "Ada Okafor"
case = "reference"
as = "zip"

[[student]]
name = "Bo/Lind"
file = "bad.py"
as = "folder"

[[student]]
name = "Cy"
file = "bad.py"
as = "file"

[[student]]
name = "Di"
file = "bad.py"
under = "message.txt"
"""


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    shutil.copytree(TOY, root)
    (root / "assignments" / "toy" / "traps.py").write_text("")
    (root / "examples" / "class" / "toy").mkdir(parents=True)
    (root / "examples" / "class" / "toy" / "bad.py").write_text("x = ")
    return root


def make(course, text, out):
    (course / "examples" / "class" / "toy" / "class.toml").write_text(text)
    return make_class(Course(course).unit("toy"), out)


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_everyone_hands_in_in_their_own_way(course, tmp_path):
    out = tmp_path / "class"
    assert make(course, CLASS, out) == 4
    assert files(out) == [
        ".example-class",
        "Ada Okafor.zip",
        "Bo_Lind/traps.py",
        "Cy.py",
        "Di/message.txt",
    ]
    with zipfile.ZipFile(out / "Ada Okafor.zip") as archive:
        assert archive.read("traps.py") == (TOY / "reference/solutions/traps.py").read_bytes()


def test_made_twice_it_is_the_same(course, tmp_path):
    out = tmp_path / "class"
    make(course, CLASS, out)
    before = {name: (out / name).read_bytes() for name in files(out)}
    (out / "stray").mkdir()
    make(course, CLASS, out)
    assert {name: (out / name).read_bytes() for name in files(out)} == before


def test_nothing_else_is_removed(course, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").touch()
    with pytest.raises(Problem, match="is in the way"):
        make(course, CLASS, out)
    assert files(out) == ["thesis.txt"]
    with pytest.raises(Problem, match="is in the way"):
        make(course, CLASS, out / "thesis.txt")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('case = "reference"', 'case = "best"', "has no submission 'best'; there are: reference"),
        ('case = "reference"', "", "line 1: student.0 is wrong: give either case or file"),
        ('as = "zip"', 'as = "tar"', "line 4: student.0.as is wrong"),
        ('"bad.py"', '"none.py"', r"none\.py cannot be read: No such file"),
    ],
)
def test_a_class_that_is_wrong(course, tmp_path, old, new, said):
    with pytest.raises(Problem, match=said):
        make(course, CLASS.replace(old, new, 1), tmp_path / "class")
    assert not (tmp_path / "class").exists()


@pytest.mark.parametrize(
    "name", [folder.name for folder in sorted((ROOT / "examples/class").iterdir())]
)
def test_the_classes_of_this_project_can_be_made(name, tmp_path):
    assert make_class(Course(ROOT).unit(name), tmp_path / "class") > 5
