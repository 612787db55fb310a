"""The definition of done of an assignment, judged on how its known submissions are graded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import NamedTuple

from grader import attacks
from grader.cases import Case, Kind
from grader.course import Unit
from grader.problem import Problem
from grader.report import Report, TestResult, show_points
from grader.results import results_of
from grader.text import one_line
from grader.verdict import Verdict

Grade = Callable[[Unit, Case, Path, Event], Report]
FULL = 100
HOLE = "NotImplementedError"


@dataclass(frozen=True)
class Judged:
    """A case and how it was graded; `complaints` are what is not as it must be."""

    case: Case
    failed: frozenset[str]
    """The clauses of which a test did not reach all its points."""
    score: float | None
    complaints: list[str]


@dataclass
class Proof:
    """What was found; proven if nothing is complained of."""

    judged: list[Judged] = field(default_factory=list)
    general: list[str] = field(default_factory=list)
    """Complaints about the assignment as a whole."""

    @property
    def complaints(self) -> list[str]:
        """Every complaint, each with the case that it is about."""
        return [
            *(f"{j.case.name}: {text}" for j in self.judged for text in j.complaints),
            *self.general,
        ]


class Part(NamedTuple):
    """Which of the flawed submissions are graded, where all would take too long."""

    number: int
    """From 1."""
    parts: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read `2/3`. Raise Problem."""
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        part = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= part.number <= part.parts:
            raise Problem(f"{text!r} is no part; write 2/3 for the second of three.")
        return part

    def of(self, cases: Sequence[Case]) -> list[Case]:
        """Return the flawed submissions of this part, and all the others."""
        flawed = [case for case in cases if case.kind is Kind.FLAWED]
        dropped = {c.name for i, c in enumerate(flawed) if i % self.parts != self.number - 1}
        return [c for c in cases if c.kind is not Kind.FLAWED or c.name not in dropped]


WHOLE = Part(1, 1)


def prove_attacks(
    unit: Unit, cases: Sequence[Case], reports: Mapping[str, Sequence[Report]]
) -> list[str]:
    """Return the complaints about attacks, each with the case that it is about."""
    return [
        f"attack {case.name}: {text}"
        for case in cases
        for text in attacks.complaints(unit, case, reports[case.name][0])
    ]


def prove(
    unit: Unit,
    cases: Sequence[Case],
    reports: Mapping[str, Sequence[Report]],
    part: Part = WHOLE,
) -> Proof:
    """Judge the reports of each case, by name; several of one case must be the same.

    If these are a part of the flawed submissions, nothing is said of what none of them fails.
    """
    proof = Proof([_judge(unit, case, reports[case.name]) for case in cases])
    firsts = {case.name: reports[case.name][0] for case in cases}
    proof.general = _coverage(unit, cases, firsts, part)
    return proof


def _judge(unit: Unit, case: Case, reports: Sequence[Report]) -> Judged:
    report = reports[0]
    failed = frozenset(t.clause for t in report.tests if not full_marks(t))
    complaints = []
    if report.problem:
        complaints.append(f"not run: {report.problem}")
    elif ours := report.internal_errors:
        # Then nothing is known of the submission, and every other complaint would be noise.
        said = _last_line(ours[0].message)
        complaints.append(f"{len(ours)} internal errors, the first in {ours[0].id}: {said}")
    elif case.kind in (Kind.REFERENCE, Kind.ALTERNATIVE):
        complaints += [f"{t.id} {_how(t)}" for t in report.tests if not full_marks(t)]
    elif case.kind is Kind.SKELETON:
        complaints += _skeleton(report)
    else:
        if missing := sorted_clauses(unit, case.fails - failed):
            complaints.append(f"does not fail {', '.join(missing)}")
        surplus = failed - case.fails
        for test in report.tests:
            if test.clause in surplus and not full_marks(test):
                complaints.append(f"fails {test.clause} too: {test.id} {_how(test)}")
    first = _bytes(unit, report)
    for run, again in enumerate(reports[1:], 2):
        if _bytes(unit, again) != first:
            complaints.append(f"run {run} differs from run 1{_difference(report, again)}")
    return Judged(case, failed, report.score, complaints)


def full_marks(test: TestResult) -> bool:
    """Tell whether a test passed with all its points."""
    return test.verdict is Verdict.PASSED and test.score == test.max_score


