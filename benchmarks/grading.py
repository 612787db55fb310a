"""What the walls cost: a whole submission, graded, against plain pytest in one process.

    python benchmarks/grading.py [ASSIGNMENT] [--repeat 5]

Both run the same tests, public and hidden, on the reference solution, in turn. `plain` has the part
in its own process; `graded` is `grader.run.grade_submission`, with a worker behind walls for every
test. The ratio is taken pair by pair.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.testing.loading import load_part

from grader import shrinking
from grader.course import Course, Unit
from grader.isolation import for_our_own
from grader.run import collect, grade_submission

PLAIN = "--plain"


class Oracle:
    """The one fixture of hidden tests that a student's folder does not have."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    @pytest.fixture
    def reference(self) -> Any:
        module = load_part(self._unit.solution.parent, self._unit.settings.part)
        protocol = sys.modules[f"vmlab.parts.{self._unit.settings.part}"].Part
        return LocalLink(module, Interface.of(protocol))


def run_plain(unit: Unit, folder: Path) -> int:
    """Run the tests here, the part in this process."""
    shrinking.use_profile()
    # As in grading, but for the plugin and the process that holds the part.
    options = [f"--config-file={os.devnull}", "--import-mode=importlib", "-pno:cacheprovider"]
    os.chdir(folder)  # hidden tests find their assignment there
    options += ["-pvmlab.testing.plugin", f"--part-dir={folder}"]
    tests = [str(folder / "tests"), str(unit.hidden_tests)]
    return int(pytest.main([*options, *tests], plugins=[Oracle(unit)]))


def hand_in(unit: Unit, folder: Path) -> None:
    """Copy the solution's files that are handed in."""
    for name in (*unit.settings.files, *unit.settings.optional_files):
        shutil.copy(unit.course.solutions / name, folder)


def fill_in(unit: Unit, folder: Path) -> None:
    """Make the assignment's folder with all its holes filled, and the earlier parts."""
    shutil.copytree(unit.folder, folder)
    hand_in(unit, folder)
    for name in unit.settings.given:
        shutil.copy(unit.course.solutions / f"{name}.py", folder)


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", nargs="?", default="traps")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument(PLAIN, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    unit = Course.find().unit(given.assignment)
    if given.plain is not None:
        sys.exit(run_plain(unit, given.plain))

    tests, isolation = collect(unit), for_our_own(unit.course)
    plain, graded = [], []
    with tempfile.TemporaryDirectory() as scratch:
        student, folder = Path(scratch) / "student", Path(scratch) / "submission"
        fill_in(unit, student)
        folder.mkdir()
        hand_in(unit, folder)
        for turn in range(given.repeat + 1):
            start = time.perf_counter()
            command = [sys.executable, __file__, unit.name, PLAIN, str(student)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            middle = time.perf_counter()
            report = grade_submission(unit, folder, tests, isolation=isolation)
            end = time.perf_counter()
            assert report.graded, [t.message for t in report.tests if t.message][:1]
            assert report.score == report.max_score, report.score
            if turn:  # the first pair fills the caches of the file system
                plain.append(middle - start)
                graded.append(end - middle)
    ratios = [g / p for p, g in zip(plain, graded, strict=True)]
    print(f"{unit.name}, {len(tests)} tests{'':<6}{'median':>9}{'fastest':>9}{'slowest':>9}")
    for name, figures in (("plain, s", plain), ("graded, s", graded), ("ratio", ratios)):
        print(
            f"{name:<22}{statistics.median(figures):>9.2f}{min(figures):>9.2f}{max(figures):>9.2f}"
        )


if __name__ == "__main__":
    main()
