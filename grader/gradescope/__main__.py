"""`python -m grader.gradescope`: what `run_autograder` runs."""

from __future__ import annotations

import sys
import time

from grader.course import Course
from grader.gradescope.harness import grade
from grader.problem import Problem

if __name__ == "__main__":
    begin = time.monotonic()
    try:
        grade(Course.find(), begin=begin)
    except Problem as problem:
        sys.exit(f"grader: {problem}")
