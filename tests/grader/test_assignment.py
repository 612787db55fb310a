"""`assignment.toml` and `hints.toml`: what is wrong is told in one sentence, with its line."""

import pytest

from grader.assignment import load_assignment, load_hints
from grader.problem import Problem

GOOD = """\
title = "Toy"
part = "traps"
files = ["traps.py"]

[limits]
cpu_seconds = 5

[visibility]
detail = "clause"

[clauses.T1]
title = "Waking"
[clauses.T2]
title = "Choice"
"""


def write(tmp_path, text):
    path = tmp_path / "assignment.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(tmp_path, text):
    path = write(tmp_path, text)
    with pytest.raises(Problem) as caught:
        load_assignment(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line ")
    assert "\n" not in message
    return message.removeprefix(f"{path}, ")


def test_good_file_is_read_with_defaults(tmp_path):
    assignment = load_assignment(write(tmp_path, GOOD))
    assert assignment.limits.cpu_seconds == 5
    assert assignment.limits.submission_seconds == 120
    assert assignment.visibility.detail == "clause"
    assert assignment.visibility.hidden == "visible"
    assert list(assignment.clauses) == ["T1", "T2"]
    assert assignment.accepted == ["traps.py"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cpu_seconds = 5", "cpu_seconds = ", "line 6: this is not TOML"),
        ("cpu_seconds = 5", "cpu_seconds = 'five'", "line 6: limits.cpu_seconds is wrong"),
        ("cpu_seconds = 5", "cpu_second = 5", "line 6: limits.cpu_second is not a known setting"),
        ("cpu_seconds = 5", "cpu_seconds = true", "line 6: limits.cpu_seconds is wrong"),
        ("cpu_seconds = 5", "cpu_seconds = 0", "line 6: limits.cpu_seconds is wrong"),
        ('"clause"', '"everything"', "line 9: visibility.detail is wrong"),
        ('title = "Choice"', "", "line 13: clauses.T2.title is missing"),
        ("[clauses.T2]", "[clauses.two]", "line 13: clauses.two is wrong"),
        ('part = "traps"\n', "", "line 1: part is missing"),
        ('["traps.py"]', "[]", "line 3: files is wrong"),
        ('["traps.py"]', '["../traps.py"]', "line 3: files.0 is wrong"),
        ('["traps.py"]', '["traps.py", "Traps.py"]', "line 3: files is wrong: a file is named"),
        ('title = "Toy"', 'title = "Toy', "line 1: this is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old, new, said):
    assert old in GOOD
    assert complaint(tmp_path, GOOD.replace(old, new)).startswith(said)


def test_several_mistakes_are_counted(tmp_path):
    text = GOOD.replace("cpu_seconds = 5", "cpu_seconds = 0\nmemory_mib = 0\ncalls = 0")
    assert complaint(tmp_path, text).endswith("2 more like it.")


def test_missing_file_and_wrong_encoding(tmp_path):
    with pytest.raises(Problem, match=r"does not exist; create it"):
        load_assignment(tmp_path / "assignment.toml")
    (tmp_path / "assignment.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(Problem, match=r"is not UTF-8 text"):
        load_assignment(tmp_path / "assignment.toml")


def test_hints(tmp_path, unit):
    assert unit.hints["T1"].place == "wakes"
    path = write(tmp_path, '[T1]\nconcept = "a"\nrule = "b"\n')
    with pytest.raises(Problem, match=r"line 1: T1.place is missing"):
        load_hints(path)
