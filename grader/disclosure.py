"""How much of a result a student is told: decided here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vmlab.testing.pictures import picture_command

from grader.assignment import Assignment
from grader.report import Report, TestResult
from grader.text import clean, one_line, shorten
from grader.verdict import Verdict

Rows = list[tuple[str, str]]
"""Labelled texts, as `vmlab.testing.explain.lay_out` takes them."""

FIELD_LIMIT = 4_000
OUTPUT_LIMIT = 8_000
"""Characters that one test may show of what the part printed, or of its traceback."""

GENERAL = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "the hardware did something else than the clause says",
    Verdict.CRASHED: "the part stopped with an error",
    Verdict.TIMEOUT: "the part did not answer in time",
    Verdict.OUT_OF_BUDGET: "the scenario never ended",
    Verdict.OUT_OF_MEMORY: "the part asked for more memory than it may have",
    Verdict.WALL_HIT: "the part tried something that is not allowed in grading",
    Verdict.INTERNAL_ERROR: "the grader itself failed; this is not your fault",
}
"""What a verdict says without giving a hidden scenario away."""


_HOLE = re.compile(r"raised NotImplementedError(?:: (?P<what>.*?))?(?: \(\S+, line \d+\))?$")


def hole(test: TestResult) -> str | None:
    """Return what is still to be written, if that is all that stopped a test; else None."""
    found = _HOLE.search(test.message) if test.verdict is Verdict.CRASHED else None
    return None if found is None else found["what"] or "the function that was called"


def rows_for(test: TestResult, settings: Assignment) -> Rows:
    """Tell a student of one test that did not pass, as far as `[visibility].detail` lets out.

    Public tests are told whole. Of a hidden one, "clause" tells the kind of failure only;
    "scenario" also in which scenario, and where the part crashed; "full" all.
    """
    clause = settings.clauses[test.clause]
    rows: Rows = [("test", f"{test.number}  {one_line(test.title, 300)}")]
    if test.verdict is Verdict.INTERNAL_ERROR:
        return [*rows, ("got", _how(test, GENERAL[test.verdict]))]
    if test.hide_errors is not None:
        return [*rows, ("got", _how(test, test.hide_errors)), _hint(test)]
    detail = "full" if test.public else settings.visibility.detail
    if detail == "clause":
        got = _how(test, GENERAL[test.verdict])
        return [*rows, ("got", got), ("rule", clause.rule), _hint(test)]
    missing = hole(test)
    if missing is not None:
        rows += [("to write", one_line(missing)), ("rule", clause.rule)]
        return [*rows, *_picture(test, settings), _hint(test)]
    rows.append(("scenario", test.scenario))
    if test.expected and detail == "full":
        rows += [("expected", test.expected), ("got", test.got)]
    if test.expected:
        rows.append(("note", test.message))
    else:
        rows.append(("got", _how(test, test.message or GENERAL[test.verdict])))
    rows += [("rule", test.rule or clause.rule), ("traceback", _cut(test.traceback))]
    if detail == "full":
        rows.append(("printed", _cut(test.output)))
    rows += [*_picture(test, settings), _hint(test)]
    return [(label, shorten(clean(text), FIELD_LIMIT)) for label, text in rows if text.strip()]


def _how(test: TestResult, said: str) -> str:
    # "failed" is what a student sees anyway; the other verdicts say something of their own.
    return said if test.verdict is Verdict.FAILED else f"{test.verdict.words}: {said}"


def _picture(test: TestResult, settings: Assignment) -> Rows:
    """Tell how to draw a public test's scenario; a hidden one's is not in the student's folder."""
    if not test.public:
        return []
    command = picture_command(settings.part, f"tests/{test.id.partition('/')[2]}")
    return [("see it", command)] if command else []


def _hint(test: TestResult) -> tuple[str, str]:
    return ("hint", f"vmlab hint {test.clause}")


def _cut(text: str) -> str:
    return shorten(clean(text).rstrip(), OUTPUT_LIMIT // 2)


def common_crash(report: Report) -> str | None:
    """Return what stopped every test in the same way, such as a syntax error; None if nothing did.

    It is told once then, in place of as many times as there are tests.
    """
    tests = report.tests
    if len(tests) < 2 or any(test.verdict is not Verdict.CRASHED for test in tests):
        return None
    if len({(test.message, test.traceback) for test in tests}) != 1:
        return None
    first = tests[0]
    return "\n".join(part for part in (clean(first.message), _cut(first.traceback)) if part)


def seen_now(tests: Sequence[TestResult]) -> list[TestResult]:
    """Return the tests that a student may see at once, whatever the date."""
    return [test for test in tests if test.visibility == "visible"]
