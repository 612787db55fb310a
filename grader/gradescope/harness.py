"""Grade the submission that Gradescope laid into a container, in the time that it gives."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.atomic import write_text
from grader.batch import RESULTS, grade_source, without_tests
from grader.course import Course, Unit
from grader.gradescope.metadata import Metadata, read_metadata
from grader.gradescope.rate import TIMES, graded_before, refusal
from grader.intake import Source
from grader.isolation.choice import local
from grader.outcome import internal
from grader.problem import Problem
from grader.report import Report
from grader.results import results_of

PLACE = Path("/autograder")
ASSIGNMENT = "ASSIGNMENT"
"""A file beside the course: which of its assignments is graded here."""
RESERVE = 15.0
"""Seconds kept back from the deadline for what comes before and after the tests."""


def grade(course: Course, place: Path = PLACE, begin: float | None = None) -> None:
    """Grade `place/submission`, and write `place/results/results.json`, whatever happens.

    `begin` is when this process began, by `time.monotonic`.

    Raises:
        Problem: it is not clear which assignment is meant.
        OSError: the results cannot be written.
    """
    begin = time.monotonic() if begin is None else begin
    unit = assignment(course)
    target = place / "results" / RESULTS
    # Until there is something better: an autograder that is killed leaves a sentence behind.
    killed = without_tests(unit, _source(place, ""), internal("it was stopped"), [])
    _write(target, unit, killed, {})
    metadata = read_metadata(place / "submission_metadata.json")
    _tell(unit, metadata)
    rule = unit.settings.gradescope
    kept = refusal(rule, metadata)
    if kept is not None:
        print("Not graded: over the limit of submissions.", flush=True)
        write_text(target, json.dumps(kept, indent=2) + "\n")
        return
    source = _source(place, metadata.student)
    try:
        isolation = local("auto", course, trust=False)
    except Problem as problem:
        report = without_tests(unit, source, internal(str(problem)), [])
    else:
        print(f"Isolation: {isolation.name}; walls: {', '.join(isolation.walls)}", flush=True)
        left = rule.deadline_seconds - RESERVE - (time.monotonic() - begin)
        report = grade_source(unit, source, None, isolation, seconds=max(left, 1.0))
    for said in report.tampering:
        print(f"TAMPERING: {said}", flush=True)
    if report.trouble:
        print(f"INTERNAL ERROR {report.trouble}", flush=True)
    for test in report.internal_errors:
        print(f"INTERNAL ERROR {test.id}\n{test.message}\n{test.traceback}", flush=True)
    extra: dict[str, Any] = {}
    if rule.submissions is not None and metadata.created_at is not None:
        times = graded_before(metadata)
        if report.graded:
            times = [*times, metadata.created_at]
        extra[TIMES] = [moment.isoformat() for moment in times]
    _write(target, unit, report, extra)


def assignment(course: Course) -> Unit:
    """Return the assignment that is graded here. Raise Problem."""
    try:
        name = (course.root / ASSIGNMENT).read_text(encoding="utf-8").strip()
    except OSError:
        names = course.names
        if len(names) != 1:
            raise Problem(
                "It is not said which assignment is graded here: build the image with "
                "grader image build --gradescope ASSIGNMENT."
            ) from None
        name = names[0]
    return course.unit(name)


def _source(place: Path, student: str) -> Source:
    return Source(place / "submission", "submission", student or "submission")


def _write(target: Path, unit: Unit, report: Report, extra: dict[str, Any]) -> None:
    results = results_of(report, unit.settings)
    results.extra_data = {**(results.extra_data or {}), **extra}
    write_text(target, results.text())


def _tell(unit: Unit, metadata: Metadata) -> None:
    """Say what only instructors see: Gradescope shows them what is printed here."""
    print(f"{unit.settings.title}: {metadata.student or 'no names told'}", flush=True)
    due, made = metadata.due, metadata.created_at
    if due is not None and made is not None and made > due:
        print(f"Handed in {_ago(made, due)} after it was due.", flush=True)
    there = metadata.assignment.total_points if metadata.assignment is not None else None
    if there is not None and there < FULL:
        print(f"Gradescope counts {there:g} points, these tests {FULL}: correct it there.")


FULL = 100
"""Points of every assignment; `grader prove` sees to it."""


def _ago(later: datetime, earlier: datetime) -> str:
    return str(later - earlier).split(".")[0]
