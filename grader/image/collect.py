"""See, while an image is being built, that its tests are found: `python -m grader.image.collect`.

It also leaves the tests compiled, as pytest wants them.
"""

from __future__ import annotations

import sys

from grader.course import Course
from grader.problem import Problem
from grader.run import collect


def main() -> None:
    """Collect the tests of every assignment that is there. Exit 1 if one has none."""
    course = Course.find()
    for name in course.names:
        try:
            print(f"{name}: {len(collect(course.unit(name)))} tests")
        except Problem as problem:
            sys.exit(f"{name}: {problem}")


if __name__ == "__main__":
    main()
