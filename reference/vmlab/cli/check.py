"""`vmlab check`: run the folder's public tests, and show them by clause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vmlab.testing.assignment import Assignment
from vmlab.testing.loading import load_part

from .outcomes import Outcome, Recorder
from .problem import Problem
from .session import run_tests


def check(
    clauses: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAUSE]...", help="Only these clauses, such as T4 T5."),
    ] = None,
) -> None:
    """Run the public tests of the assignment in this folder, or in one above it.

    Without CLAUSE the first failure of each clause is shown, else all of them.

    Exit status: 0 all tests passed, 1 some did not or the part cannot be loaded, 2 wrong use.
    """
    assignment = Assignment.find(Path.cwd())
    wanted = [assignment.clause(name.upper()).name for name in clauses or []]
    load_part(assignment.folder, assignment.part)
    outcomes = _run(assignment, wanted)
    console = Console(highlight=False)
    console.print(Text(assignment.title, style="bold"))
    console.print(_table(assignment, outcomes))
    _show_failures(console, outcomes, every=bool(wanted))
    raise typer.Exit(0 if all(o.passed for o in outcomes) else 1)


def _run(assignment: Assignment, wanted: list[str]) -> list[Outcome]:
    recorder = Recorder(wanted)
    run_tests(assignment, recorder)
    if not recorder.outcomes:
        raise Problem(f"no test was found in {assignment.folder / 'tests'}")
    return recorder.outcomes


def _table(assignment: Assignment, outcomes: list[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, show_footer=True)
    table.add_column("Clause", style="bold")
    table.add_column("", overflow="fold")
    table.add_column("Tests", justify="right")
    table.add_column("Points", justify="right", footer=_points(outcomes))
    for clause in assignment.clauses.values():
        own = [o for o in outcomes if o.clause.name == clause.name]
        if own:
            good = sum(o.passed for o in own)
            style = "green" if good == len(own) else "red"
            tests = Text(f"{good} / {len(own)}", style=style)
            table.add_row(clause.name, Text(clause.title), tests, Text(_points(own), style=style))
    return table


def _points(outcomes: list[Outcome]) -> str:
    return f"{sum(o.score for o in outcomes):g} / {sum(o.weight for o in outcomes):g}"


def _show_failures(console: Console, outcomes: list[Outcome], every: bool) -> None:
    """Show holes in a line each, then failures in full; a clause's later ones are counted."""
    failed = [o for o in outcomes if not o.passed]
    holes = dict.fromkeys(o.hole for o in failed if o.hole)
    if holes:
        console.print(Text("\nNot written yet", style="bold"))
        for hole in holes:
            console.print(Text(f"    {hole}"))
    shown: dict[str, Outcome] = {}
    left: dict[str, int] = {}
    for outcome in failed:
        if outcome.hole:
            continue
        if outcome.clause.name in shown and not every:
            left[outcome.clause.name] = left.get(outcome.clause.name, 0) + 1
            continue
        shown[outcome.clause.name] = outcome
        console.print()
        # Not wrapped again: the lines are laid out already, and can be copied as they are.
        console.print(Text(outcome.text), soft_wrap=True)
    if left:
        more = ", ".join(f"{count} of {name}" for name, count in left.items())
        console.print(
            Text(f"\nNot shown: {more}. vmlab check {next(iter(left))} shows all.", style="dim")
        )
