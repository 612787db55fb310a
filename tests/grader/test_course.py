"""Finding the course and its assignments."""

import pytest

from grader.course import COURSE_VARIABLE, Course
from grader.problem import Problem


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch):
    monkeypatch.delenv(COURSE_VARIABLE, raising=False)


def make(root, *names):
    (root / "reference").mkdir(parents=True)
    for name in names:
        (root / "assignments" / name).mkdir(parents=True)
        (root / "assignments" / name / "assignment.toml").touch()
    return root


def test_it_is_found_from_a_folder_inside(tmp_path, monkeypatch):
    root = make(tmp_path / "course", "traps")
    monkeypatch.chdir(root / "assignments" / "traps")
    assert Course.find().root == root.resolve()


def test_it_is_found_around_the_package_from_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (Course.find().root / "grader" / "course.py").is_file()


def test_it_can_be_named(tmp_path, monkeypatch):
    root = make(tmp_path / "course", "traps")
    assert Course.find(root).names == ["traps"]
    monkeypatch.setenv(COURSE_VARIABLE, str(root))
    assert Course.find().names == ["traps"]
    with pytest.raises(Problem, match="is not a course"):
        Course.find(tmp_path)


def test_an_unknown_assignment_names_the_nearest(tmp_path):
    course = Course(make(tmp_path / "course", "traps", "vmm"))
    with pytest.raises(Problem, match=r"no assignment 'trap'; did you mean traps\?"):
        course.unit("trap")
    with pytest.raises(Problem, match=r"there are: traps, vmm\."):
        course.unit("q")
    with pytest.raises(Problem, match=r"holds no assignment.toml yet"):
        Course(make(tmp_path / "empty")).unit("traps")


def test_folders_of_an_assignment(unit):
    root = unit.course.root
    assert unit.public_tests == root / "assignments" / "toy" / "tests"
    assert unit.hidden_tests == root / "grader" / "hidden" / "toy"
    assert unit.solution == root / "reference" / "solutions" / "traps.py"
    assert unit.flawed == root / "reference" / "flawed" / "toy"
