"""`vmlab hint`: help with a clause, in three tiers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from vmlab.testing.assignment import TIERS, Assignment


def hint(
    clause: Annotated[str, typer.Argument(metavar="CLAUSE", help="A clause, such as T4.")],
    tier: Annotated[
        int, typer.Option(min=1, max=len(TIERS), help="1 the concept, 2 the rule, 3 the place.")
    ] = 1,
) -> None:
    """Show help with a clause: the concept, then the rule, then the place in the code.

    Exit status: 0 shown, 2 no such clause, or not in an assignment's folder.
    """
    assignment = Assignment.find(Path.cwd())
    name = clause.upper()
    tiers = assignment.hints(name)
    console = Console(highlight=False, soft_wrap=False)
    console.print(Text(f"{name}  {assignment.clause(name).title}", style="bold"))
    for label, text in list(zip(TIERS, tiers, strict=False))[:tier]:
        console.print(Text(f"\n{label}", style="bold"))
        console.print(Text(text))
    if tier < len(tiers):
        console.print(Text(f"\nMore: vmlab hint {name} --tier {tier + 1}", style="dim"))
