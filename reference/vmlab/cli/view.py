"""`vmlab view`: draw a test's scenario, at its end or after one of its steps."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from vmlab.testing.assignment import Assignment
from vmlab.testing.loading import load_part

from .one_test import OneTest, check_drawn
from .paint import paint
from .problem import Problem, write_bytes


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
    check_drawn(assignment, "view", "shadow paging")
    load_part(assignment.folder, assignment.part)
    drawn = importlib.import_module(f"vmlab.view.{assignment.part}")
    film = drawn.Film(step)
    run = OneTest(test, lambda part: drawn.Bench(part, film))
    run.run(assignment)
    if "Reached" in dict(run.said).get("test", ""):
        run.said = (("after", f"step {len(film.steps)}"),)
    if step is not None and step > len(film.steps):
        raise Problem(f"{run.name} has {len(film.steps)} steps with this part")
    picture = film.picture(run.title, run.said, ask=not run.hangs)
    if picture is None:
        raise Problem(f"nothing to draw: {run.name} makes no guest")
    if html is None:
        from vmlab.view.text import lines

        paint(lambda width: lines(picture, width))
    else:
        from vmlab.view.page import page

        write_bytes(html, page(picture).encode("utf-8"))
        typer.echo(f"{html}: {run.name}, {picture.verdict}")
    if run.hangs:
        print(f"vmlab: {run.name} does not end: {run.hangs}", file=sys.stderr)
        raise typer.Exit(1)
