"""Every assignment can be released: its skeleton is current, and nothing gives a solution away."""

from pathlib import Path

import pytest

from grader.course import Course
from grader.leaks import leaks
from grader.release import contents

COURSE = Course.find(Path(__file__).parents[2])
ASSIGNMENTS = sorted(path.parent.name for path in COURSE.root.glob("assignments/*/assignment.toml"))


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_release_gives_nothing_away(name):
    unit = COURSE.unit(name)
    assert leaks(unit, contents(unit)) == []
