"""`grader doctor`: what this host offers, and which walls stand."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader import walls
from grader.doctor import examine

GOOD, BAD = Text("yes", style="green"), Text("no", style="red")


def doctor() -> None:
    """Show what this host offers for grading, which walls stand, and what to install.

    Exit status: 0 submissions of strangers can be graded here, 1 not, 2 wrong use.
    """
    console = Console(highlight=False)
    host = _table("This host", "", "Found", "If missing")
    for finding in examine():
        remedy = "" if finding.good else finding.remedy
        host.add_row(finding.name, GOOD if finding.good else BAD, finding.found, remedy)
    console.print(host)
    console.print()
    standing = walls.available()
    table = _table("Wall", "", "Why", "Without it")
    for wall in standing:
        let = "" if wall.stands else wall.lets_through
        table.add_row(wall.name, GOOD if wall.stands else BAD, wall.why, let)
    console.print(table)
    console.print()
    missing = walls.missing(standing)
    if missing:
        console.print(
            f"Submissions of strangers cannot be graded here: {', '.join(missing)} missing.",
            markup=False,
        )
        raise typer.Exit(1)
    console.print("Submissions of strangers can be graded here.")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
