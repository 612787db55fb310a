"""Makes reports for tests."""

from grader.report import Outcome, Report, TestInfo, TestResult


def info(number="1.1", clause="T1", public=True, **more):
    return TestInfo(
        **{
            "id": f"{'public' if public else 'hidden'}/test_it.py::test_{number}",
            "title": "A hart wakes.",
            "number": number,
            "clause": clause,
            "max_score": 2.0,
            "public": public,
            "visibility": "visible",
            **more,
        }
    )


def result(verdict="failed", **more):
    known = {name: more.pop(name) for name in list(more) if name in TestInfo.model_fields}
    return TestResult.of(info(**known), Outcome(verdict=verdict, **more))


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
