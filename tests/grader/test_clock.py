"""A clock that jumps changes no grade: what is limited is measured by one that cannot."""

import json
import random
import shutil
import time
from pathlib import Path

import pytest

from grader import walls
from grader.course import Course
from grader.gradescope import harness
from grader.isolation import local
from grader.results import results_of
from grader.run import collect, grade_submission

TOY = Path(__file__).parent / "toy_course"
CREATED = "2018-07-01T14:22:32.365935-07:00"
YEARS = 5 * 365 * 86_400
JUMPING = f"""
import random, time
def jumping(moment=time.time_ns, chance=random.Random(7)):
    return moment() + chance.randrange(-{YEARS}, {YEARS}) * 10**9
time.time_ns = jumping
time.time = lambda: jumping() / 1e9
"""
"""Has the clock be set, by up to five years to and fro, before each look at it."""
SESSION = f"{JUMPING}\nimport runpy\nrunpy.run_module('grader.session', run_name='__main__')\n"

lacking = walls.missing()
pytestmark = pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}")


@pytest.fixture
def jump(monkeypatch):
    """Have the clock jump for us and for sessions."""

    def begin():
        real, chance = time.time_ns, random.Random(8)
        moment = lambda: real() + chance.randrange(-YEARS, YEARS) * 10**9  # noqa: E731
        monkeypatch.setattr(time, "time_ns", moment)
        monkeypatch.setattr(time, "time", lambda: moment() / 1e9)
        monkeypatch.setattr(local, "COMMAND", ("-c", SESSION))

    return begin


def test_the_same_report(jump):
    unit = Course(TOY).unit("toy")
    tests = collect(unit)
    isolation = local.Local([])

    def graded():
        report = grade_submission(unit, unit.solution.parent, tests, isolation=isolation)
        assert 0 <= report.execution_time < unit.settings.limits.submission_seconds
        timeless = report.model_copy(update={"execution_time": 0.0})
        return timeless.model_dump_json(), results_of(timeless, unit.settings).text()

    expected = graded()
    assert '"score": 10' in expected[1]
    jump()
    assert graded() == expected


def test_the_same_limits_on_gradescope(jump, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(TOY, root)
    with (root / "assignments/toy/assignment.toml").open("a") as file:
        file.write("\n[gradescope]\nsubmissions = 1\ndeadline_seconds = 120\n")
    (tmp_path / "results").mkdir()
    (tmp_path / "submission").mkdir()
    shutil.copy(TOY / "reference/solutions/traps.py", tmp_path / "submission")

    def run(**metadata):
        (tmp_path / "submission_metadata.json").write_text(json.dumps(metadata))
        harness.grade(Course(root), tmp_path)
        return json.loads((tmp_path / "results" / "results.json").read_text())

    jump()
    first = run(created_at=CREATED)
    assert (first["score"], first["extra_data"]["graded_at"]) == (10, [CREATED])
    previous = [{"submission_time": CREATED, "score": 10.0, "results": first}]
    over = run(created_at="2018-07-02T14:22:32-07:00", previous_submissions=previous)
    assert over["output"].startswith("Not graded: 1 submission in 24 hours")
    again = run(created_at="2018-07-02T14:22:33-07:00", previous_submissions=previous)
    assert "Not graded" not in again.get("output", "")
    assert again["score"] == 10
