"""Grade one submission: start a session for it, follow what it tells, and make the report.

The report starts from the list of tests that was collected beforehand, so a test that vanishes, or
a session that dies, leaves no gap: what has no verdict by the end has an internal error.
"""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path

from grader.course import Unit
from grader.events import Broken, Collected, Done, Ended, NoRoom, Request, Started
from grader.isolation.kinds import Isolation
from grader.isolation.local import Local
from grader.outcome import internal
from grader.problem import Problem, Stopped
from grader.report import Outcome, Report, TestInfo, TestResult
from grader.verdict import Verdict

GRACE = 30.0
"""Seconds that a session may take beyond its own limits before it is ended from outside."""
LAST_CALL = 10.0
"""The same, where somebody else waits for the whole with a clock in the hand."""
COLLECT_SECONDS = 120.0


def collect(unit: Unit) -> list[TestInfo]:
    """Return the tests of an assignment, public and hidden, in the order of their numbers.

    Raises:
        Problem: there are none, or they are wrong.
    """
    found: list[TestInfo] | None = None
    request = Request(course=unit.course.root, assignment=unit.name)
    with Local([]).session(request) as session:
        for event in session.events(COLLECT_SECONDS):
            if isinstance(event, Broken):
                raise Problem(f"{event.message}\n{event.traceback}".rstrip())
            if isinstance(event, Collected):
                found = event.tests
        if found is None:
            raise Problem(f"The tests could not be collected.\n{session.diagnostics()}")
    return _in_order(found)


def _in_order(tests: list[TestInfo]) -> list[TestInfo]:
    return sorted(tests, key=lambda test: _natural(test.number))


def _natural(number: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that sorts "4.2" before "4.10"."""
    pieces = number.split(".")
    return tuple((0, int(p)) if p.isdecimal() else (1, p) for p in pieces)


def grade_submission(
    unit: Unit,
    folder: Path,
    tests: list[TestInfo] | None = None,
    *,
    name: str = "",
    student: str = "",
    isolation: Isolation,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Run `tests`, as `collect` found them, on the files in `folder`; None: what the session finds.

    `seconds` is what is left for all tests together, if that is less than the assignment gives.

    Raises:
        Problem: there are no tests, or they are wrong, and no list of them was given.
        Stopped: `stop` was set, or Ctrl-C reached the session; it has been ended.
        OSError: the disk is full.
    """
    begin = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    running: str | None = None
    finished = False
    trouble = ""
    limits = unit.settings.limits
    patience = limits.submission_seconds + limits.wall_seconds + GRACE
    if seconds is not None:
        patience = min(patience, seconds + LAST_CALL)
    request = Request(
        course=unit.course.root,
        assignment=unit.name,
        submission=folder.resolve(),
        walls=isolation.walls,
        seconds=seconds,
        only=None if tests is None else [test.id for test in tests],
    )
    with isolation.session(request) as session:
        for event in session.events(patience, stop):
            if isinstance(event, Started):
                running = event.id
            elif isinstance(event, Ended):
                running = None
                # The first verdict counts; a second one is a mistake of ours, and told below.
                if event.id in outcomes:
                    outcomes[event.id] = internal("the test ended twice")
                else:
                    outcomes[event.id] = event.outcome
            elif isinstance(event, Collected):
                tests = _in_order(event.tests) if tests is None else tests
            elif isinstance(event, Broken):
                trouble = f"{event.message}\n{event.traceback}".rstrip()
            elif isinstance(event, NoRoom):
                raise OSError(errno.ENOSPC, "the disk is full", event.where)
            elif isinstance(event, Done):
                finished = True
        if not finished and session.interrupted():
            raise Stopped
        if not finished and not trouble:
            trouble = f"the session died\n{session.diagnostics()}".rstrip()
    if tests is None:
        raise Problem(trouble)
    results = []
    for test in tests:
        outcome = outcomes.get(test.id)
        if outcome is None:
            what = "the session ended during this test" if test.id == running else "no verdict"
            outcome = internal(f"{what}: {trouble}" if trouble else what)
        results.append(TestResult.of(test, outcome))
    return Report(
        assignment=unit.name,
        submission=name or folder.name,
        student=student or name or folder.name,
        tests=results,
        graded=not any(test.verdict is Verdict.INTERNAL_ERROR for test in results),
        execution_time=time.monotonic() - begin,
    )
