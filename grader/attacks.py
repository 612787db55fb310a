"""The corpus of attacks: submissions that want points or secrets, and what each must get.

A file of `tests/attacks` defines `attack` and says in `TELLS` what the instructor must be told; it
becomes a submission to every assignment. One of `tests/attacks/ASSIGNMENT` is written for that one
and says in `STRIKES` whose clause's points it wants. `CANARY` stands for whatever is secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from grader.cases import Case, Kind, read
from grader.course import Unit
from grader.problem import Problem
from grader.render import report_text
from grader.report import Report, TestInfo
from grader.results import results_of

ANSWERS = """

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return attack
"""
"""Ends every attack: whichever function of a part is called, on any assignment, it strikes."""


def attacks(unit: Unit, folder: Path) -> list[Case]:
    """Make submissions of the files in `folder`, each of which defines `attack` and `TELLS`."""
    found = []
    for path in sorted(folder.glob("*.py")):
        source = read(path).decode("utf-8")
        told = re.search(r'^TELLS = "(.*)"$', source, re.MULTILINE)
        if told is None:
            raise Problem(f'{path} needs a line TELLS = "...".')
        files = {unit.solution.name: f"{source}{ANSWERS}".encode()}
        strikes = re.search(r'^STRIKES = "(.*)"$', source, re.MULTILINE)
        clauses = frozenset([strikes[1]] if strikes else [])
        if strange := clauses - set(unit.settings.clauses):
            raise Problem(f"{path} strikes at {', '.join(strange)}, no clause of {unit.name}.")
        found.append(Case(path.stem, Kind.ATTACK, files, clauses, tells=told[1]))
    return found


def corpus(unit: Unit) -> list[Case]:
    """Return the attacks that come with the course, if any do: on anything, and on this one."""
    folder = unit.course.root / "tests" / "attacks"
    return [*attacks(unit, folder), *attacks(unit, folder / unit.name)]


def targets(tests: Sequence[TestInfo], case: Case) -> list[TestInfo]:
    """Choose the tests that an attack is tried on: its clause's, else the first of each kind."""
    if case.fails:
        return [test for test in tests if test.clause in case.fails]
    public = [test for test in tests if test.public][:1]
    return [*public, *[test for test in tests if not test.public][:1]]


def complaints(unit: Unit, case: Case, report: Report, canary: str = "") -> list[str]:
    """Return what is not as it must be: no points, no fault of ours, the instructor told."""
    found = []
    if ours := report.internal_errors:
        found.append(f"an internal error in {ours[0].id}: {ours[0].message}")
    elif not report.graded:
        found.append(f"not graded: {report.problem or report.trouble}")
    if report.score:
        found.append(f"scores {report.score}")
    told = " ".join(report.tampering)
    if case.tells not in told:
        ends = sorted({f"{test.verdict.words}: {test.message}" for test in report.tests})
        found.append(f"the instructor is not told that it tried to {case.tells}, but {ends}")
    if canary and canary in results_of(report, unit.settings).text() + report_text(
        report, unit.settings
    ):
        found.append("a student sees what is secret")
    return found
