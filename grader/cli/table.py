"""The table at the end of `grader grade`: of a class, or of a course."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.table import Table
from rich.text import Text

from grader.assignment import Assignment
from grader.disclosure import common_crash, hole
from grader.report import Report, show_points, total
from grader.text import one_line
from grader.verdict import Verdict

SHOWN = 60
"""Characters of a remark."""


def summary_table(settings: Assignment, reports: list[Report]) -> Table:
    """Return one line a submission: who, points, tests passed, and what stood in the way."""
    table = Table(
        title=f"{settings.title}: {len(reports)} submission{'s' * (len(reports) != 1)}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("submission", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("passed", justify="right", no_wrap=True)
    table.add_column("remarks", overflow="fold")
    for report in reports:
        passed = sum(test.verdict is Verdict.PASSED for test in report.tests)
        # Text, never markup: a student's name or message may look like it.
        table.add_row(
            Text(_who(report)),
            _score(report),
            f"{passed}/{len(report.tests)}",
            Text(_remarks(report)),
        )
    return table


def course_table(graded: list[tuple[Assignment, list[Report]]]) -> Table:
    """Return one line a student: the points in each assignment, and their sum."""
    table = Table(title="The course", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("student", overflow="fold")
    columns = [{report.student or report.submission: report for report in r} for _, r in graded]
    for settings, _ in graded:
        table.add_column(settings.title, justify="right")
    table.add_column("total", justify="right", no_wrap=True)
    for student in sorted({name for column in columns for name in column}):
        reports = [column.get(student) for column in columns]
        scores = [report.score for report in reports if report is not None]
        whole = total(score for score in scores if score is not None)
        table.add_row(
            Text(student),
            *(Text("-") if report is None else _score(report) for report in reports),
            show_points(whole),
        )
    return table


def _who(report: Report) -> str:
    if report.student in ("", report.submission):
        return report.submission
    return f"{report.student} ({report.submission})"


def _score(report: Report) -> Text:
    if report.score is None:
        return Text("none", style="bold red")
    style = "green" if report.score == report.max_score else ""
    return Text(f"{show_points(report.score)} / {show_points(report.max_score)}", style=style)


def _remarks(report: Report) -> str:
    if report.problem is not None:
        prefix = "" if report.graded else "could not be graded: "
        return prefix + one_line(report.problem, 3 * SHOWN)
    crash = common_crash(report)
    if crash is not None:
        return one_line(crash.splitlines()[0], SHOWN)
    bad = [test for test in report.tests if test.verdict is not Verdict.PASSED]
    counts = Counter(test.verdict.words if hole(test) is None else "not written" for test in bad)
    return ", ".join(f"{count} {words}" for words, count in sorted(counts.items()))
