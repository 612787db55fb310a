"""Grade many submissions, some at a time, and keep every report as soon as it is there."""

from __future__ import annotations

import tempfile
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from grader.atomic import write_text
from grader.course import Unit
from grader.intake import Source, take
from grader.intake.listing import Incomplete, Unreadable
from grader.isolation import Isolation
from grader.outcome import internal
from grader.problem import Problem, Stopped, disk_is_full
from grader.render import report_text
from grader.report import Outcome, Report, TestInfo, TestResult
from grader.results import results_of
from grader.run import collect, grade_submission
from grader.text import one_line
from grader.verdict import Verdict

RESULTS = "results.json"
TEXT = "report.txt"
TROUBLE = "internal_errors.txt"
"""Beside the reports, for the instructor only, if the grader itself failed."""
TAMPERING = "tampering.txt"
"""The same, if a submission tried what walls forbid."""


class Interrupted(Exception):
    """Ctrl-C: what was graded until then is kept."""


@dataclass
class Batch:
    """One run of the grader over a class."""

    unit: Unit
    tests: list[TestInfo]
    out: Path
    """Gets a folder a submission."""
    jobs: int = 1
    """Submissions at a time."""
    isolation: Isolation = field(kw_only=True)
    done: list[Report] = field(default_factory=list)
    """In the order in which they were finished; their files are written."""

    def grade(self, sources: list[Source], tick: Callable[[Report], None]) -> None:
        """Grade all `sources`, and call `tick` after each. Each one's files are written at once.

        Raises:
            Interrupted: Ctrl-C.
            Problem: the files cannot be written.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(self.jobs) as pool:
            waiting = {pool.submit(self._grade, source, stop) for source in sources}
            try:
                while waiting:
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        self._keep(future, tick)
                        waiting.discard(future)
            except (KeyboardInterrupt, Stopped):
                self._finish(pool, waiting, stop, tick)
                raise Interrupted from None
            except OSError as error:
                self._finish(pool, waiting, stop, tick)
                raise Problem(self._why(error, len(sources))) from None
            except BaseException:
                self._finish(pool, waiting, stop, tick)
                raise

    def _keep(self, future: Future[Report], tick: Callable[[Report], None]) -> None:
        report = future.result()
        if not any(report is kept for kept in self.done):  # Ctrl-C may strike right after this
            self.done.append(report)
            tick(report)

    def _finish(
        self,
        pool: ThreadPoolExecutor,
        waiting: set[Future[Report]],
        stop: threading.Event,
        tick: Callable[[Report], None],
    ) -> None:
        """End the running sessions, but keep those that were finished in the meantime."""
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        for future in waiting:
            if not future.cancelled() and future.exception() is None:
                self._keep(future, tick)

    def _why(self, error: OSError, count: int) -> str:
        where = one_line(str(error.filename or self.out))
        kept = f"{len(self.done)} of {count} submissions were graded and are kept in {self.out}."
        if disk_is_full(error):
            return f"The disk is full ({where}): make room and grade again; {kept}"
        return f"{where} cannot be written: {error.strerror}; choose another --out. {kept}"

    def _grade(self, source: Source, stop: threading.Event) -> Report:
        report = grade_source(self.unit, source, self.tests, self.isolation, stop=stop)
        write(report, self.unit, self.out)
        return report


def grade_source(
    unit: Unit,
    source: Source,
    tests: list[TestInfo] | None,
    isolation: Isolation,
    *,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Take a submission in and grade it. Whatever fails, the student gets a report.

    Raises:
        Stopped: `stop` was set.
        OSError: the disk is full.
    """
    try:
        if stop is not None and stop.is_set():
            raise Stopped
        with tempfile.TemporaryDirectory(prefix="grader-") as scratch:
            try:
                taken = take(source, unit.settings, Path(scratch) / "submission")
            except Unreadable as problem:
                return _refused(unit, source, problem, tests, graded=False)
            except Incomplete as problem:
                return _refused(unit, source, problem, tests, graded=True)
            report = grade_submission(
                unit,
                taken.folder,
                tests,
                name=source.name,
                student=source.student,
                isolation=isolation,
                seconds=seconds,
                stop=stop,
            )
        return report.model_copy(update={"notes": taken.notes})
    except (Stopped, OSError):
        raise
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        outcome = internal(f"{type(error).__name__}: {error}").model_copy(
            update={"traceback": text}
        )
        return without_tests(unit, source, outcome, tests or [])


def _refused(
    unit: Unit, source: Source, problem: Problem, tests: list[TestInfo] | None, graded: bool
) -> Report:
    tests = collect(unit) if tests is None else tests
    outcome = Outcome(verdict=Verdict.CRASHED, message=str(problem))
    report = without_tests(unit, source, outcome, tests)
    return report.model_copy(update={"problem": str(problem), "graded": graded})


def without_tests(unit: Unit, source: Source, outcome: Outcome, tests: list[TestInfo]) -> Report:
    """Return the report of a submission of which no test was run; all end with `outcome`."""
    ours = outcome.verdict is Verdict.INTERNAL_ERROR
    return Report(
        assignment=unit.name,
        submission=source.name,
        student=source.student,
        tests=[TestResult.of(test, outcome) for test in tests],
        graded=not ours,
        trouble=f"{outcome.message}\n{outcome.traceback}" if ours and not tests else "",
    )


def write(report: Report, unit: Unit, out: Path) -> None:
    """Write the files of one report below `out`. Raise OSError; no file is ever half-written."""
    folder = out / report.submission
    write_text(folder / RESULTS, results_of(report, unit.settings).text())
    write_text(folder / TEXT, report_text(report, unit.settings))
    for name, text in (
        (TROUBLE, _trouble(report)),
        (TAMPERING, "".join(f"{line}\n" for line in report.tampering)),
    ):
        if text:
            write_text(folder / name, text)
        else:
            (folder / name).unlink(missing_ok=True)  # of an earlier run


def _trouble(report: Report) -> str:
    return "\n".join(
        f"{test.id}\n{test.message}\n{test.traceback}" for test in report.internal_errors
    )
