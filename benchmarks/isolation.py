"""What isolation costs: a container a submission, the inner walls a test, and two jobs beside one.

    python benchmarks/isolation.py [ASSIGNMENT] [--repeat 5] [--image TAG]

All ways grade the solution in turn, so that a load on the host meets them all. The difference of
two ways is the median over the rounds. Throughput is of four submissions as processes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from grader.course import Course, Unit
from grader.image.build import TAG
from grader.isolation import Isolation, Local, choose
from grader.problem import Problem
from grader.report import TestInfo
from grader.run import collect, grade_submission

CLASS = 4


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", nargs="?", default="traps")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--image", default=TAG)
    given = parser.parse_args()
    unit = Course.find().unit(given.assignment)
    tests = collect(unit)
    with ExitStack() as stack:
        ways: dict[str, Isolation] = {"no walls": Local([])}
        for mode in ("process", "bubblewrap", "docker"):
            try:
                ways[mode], _ = stack.enter_context(choose(mode, unit, image=given.image))
            except Problem as problem:
                print(f"{mode}: {problem}")
        took: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(given.repeat + 1):
            for name, way in ways.items():
                seconds = timed(unit, tests, way, 1, 1)
                if turn:  # the first round fills the caches of the file system
                    took[name].append(seconds)
        for name, figures in took.items():
            print(f"{name:<12}{statistics.median(figures):8.2f} s a submission")
        inner = added(took, "process", "no walls") * 1000 / len(tests)
        print(f"inner walls {inner:8.1f} ms a test")
        if "docker" in took:
            print(f"a container {added(took, 'docker', 'process'):8.2f} s a submission more")
        alone, beside = [], []
        for _ in range(max(1, given.repeat // 2)):
            alone.append(timed(unit, tests, ways["process"], CLASS, 1))
            beside.append(timed(unit, tests, ways["process"], CLASS, 2))
        print(f"--jobs 2    {statistics.median(alone) / statistics.median(beside):8.2f} times")


def added(took: dict[str, list[float]], dear: str, cheap: str) -> float:
    """Return by how many seconds one way is dearer, round by round."""
    return statistics.median(a - b for a, b in zip(took[dear], took[cheap], strict=True))


def timed(unit: Unit, tests: list[TestInfo], way: Isolation, count: int, jobs: int) -> float:
    """Return the seconds that `count` submissions take, `jobs` at a time."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        folder = Path(scratch)
        shutil.copy(unit.solution, folder)
        begin = time.perf_counter()
        for report in pool.map(
            lambda _: grade_submission(unit, folder, tests, isolation=way), range(count)
        ):
            assert report.graded, [t.message for t in report.tests if t.message][:1]
            assert report.score == report.max_score, report.score
        return time.perf_counter() - begin


if __name__ == "__main__":
    main()
