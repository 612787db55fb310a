"""`vmlab view`: draw a test's scenario, at its end or after one of its steps."""

from __future__ import annotations

import importlib
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmlab.testing.assignment import Assignment
from vmlab.testing.loading import load_part
from vmlab.view import is_drawn

from .problem import Problem, write_bytes
from .session import run_tests

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from vmlab.view.film import Film
    from vmlab.view.picture import Picture

NARROWEST = 80
COLOURS = {
    "title": "bold",
    "dim": "dim",
    "wrong": "bold red",
    "old": "yellow",
    "right": "green",
    "table": "cyan",
}
PLAIN = str.maketrans({"✗": "X", "·": "."})
"""For a console that has no other letters than ASCII's."""


def view(
    test: Annotated[
        str, typer.Argument(metavar="TEST", help="As a failure names it: tests/FILE.py::NAME.")
    ],
    step: Annotated[
        int | None, typer.Option(min=0, help="End the scenario after this step, and draw that.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page for a browser instead.")
    ] = None,
) -> None:
    """Run the scenario of a public test with your part, and draw what it came to.

    Side by side: the guest's page tables, the host's map of the guest's memory, and the shadow.
    What breaks an invariant is marked, and named with its clause.

    Exit status: 0 drawn, 1 the part cannot be loaded or does not answer, 2 wrong use.
    """
    assignment = Assignment.find(Path.cwd())
    if not is_drawn(assignment.part):
        raise Problem(f"there are no pictures of {assignment.title!r}; they are of shadow paging")
    load_part(assignment.folder, assignment.part)
    drawn = importlib.import_module(f"vmlab.view.{assignment.part}")
    film = drawn.Film(step)
    run = _Run(test, film, lambda part: drawn.Bench(part, film))
    _run(assignment, run)
    if step is not None and step > len(film.steps):
        raise Problem(f"{run.name} has {len(film.steps)} steps with this part")
    picture = film.picture(run.title, run.said, ask=not run.hangs)
    if picture is None:
        raise Problem(f"nothing to draw: {run.name} makes no guest")
    if html is None:
        _show(picture)
    else:
        from vmlab.view.page import page

        write_bytes(html, page(picture).encode("utf-8"))
        typer.echo(f"{html}: {run.name}, {picture.verdict}")
    if run.hangs:
        print(f"vmlab: {run.name} does not end: {run.hangs}", file=sys.stderr)
        raise typer.Exit(1)


class _Run:
    """A pytest plugin that runs one test, on a bench that is recorded."""

    def __init__(self, test: str, film: Film, bench: Callable[[Any], Any]) -> None:
        self.test, self._film, self._bench = test, film, bench
        self.known: list[str] = []
        """Every test that there is."""
        self.chosen: list[pytest.Item] = []
        self.broken = ""
        """Why the tests cannot be loaded."""
        self.title = self.hangs = ""
        self.said: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The test's own name."""
        return self.chosen[0].name

    def pytest_configure(self, config: pytest.Config) -> None:
        from vmlab.testing.plugin import BENCH

        config.stash[BENCH] = self._bench

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.broken:
            self.broken = f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
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
            elif "Reached" in report.longreprtext:
                self.said = (("after", f"step {len(self._film.steps)}"),)
            else:
                self.said = (("test", report.longreprtext.strip().splitlines()[-1]),)


def _run(assignment: Assignment, run: _Run) -> None:
    """Run the one test that is meant. Raise Problem unless there is exactly one such."""
    run_tests(assignment, run)
    test = run.test
    if len(run.chosen) > 1:
        names = ", ".join(item.name for item in run.chosen)
        raise Problem(f"{test} is {len(run.chosen)} tests, name one of them: {names}")
    if not run.chosen:
        near = get_close_matches(
            test, [name.partition("::")[2] for name in run.known] + run.known, 1
        )
        hint = f"is it {near[0]}?" if near else f"such as {run.known[0]}" if run.known else ""
        raise Problem(f"no public test is called {test}; {hint}".rstrip("; "))


def _show(picture: Picture) -> None:
    """Print a picture, as wide as the terminal lets it be."""
    from rich.console import Console
    from rich.text import Text

    from vmlab.view.text import lines

    console = Console(highlight=False)
    try:
        "✗·".encode(console.encoding)
        plain = False
    except UnicodeEncodeError:
        plain = True
    for line in lines(picture, max(console.width, NARROWEST)):
        text = Text()
        for piece, style in line:
            text.append(piece.translate(PLAIN) if plain else piece, COLOURS.get(style, ""))
        text.rstrip()
        console.print(text, soft_wrap=True)
