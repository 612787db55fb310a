"""Every attack of `tests/attacks` gets no point, no secret, and is told to the instructor."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from grader import attacks, walls
from grader.course import Course
from grader.isolation.choice import local
from grader.run import collect, grade_submission
from grader.verdict import Verdict

HERE = Path(__file__).parent
CORPUS = HERE.parent.parent / "attacks"
TOY = HERE.parent / "toy_course"
CANARY = "CANARY-7d1f0c"
lacking = walls.missing()
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}"),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A toy course with canaries among its secrets, which lie open for all to read."""
    root = tmp_path_factory.mktemp("secrets") / "course"
    shutil.copytree(TOY, root)
    for secret in ("grader/hidden/toy/test_choice.py", "reference/solutions/traps.py"):
        with (root / secret).open("a") as file:
            file.write(f"\n_SECRET = {CANARY!r}\n")
    for folder in (root, *list(root.parents)[:2]):
        folder.chmod(0o755)
    return Course(root)


@pytest.fixture(scope="module")
def struck(course, tmp_path_factory):
    """Grade every attack once, behind the inner walls alone: they must hold without namespaces."""
    unit = course.unit("toy")
    isolation = local("process", course, trust=False)
    tests = collect(unit)

    def grade(case):
        folder = tmp_path_factory.mktemp(case.name)
        case.write(folder)
        return case.name, grade_submission(
            unit, folder, attacks.targets(tests, case), isolation=isolation
        )

    os.environ["GRADER_CANARY"] = CANARY
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return dict(pool.map(grade, attacks.attacks(unit, CORPUS)))
    finally:
        del os.environ["GRADER_CANARY"]


def cases():
    return attacks.attacks(Course(TOY).unit("toy"), CORPUS)


def test_there_are_enough():
    assert len(cases()) >= 40


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_it_gains_nothing(struck, course, case):
    assert attacks.complaints(course.unit("toy"), case, struck[case.name], CANARY) == []


def test_an_attack_that_gains_something_is_complained_of(struck, course):
    unit = course.unit("toy")
    case = next(each for each in cases() if each.name == "network")
    report = struck["network"]
    (public, *others) = report.tests
    paid = public.model_copy(update={"score": 1.0})
    told = public.model_copy(update={"message": CANARY, "verdict": Verdict.CRASHED})
    assert attacks.complaints(unit, case, report.model_copy(update={"tests": [paid, *others]}))
    assert "a student sees what is secret" in attacks.complaints(
        unit, case, report.model_copy(update={"tests": [told]}), CANARY
    )
    assert attacks.complaints(unit, replace(case, tells="fly"), report)
