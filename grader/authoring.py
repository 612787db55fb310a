"""What a test says of itself: gradescope-utils' decorators, `@clause`, and its docstring."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from grader.assignment import Visible
from grader.course import Unit
from grader.problem import Problem
from grader.report import Outcome, Ranking, TestInfo
from grader.verdict import Verdict


def describe(items: list[pytest.Item], unit: Unit) -> list[TestInfo]:
    """Read what every collected test says of itself.

    Raises:
        Problem: one does not say what it must.
    """
    if not items:
        raise Problem(
            f"No tests found in {unit.public_tests} and {unit.hidden_tests}; "
            "put files test_*.py with functions test_* there."
        )
    found: list[TestInfo] = []
    by_number: dict[str, str] = {}
    for item in items:
        info = _describe(item, unit)
        twin = by_number.setdefault(info.number, info.id)
        if twin != info.id:
            raise Problem(f"{info.id} and {twin} both have @number({info.number!r}); change one.")
        found.append(info)
    return found


def _describe(item: pytest.Item, unit: Unit) -> TestInfo:
    test = getattr(item, "function", None)
    settings = unit.settings
    public = item.path.is_relative_to(unit.public_tests)
    base = unit.public_tests if public else unit.hidden_tests
    kind = "public" if public else "hidden"
    path = item.path.relative_to(base).as_posix()
    # The folder is named in full for authors, and for nobody else.
    where = f"{base / path}::{item.name}"
    clause = getattr(test, "__clause__", None)
    weight = getattr(test, "__weight__", None)
    number = getattr(test, "__number__", None)
    title = _sentence(test)
    default = settings.visibility.public if public else settings.visibility.hidden
    visibility = getattr(test, "__visibility__", default)
    if clause is None:
        raise Problem(f"{where} names no clause; add @clause(...).")
    if clause not in settings.clauses:
        raise Problem(f"{where} checks clause {clause!r}, which assignment.toml does not have.")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)):
        raise Problem(f"{where} has no points; add @weight(...) or @partial_credit(...).")
    if not math.isfinite(weight) or weight < 0:
        raise Problem(f"{where} has {weight} points; give it 0 or more.")
    if not number:
        raise Problem(f"{where} has no number; add @number(...).")
    if not title:
        raise Problem(f"{where} has no docstring; say in one sentence what it checks.")
    if visibility not in get_args(Visible):
        raise Problem(f"{where} has the visibility {visibility!r}; use {get_args(Visible)}.")
    return TestInfo(
        id=f"{kind}/{path}::{item.name}",
        title=title,
        number=str(number),
        clause=clause,
        max_score=float(weight),
        public=public,
        visibility=visibility,
        tags=[str(tag) for tag in getattr(test, "__tags__", ())],
        hide_errors=getattr(test, "__hide_errors__", None),
    )


def _sentence(test: Any) -> str:
    paragraph = (inspect.getdoc(test) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def identify(item: pytest.Item, unit: Unit) -> str:
    """Return the id that `describe` gave a test; for any item, however broken."""
    for kind, base in (("public", unit.public_tests), ("hidden", unit.hidden_tests)):
        if item.path.is_relative_to(base):
            return f"{kind}/{item.path.relative_to(base).as_posix()}::{item.name}"
    return item.nodeid


class Credit:
    """The score and the leaderboard value that a test sets for itself while it runs.

    gradescope-utils keeps both as attributes of the decorated function, where they outlive the run,
    so a value of an earlier run must be wiped before the test.
    """

    def __init__(self, item: pytest.Item, weight: float) -> None:
        self._test = getattr(item, "function", None)
        self._weight = weight
        for layer in self._layers():
            for name in ("__score__", "__leaderboard_value__"):
                if name in vars(layer):
                    delattr(layer, name)

    def _layers(self) -> Iterator[Any]:
        # With two decorators the value is on the inner wrapper, and the outer has an old copy.
        layer = self._test
        while layer is not None:
            yield layer
            layer = getattr(layer, "__wrapped__", None)

    def _value(self, name: str) -> Any:
        return next((vars(layer)[name] for layer in self._layers() if name in vars(layer)), None)

    def award(self, outcome: Outcome) -> Outcome:
        """Give `outcome` its points and its place in the leaderboard.

        Only what was reached counts: a test that was passed, or partly if it set a score before it
        found a mismatch. Any other end gives nothing, whatever was set before.

        Raises:
            ValueError: the test set a value that cannot be.
        """
        score = self._value("__score__")
        if score is not None:
            score = float(score)
            if not 0 <= score <= self._weight:
                raise ValueError(f"the test set the score {score}, but has {self._weight} points")
        if outcome.verdict is Verdict.PASSED:
            reached = self._weight if score is None else score
            return outcome.model_copy(update={"score": reached, "ranking": self._ranking()})
        if outcome.verdict is Verdict.FAILED and score is not None:
            return outcome.model_copy(update={"score": score})
        return outcome

    def _ranking(self) -> Ranking | None:
        value = self._value("__leaderboard_value__")
        if value is None:
            return None
        if not isinstance(value, str):
            value = float(value)
            if not math.isfinite(value):
                raise ValueError(f"the test set the leaderboard value {value}")
        return Ranking(
            name=self._value("__leaderboard_column__"),
            value=value,
            order=self._value("__leaderboard_sort_order__") or "desc",
        )
