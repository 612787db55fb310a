"""Gradescope's `results.json`, by its autograder specification.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.assignment import Assignment, Visible
from grader.disclosure import common_crash
from grader.render import failure, summary
from grader.report import Points, Report, TestResult
from grader.text import one_line
from grader.verdict import Verdict

Format = Literal["text", "html", "simple_format", "md", "ansi"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GradescopeTest(_Model):
    """One entry of "tests"."""

    score: Points | None = None
    max_score: Points | None = None
    status: Literal["passed", "failed"] | None = None
    name: str | None = None
    name_format: Format = "text"
    number: str | None = None
    output: str | None = None
    output_format: Format = "text"
    tags: list[str] | None = None
    visibility: Visible | None = None
    extra_data: dict[str, Any] | None = None


class LeaderboardEntry(_Model):
    """One entry of "leaderboard"."""

    name: str
    value: float | str
    order: Literal["asc", "desc"] = "desc"


class Results(_Model):
    """The whole file. Without a score *and* without tests Gradescope takes a run as failed."""

    score: Points | None = None
    execution_time: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    output: str | None = None
    output_format: Format = "text"
    test_output_format: Format = "text"
    test_name_format: Format = "text"
    visibility: Visible | None = None
    stdout_visibility: Visible = "hidden"
    extra_data: dict[str, Any] | None = None
    tests: list[GradescopeTest] | None = None
    leaderboard: list[LeaderboardEntry] | None = None

    def text(self) -> str:
        """Return the file's contents; what is not set is left out, as the specification wants."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"


def results_of(report: Report, settings: Assignment) -> Results:
    """Turn a report into what Gradescope reads, and a student sees there.

    A submission that could not be graded gets neither a score nor tests: every sum over tests would
    charge the student. Gradescope then shows the run as failed, to the instructor too, and leaves
    the score open.
    """
    results = Results(
        execution_time=round(report.execution_time, 2),
        output=summary(report, settings),
        extra_data={"assignment": report.assignment, "graded": report.graded},
    )
    if not report.graded:
        return results
    results.score = report.score
    results.tests = [_test(test, report, settings) for test in report.tests]
    results.leaderboard = [
        LeaderboardEntry(name=r.name, value=r.value, order=r.order)
        for r in (test.ranking for test in report.tests)
        if r is not None
    ]
    return results


def _test(test: TestResult, report: Report, settings: Assignment) -> GradescopeTest:
    if test.verdict is Verdict.PASSED:
        output = ""
    elif report.problem is not None or common_crash(report) is not None:
        output = "Not run; see the top of the page."
    else:
        output = failure(test, settings)
    return GradescopeTest(
        score=test.score,
        max_score=test.max_score,
        status="passed" if test.verdict is Verdict.PASSED else "failed",
        name=f"{test.clause}: {one_line(test.title, 300)}",
        number=test.number,
        output=output,
        tags=[test.clause, *test.tags],
        visibility=test.visibility,
        extra_data={"clause": test.clause, "verdict": test.verdict.value},
    )
