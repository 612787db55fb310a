"""What run_autograder leaves behind, with a folder in the place of /autograder."""

import json
import shutil
import time
from pathlib import Path

import pytest

from grader import walls
from grader.course import Course
from grader.gradescope import harness
from grader.isolation import Local
from grader.problem import Problem

TOY = Path(__file__).parent.parent / "toy_course"
lacking = walls.missing()
needs_walls = pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}")
CREATED = "2018-07-01T14:22:32.365935-07:00"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "submission").mkdir()
    shutil.copy(TOY / "reference/solutions/traps.py", tmp_path / "submission")
    return tmp_path


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    shutil.copytree(TOY, root)
    return Course(root)


def run(course, place, **metadata):
    (place / "submission_metadata.json").write_text(json.dumps(metadata))
    harness.grade(course, place)
    return results(place)


def results(place):
    return json.loads((place / "results" / "results.json").read_text())


def limit(course, text):
    with (course.root / "assignments/toy/assignment.toml").open("a") as file:
        file.write(f"\n[gradescope]\n{text}\n")


@needs_walls
def test_a_submission(course, place, capfd):
    given = run(
        course,
        place,
        created_at=CREATED,
        users=[{"name": "Ada Okafor", "email": "ada@example.com"}],
        assignment={"total_points": "10", "due_date": "2018-07-01T12:00:00-07:00"},
    )
    assert given["score"] == 10
    assert [test["status"] for test in given["tests"]] == ["passed"] * len(given["tests"])
    told = capfd.readouterr().out
    assert "Handed in 2:22:32 after it was due." in told
    assert "Gradescope counts 10 points" in told
    # Leaderboards go by the pseudonyms that students choose there: no name comes from here.
    text = (place / "results" / "results.json").read_text()
    assert "Ada" not in text
    assert "ada@" not in text


@needs_walls
def test_a_missing_file_is_told(course, place):
    (place / "submission" / "traps.py").rename(place / "submission" / "Traps.py")
    given = run(course, place)
    assert given["score"] == 0
    assert "rename it to traps.py" in given["output"]
    assert len(given["tests"]) > 1


@needs_walls
def test_the_limit_of_submissions_over_three_runs(course, place):
    limit(course, "submissions = 1")
    first = run(course, place, created_at=CREATED)
    assert first["extra_data"]["graded_at"] == [CREATED]
    previous = {"submission_time": CREATED, "score": 10.0, "results": first}
    second = run(
        course, place, created_at="2018-07-01T20:00:00-07:00", previous_submissions=[previous]
    )
    assert second["score"] == 10
    assert second["output"].startswith("Not graded: 1 submission in 24 hours")
    assert second["tests"] == first["tests"]
    refused = {"submission_time": "2018-07-01T20:00:00-07:00", "score": 10.0, "results": second}
    third = run(
        course,
        place,
        created_at="2018-07-02T15:00:00-07:00",
        previous_submissions=[previous, refused],
    )
    assert "Not graded" not in third["output"]


@needs_walls
def test_the_deadline_leaves_partial_results(course, place):
    limit(course, "deadline_seconds = 60")
    slow = "import time\ndef wakes(hart): time.sleep(3600)\ndef choose_interrupt(hart): return 1\n"
    (place / "submission" / "traps.py").write_text(slow)
    # As if everything before had taken that long: one second is left.
    harness.grade(course, place, begin=time.monotonic() - 59)
    given = results(place)
    assert given["score"] is not None
    verdicts = [test["extra_data"]["verdict"] for test in given["tests"]]
    assert "timeout" in verdicts
    assert "internal_error" not in verdicts


def test_walls_that_are_missing_cost_nobody_points(course, place, monkeypatch, capfd):
    monkeypatch.setattr(walls, "missing", lambda standing, closed: ["seccomp"])
    given = run(course, place)
    assert "score" not in given
    assert "tests" not in given
    assert "fault of the grader" in given["output"]
    assert "seccomp missing" in capfd.readouterr().out


def test_something_valid_lies_there_from_the_start(course, place, monkeypatch):
    def killed(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(harness, "grade_source", killed)
    monkeypatch.setattr(harness, "local", lambda *arguments, **more: Local([]))
    with pytest.raises(KeyboardInterrupt):
        run(course, place)
    given = results(place)
    assert "fault of the grader" in given["output"]
    assert "score" not in given


def test_which_assignment(course):
    assert harness.assignment(course).name == "toy"
    shutil.copytree(course.root / "assignments/toy", course.root / "assignments/other")
    with pytest.raises(Problem, match="not said which assignment"):
        harness.assignment(course)
    (course.root / "ASSIGNMENT").write_text("other\n")
    assert harness.assignment(course).name == "other"
