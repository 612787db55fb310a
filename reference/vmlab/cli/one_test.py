"""One public test, run on a bench that is recorded: what is to be drawn."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from vmlab.testing.assignment import Assignment
from vmlab.testing.pictures import drawn_by

from .problem import Problem
from .session import run_tests

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class OneTest:
    """A pytest plugin that runs one test, on a bench that is recorded."""

    def __init__(self, test: str, bench: Callable[[Any], Any]) -> None:
        """Choose a test, as a failure names it or shorter; `bench` makes a bench of a part."""
        self.test, self._bench = test, bench
        self.known: list[str] = []
        """Every test that there is."""
        self.chosen: list[pytest.Item] = []
        self.broken = ""
        """Why the tests cannot be loaded."""
        self.title = ""
        self.hangs = ""
        """Why the test had to be ended; empty if it ended by itself."""
        self.said: tuple[tuple[str, str], ...] = ()
        """Labelled texts: how it ended."""

    @property
    def name(self) -> str:
        """The test's own name."""
        return self.chosen[0].name

    def pytest_configure(self, config: pytest.Config) -> None:
        """Have the test run on our bench."""
        from vmlab.testing.plugin import BENCH

        config.stash[BENCH] = self._bench

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note why a file of tests cannot be loaded."""
        if report.failed and not self.broken:
            self.broken = f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the one test, or none."""
        self.known = [item.nodeid for item in items]
        wanted = self.test.replace(os.sep, "/")
        self.chosen = [
            item
            for item in items
            if wanted in (item.nodeid, item.name, item.path.name, item.nodeid.partition("::")[0])
            or item.nodeid.endswith(f"/{wanted}")
            or wanted.endswith(f"/{item.nodeid}")
        ]
        items[:] = self.chosen if len(self.chosen) == 1 else []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how it ended."""
        from vmlab.testing.plugin import Explained, clause_of

        item = self.chosen[0]
        clause = clause_of(item)
        self.title = f"{clause.name}  {clause.title}: {item.name}"
        if report.when == "call" and report.passed:
            self.said = (("test", "passes; this is its end"),)
        elif report.failed and not self.said:
            long = report.longrepr
            if isinstance(long, Explained):
                rows = long.explanation.rows
                self.said = tuple(row for row in rows if row[0] != "see it")
                got = dict(rows).get("got", "")
                self.hangs = got if got.startswith("no answer within") else ""
            elif "Timeout" in report.longreprtext:
                self.hangs = "its time is over"
                self.said = (("got", self.hangs),)
            else:
                self.said = (("test", report.longreprtext.strip().splitlines()[-1]),)

    def run(self, assignment: Assignment) -> None:
        """Run it. Raise Problem unless exactly one is meant."""
        run_tests(assignment, self)
        if len(self.chosen) > 1:
            names = ", ".join(item.name for item in self.chosen)
            raise Problem(f"{self.test} is {len(self.chosen)} tests, name one of them: {names}")
        if not self.chosen:
            near = get_close_matches(
                self.test, [name.partition("::")[2] for name in self.known] + self.known, 1
            )
            hint = f"is it {near[0]}?" if near else f"such as {self.known[0]}" if self.known else ""
            raise Problem(f"no public test is called {self.test}; {hint}".rstrip("; "))


def check_drawn(assignment: Assignment, command: str, what: str) -> None:
    """Raise Problem if `command`, which draws `what`, does not draw this assignment."""
    used = drawn_by(assignment.part)
    if used != command:
        other = f"use vmlab {used}" if used else f"they are of {what}"
        raise Problem(f"there are no pictures of {assignment.title!r}; {other}")
