"""Collects how each public test ended, from within pytest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmlab.testing.assignment import Clause
from vmlab.testing.explain import lay_out

if TYPE_CHECKING:
    import pytest

PRINTED_LINES = 10
"""How many of the last lines that a part printed are shown with its failure."""


@dataclass(frozen=True)
class Outcome:
    """One test: `text` is the explanation if it failed."""

    clause: Clause
    passed: bool
    score: float
    weight: float
    text: str = ""
    hole: str = ""
    """What is still to be written and where, if that is all that is wrong."""


class Recorder:
    """A pytest plugin that keeps only tests of the wanted clauses and records their outcomes."""

    def __init__(self, wanted: list[str]) -> None:
        self.wanted = wanted
        self.outcomes: list[Outcome] = []
        self.broken = ""
        self._items: dict[str, pytest.Item] = {}

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Drop the tests of other clauses."""
        kept = [i for i in items if not self.wanted or _mark(i, "__clause__") in self.wanted]
        if len(kept) < len(items):
            config.hook.pytest_deselected(items=[i for i in items if i not in kept])
        items[:] = kept
        self._items = {item.nodeid: item for item in items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why a test file could not be loaded."""
        if report.failed and not self.broken:
            self.broken = f"{report.nodeid}: {_last_line(report.longreprtext)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the call, or the phase that kept it from running."""
        if report.when != "call" and report.passed:
            return
        from vmlab.testing.plugin import Explained, clause_of, weight_of

        item = self._items[report.nodeid]
        weight = weight_of(item)
        if report.passed:
            score = min(max(float(_mark(item, "__score__", weight)), 0), weight)
            self.outcomes.append(Outcome(clause_of(item), True, score, weight))
            return
        long = report.longrepr
        hole = ""
        if isinstance(long, Explained):
            text = str(long)
            rows = dict(long.explanation.rows)
            if long.explanation.hole:
                hole = f"{rows['at'].partition(' ')[0]} {long.explanation.hole}"
        else:
            title = f"{clause_of(item).name}  {clause_of(item).title}"
            text = f"{lay_out(title, f'0 / {weight:g}', [])}\n{report.longreprtext}"
        printed = (report.capstdout + report.capstderr).rstrip().splitlines()
        if printed:
            text += "\n    printed    " + "\n               ".join(printed[-PRINTED_LINES:])
        text += f"\n    test       {report.nodeid}"
        self.outcomes.append(Outcome(clause_of(item), False, 0, weight, text, hole))


def _mark(item: pytest.Item, name: str, default: Any = None) -> Any:
    return getattr(getattr(item, "function", None), name, default)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("E").strip() if lines else "it failed"
