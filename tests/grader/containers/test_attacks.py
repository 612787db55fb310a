"""The corpus of attacks in containers: where the engine's walls stand around ours."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader import attacks, walls
from grader.course import Course
from grader.isolation import choose
from grader.run import collect, grade_submission

CORPUS = Path(__file__).parent.parent.parent / "attacks"
TOY = Path(__file__).parent.parent / "toy_course"
lacking = walls.missing()
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}"),
]


def cases():
    return attacks.attacks(Course(TOY).unit("toy"), CORPUS)


@pytest.fixture(scope="module")
def struck(home, tmp_path_factory):
    unit = Course(TOY).unit("toy")
    tests = collect(unit)
    root = tmp_path_factory.mktemp("attacks")
    with choose("docker", unit, image=home.tags[0]) as (isolation, _):

        def grade(case):
            folder = root / case.name
            folder.mkdir()
            case.write(folder)
            return case.name, grade_submission(
                unit, folder, attacks.targets(tests, case), isolation=isolation
            )

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return dict(pool.map(grade, cases()))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_it_gains_nothing_in_a_container(struck, case):
    unit = Course(TOY).unit("toy")
    secret = "pending & -pending"  # a line of the solution
    assert attacks.complaints(unit, case, struck[case.name], secret) == []
