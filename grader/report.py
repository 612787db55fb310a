"""What grading one submission found: one result a test, and what they add up to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from grader.assignment import Visible
from grader.verdict import Verdict

Text = Annotated[str, AfterValidator(lambda text: text.encode("utf-8", "replace").decode())]
"""Text that can be written as JSON: half a surrogate pair cannot."""
Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TestInfo(_Model):
    """What is known of a test before it runs."""

    __test__ = False  # not one for pytest to collect

    id: str
    """pytest's name of it, such as `hidden/test_entry.py::test_vectored`."""
    title: Text
    """The first sentence of its docstring: what the student reads."""
    number: str
    clause: str
    max_score: Points
    public: bool
    visibility: Visible
    tags: list[str] = []
    hide_errors: str | None = None
    """gradescope-utils' `@hide_errors`: the only thing to be told of a failure."""


class Ranking(_Model):
    """A value for a column of the leaderboard."""

    name: str
    value: float | str
    order: Literal["asc", "desc"] = "desc"


class Outcome(_Model):
    """How a test ended. Texts are as they came; what a student sees of them is decided later."""

    verdict: Verdict
    score: Points = 0.0
    scenario: Text = ""
    expected: Text = ""
    got: Text = ""
    rule: Text = ""
    message: Text = ""
    """One sentence on how it ended, if that is not told by scenario, expected and got."""
    traceback: Text = ""
    """The part's own traceback, or, for an internal error, ours."""
    output: Text = ""
    """What the part printed."""
    ranking: Ranking | None = None


class TestResult(TestInfo, Outcome):
    """One test and how it ended."""

    @classmethod
    def of(cls, test: TestInfo, outcome: Outcome) -> TestResult:
        """Join the two."""
        return cls(**test.model_dump(), **outcome.model_dump())


class Report(_Model):
    """One submission, graded; or why it could not be."""

    assignment: str
    submission: str
    """Its name, unique among those graded together, and fit as a folder's name."""
    student: str
    """Who handed it in, as far as is known."""
    tests: list[TestResult] = []
    problem: str | None = None
    """Why the submission was not run: a sentence for the student."""
    notes: list[str] = []
    """What else the student should know, such as files that were left out."""
    graded: bool = True
    """False: there is no score, by no fault of the student or because it could not be read."""
    trouble: str = ""
    """What failed by our fault, where no test can tell of it; for the instructor."""
    execution_time: float = 0.0
    """Seconds."""

    @property
    def score(self) -> float | None:
        """Points reached, or None if it could not be graded."""
        return total(test.score for test in self.tests) if self.graded else None

    @property
    def max_score(self) -> float:
        """Points that can be reached."""
        return total(test.max_score for test in self.tests)

    @property
    def tampering(self) -> list[str]:
        """What the submission tried that walls forbid, and how often; for the instructor."""
        counts = Counter(t.message for t in self.tests if t.verdict is Verdict.WALL_HIT)
        return [f"{said} (in {count} of {len(self.tests)} tests)" for said, count in counts.items()]

    @property
    def internal_errors(self) -> list[TestResult]:
        """The tests that ended by our fault."""
        return [test for test in self.tests if test.verdict is Verdict.INTERNAL_ERROR]


def total(points: Iterable[float]) -> float:
    """Add points up so that the sum does not depend on their order; at most 4 decimals."""
    return round(math.fsum(points), 4)


def show_points(points: float) -> str:
    """Return points as people write them: "2", "1.5"."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
