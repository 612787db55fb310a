"""Makes reports for tests."""

from grader.report import Outcome, Report, TestInfo, TestResult


def result(verdict="failed", number="1.1", clause="T1", public=True, score=0.0, **more):
    info = TestInfo(
        id=f"{'public' if public else 'hidden'}/test_it.py::test_{number}",
        title=more.pop("title", "A hart wakes."),
        number=number,
        clause=clause,
        max_score=more.pop("max_score", 2.0),
        public=public,
        visibility=more.pop("visibility", "visible"),
        tags=more.pop("tags", []),
        hide_errors=more.pop("hide_errors", None),
    )
    return TestResult.of(info, Outcome(verdict=verdict, score=score, **more))


def report(*tests, **more):
    graded = all(test.verdict != "internal_error" for test in tests)
    return Report(
        **{
            "assignment": "toy",
            "submission": "ada",
            "student": "Ada Okafor",
            "tests": list(tests),
            "graded": graded,
            "execution_time": 1.23456,
            **more,
        }
    )


MISMATCH = {
    "scenario": "mip=2, mie=2",
    "expected": "wakes",
    "got": "sleeps on",
    "rule": "norm:wfi: pending and enabled",
}
