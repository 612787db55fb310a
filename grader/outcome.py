"""From the exception that ended a test to its verdict, and to what can be said about it."""

from __future__ import annotations

import traceback
from typing import Any

from vmlab.link import declared
from vmlab.link.errors import (
    BadAnswer,
    MissingFunction,
    PartError,
    PartExited,
    PartOutOfMemory,
    PartRaised,
    PartTimeout,
    WallHit,
)
from vmlab.testing import Mismatch, OutOfBudget

from grader.report import Outcome
from grader.verdict import Verdict

VERDICTS: tuple[tuple[type[Exception], Verdict], ...] = (
    (Mismatch, Verdict.FAILED),
    (BadAnswer, Verdict.FAILED),
    (MissingFunction, Verdict.CRASHED),
    (PartRaised, Verdict.CRASHED),
    (PartExited, Verdict.CRASHED),
    (PartTimeout, Verdict.TIMEOUT),
    (PartOutOfMemory, Verdict.OUT_OF_MEMORY),
    (WallHit, Verdict.WALL_HIT),
    (OutOfBudget, Verdict.OUT_OF_BUDGET),
)
FINAL = (PartTimeout, PartOutOfMemory, PartExited, WallHit)
"""After these there is no worker left to go on with."""
DECLARED = tuple(declared.DECLARED.values())
"""What a part may raise where its interface allows it; elsewhere it is a wrong answer."""


class TestEnded(BaseException):
    """Ends a test at once. Not an Exception: nothing between here and there shall catch it."""

    __test__ = False


class PartEnded(TestEnded):
    """The part failed for good; `cause` is how."""

    def __init__(self, cause: PartError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class TimeUp(TestEnded):
    """The wall-clock backstop of a test struck; the message says which."""


class GuardedPart:
    """A link to a part, whose errors are marked as the part's and, where final, end the test.

    The mark tells an IllegalInstruction that a student's code raised from one of our own.
    """

    def __init__(self, link: Any) -> None:
        self._link = link

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._link, name)

        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return function(*arguments, **named)
            except FINAL as error:
                raise PartEnded(error) from None
            except DECLARED as error:
                error.raised_by_part = name  # type: ignore[attr-defined]
                raise

        setattr(self, name, call)
        return call


def outcome_of(error: BaseException | None, flaky: bool = False) -> Outcome:
    """Return the outcome of a test that ended with `error`; with None it passed.

    `flaky` says that the same question got another answer when it was asked again.
    """
    if error is None:
        return Outcome(verdict=Verdict.PASSED)
    if isinstance(error, PartEnded):
        error = error.cause
    if isinstance(error, TimeUp):
        return Outcome(verdict=Verdict.TIMEOUT, message=str(error))
    by_part = getattr(error, "raised_by_part", None)
    if isinstance(error, DECLARED) and by_part:
        said = f"{type(error).__name__} was raised by {by_part}, where the clause allows none"
        return Outcome(verdict=Verdict.FAILED, message=said)
    for kind, verdict in VERDICTS:
        if isinstance(error, kind):
            return _told(error, verdict, flaky)
    return internal(f"{type(error).__name__}: {error}", error)


def _told(error: Exception, verdict: Verdict, flaky: bool) -> Outcome:
    again = "asked the same again, the part answered differently: it must not depend on chance"
    if isinstance(error, Mismatch):
        return Outcome(
            verdict=verdict,
            scenario=error.scenario,
            expected=error.expected,
            got=error.got,
            rule=error.rule,
            message=again if flaky else "",
        )
    message = f"{error} ({again})" if flaky else str(error)
    return Outcome(verdict=verdict, message=message, traceback=getattr(error, "traceback", ""))


def internal(message: str, error: BaseException | None = None) -> Outcome:
    """Return the outcome of a test that ended by our fault; the texts are for the instructor."""
    lines = traceback.format_exception(error) if error is not None else []
    return Outcome(verdict=Verdict.INTERNAL_ERROR, message=message, traceback="".join(lines))