def sorted_clauses(unit: Unit, names: Iterable[str]) -> list[str]:
    """Return clauses in the order of the assignment."""
    order = list(unit.settings.clauses)
    return sorted(names, key=order.index)


def _how(test: TestResult) -> str:
    said = f"expected {test.expected}, got {test.got}" if test.expected else test.message
    said = one_line(said)
    if test.verdict is Verdict.PASSED:
        return f"has only {show_points(test.score)} of {show_points(test.max_score)} points"
    return f"{test.verdict.words}: {said}" if said else test.verdict.words


def _last_line(text: str) -> str:
    """Return what a traceback ends with, and begins with if there is more."""
    lines = [line for line in text.splitlines() if line.strip()]
    return one_line(" … ".join([lines[0], lines[-1]] if len(lines) > 1 else lines))


def _skeleton(report: Report) -> list[str]:
    complaints = []
    for test in report.tests:
        at_hole = HOLE in test.message or HOLE in test.traceback
        if test.verdict is not Verdict.CRASHED or not at_hole:
            complaints.append(f"{test.id} does not stop at a hole: {_how(test)}")
    if report.score:
        complaints.append(f"scores {show_points(report.score)}, not 0")
    return complaints


def _bytes(unit: Unit, report: Report) -> tuple[str, str]:
    """Return all that a run gives, but for the time it took."""
    timeless = report.model_copy(update={"execution_time": 0.0})
    return timeless.model_dump_json(), results_of(timeless, unit.settings).text()


def _difference(one: Report, other: Report) -> str:
    for a, b in zip(one.tests, other.tests, strict=False):
        if a != b:
            name = next(n for n in type(a).model_fields if getattr(a, n) != getattr(b, n))
            return f" in {a.id}: {name} is {getattr(a, name)!r}, then {getattr(b, name)!r}"
    return ""


def _coverage(
    unit: Unit, cases: Sequence[Case], reports: Mapping[str, Report], part: Part
) -> list[str]:
    """Complain of clauses and tests that nothing stands for, and of points that are not 100."""
    reference = next(reports[c.name] for c in cases if c.kind is Kind.REFERENCE)
    flawed = [c for c in cases if c.kind is Kind.FLAWED]
    complaints = []
    for clause in unit.settings.clauses:
        own = [t for t in reference.tests if t.clause == clause]
        for what, there in (
            ("public test", any(t.public for t in own)),
            ("hidden test", any(not t.public for t in own)),
            ("flawed submission", any(clause in c.fails for c in flawed) or part != WHOLE),
        ):
            if not there:
                complaints.append(f"{clause} has no {what}")
    caught = {t.id for c in flawed for t in reports[c.name].tests if not full_marks(t)}
    for test in reference.tests:
        if not test.public and test.id not in caught and part == WHOLE:
            complaints.append(f"no flawed submission fails the hidden test {test.id}")
    if reference.max_score != FULL:
        complaints.append(f"the points sum to {show_points(reference.max_score)}, not {FULL}")
    if not any(c.kind is Kind.ALTERNATIVE for c in cases):
        complaints.append("there is no second correct solution in tests/alternatives")
    return complaints


def runs_of(case: Case, runs: int) -> int:
    """Return how often to grade a case: a flawed one once, as its verdicts are known beforehand."""
    return 1 if case.kind is Kind.FLAWED else runs


def grade_all(
    unit: Unit,
    cases: Sequence[Case],
    grade: Grade,
    runs: int,
    jobs: int,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, list[Report]]:
    """Grade every case as often as `runs_of` says, `jobs` at once; `tick` is called after each.

    Threads suffice: each submission has a process of its own, and a thread waits for it. If this
    is interrupted, they are told to stop by the event that `grade` gets.
    """
    stop = Event()
    found: dict[str, list[Report]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {
            pool.submit(_grade_one, unit, case, grade, stop): case
            for case in cases
            for _ in range(runs_of(case, runs))
        }
        try:
            for done in as_completed(waiting):
                found.setdefault(waiting[done].name, []).append(done.result())
                tick()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return found


def _grade_one(unit: Unit, case: Case, grade: Grade, stop: Event) -> Report:
    with TemporaryDirectory(prefix="prove-") as scratch:
        # The same name for all: nothing of a run may depend on where it lay.
        folder = Path(scratch) / "submission"
        folder.mkdir()
        case.write(folder)
        return grade(unit, case, folder, stop)
