"""A graded submission as plain text for its student."""

from __future__ import annotations

from vmlab.testing.explain import lay_out

from grader.assignment import Assignment
from grader.disclosure import common_crash, rows_for, seen_now
from grader.report import Report, TestResult, show_points, total
from grader.text import one_line
from grader.verdict import Verdict

NOT_YOUR_FAULT = (
    "This submission could not be graded. This is a fault of the grader, not of yours: no points "
    "are lost, nothing needs to be handed in again. Your instructor sees this and grades it anew."
)
UNREADABLE = "This submission could not be graded, because it could not be read."


def report_text(report: Report, settings: Assignment) -> str:
    """Return the whole text report, ending in a line end."""
    blocks = [f"{settings.title} ({report.assignment}) — {one_line(report.student)}"]
    blocks.append(summary(report, settings))
    tests = seen_now(report.tests)
    bad = [test for test in tests if test.verdict is not Verdict.PASSED]
    if report.graded and report.problem is None and common_crash(report) is None:
        blocks += [failure(test, settings) for test in bad]
    return "\n\n".join(blocks) + "\n"


def summary(report: Report, settings: Assignment) -> str:
    """Return the score, what stands above all tests, and the table by clause."""
    if not report.graded:
        head = NOT_YOUR_FAULT if report.problem is None else UNREADABLE
        return "\n".join([head, *_remarks(report)])
    blocks = ["\n".join([_score(report), *_remarks(report)])]
    crash = common_crash(report)
    if crash is not None and report.problem is None:
        blocks.append(f"Every test stopped in the same way:\n{crash}")
    tests = seen_now(report.tests)
    if tests:
        blocks.append(_table(tests, settings))
    later = len(report.tests) - len(tests)
    if later:
        blocks.append(f"{later} more tests are not shown here.")
    return "\n\n".join(blocks)


def failure(test: TestResult, settings: Assignment) -> str:
    """Return one test that did not pass, in the form that students know from their own folder."""
    title = f"{test.clause}  {settings.clauses[test.clause].title}"
    points = f"{show_points(test.score)} / {show_points(test.max_score)}"
    return lay_out(title, points, rows_for(test, settings))


def _score(report: Report) -> str:
    # A total over tests that are not shown yet would tell their results.
    tests = seen_now(report.tests)
    reached = total(test.score for test in tests)
    possible = total(test.max_score for test in tests)
    what = "score" if len(tests) == len(report.tests) else "score of the tests shown here"
    return f"{what}  {show_points(reached)} / {show_points(possible)}"


def _remarks(report: Report) -> list[str]:
    return [one_line(text, 1000) for text in (report.problem, *report.notes) if text]


def _table(tests: list[TestResult], settings: Assignment) -> str:
    width = max(len(clause.title) for clause in settings.clauses.values())
    lines = [f"{'clause':<{width + 6}}  {'passed':>9}  {'points':>13}"]
    for name, clause in settings.clauses.items():
        mine = [test for test in tests if test.clause == name]
        if not mine:
            continue
        passed = sum(test.verdict is Verdict.PASSED for test in mine)
        reached = show_points(total(test.score for test in mine))
        possible = show_points(total(test.max_score for test in mine))
        lines.append(
            f"{name:<4}  {clause.title:<{width}}  {f'{passed} / {len(mine)}':>9}"
            f"  {f'{reached} / {possible}':>13}"
        )
    return "\n".join(lines)
