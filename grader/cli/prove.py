"""`grader prove`: is an assignment done?"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from grader.attacks import corpus, targets
from grader.cases import Case, Kind, cases
from grader.course import Course, Unit
from grader.isolation import for_our_own
from grader.prove import WHOLE, Judged, Part, Proof, grade_all, prove_attacks, runs_of
from grader.prove import prove as judge
from grader.report import Report, show_points
from grader.run import collect, grade_submission


def prove(
    assignment: Annotated[str, typer.Argument(help="Its folder's name in assignments/.")],
    runs: Annotated[
        int,
        typer.Option(
            min=1, help="Grade all but the flawed ones so often; the bytes must be equal."
        ),
    ] = 3,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Submissions at a time (default: processors).")
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Of the flawed ones only part K of N (default: all)."),
    ] = None,
) -> None:
    """Prove an assignment: grade all its known submissions, and see that each fares as it must.

    The reference and every second solution get 100 %, the skeleton 0 and nothing but holes, each
    flawed submission fails exactly the clauses in its FAILS, and equal runs give equal bytes.
    Each clause has a public test, a hidden test and a flawed submission; each hidden test is
    failed by a flawed submission; the points sum to 100. No attack gains a point. With --part,
    what none of the flawed submissions fails is not told.

    Exit status: 0 proven, 1 not, 2 wrong use.
    """
    which = WHOLE if part is None else Part.parse(part)
    unit = Course.find().unit(assignment)
    known = which.of(cases(unit))
    tests = collect(unit)

    isolation = for_our_own(unit.course)

    def grade(unit: Unit, case: Case, folder: Path, stop: Event) -> Report:
        return grade_submission(unit, folder, tests, stop=stop, isolation=isolation)

    def strike(unit: Unit, case: Case, folder: Path, stop: Event) -> Report:
        aims = targets(tests, case)
        return grade_submission(unit, folder, aims, stop=stop, isolation=isolation)

    against = corpus(unit)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        total = sum(runs_of(case, runs) for case in known) + len(against)
        task = progress.add_task("grading", total=total)
        jobs = jobs or _processors()
        reports = grade_all(unit, known, grade, runs, jobs, lambda: progress.advance(task))
        struck = grade_all(unit, against, strike, 1, jobs, lambda: progress.advance(task))
    proof = judge(unit, known, reports, which)
    proof.general += prove_attacks(unit, against, struck)
    console = Console(highlight=False)
    show(matrix(unit, proof))
    for text in proof.complaints:
        console.print(Text(f"  {text}"), soft_wrap=True)
    if proof.complaints:
        console.print(f"{assignment} is not proven: {len(proof.complaints)} complaints above.")
        raise typer.Exit(1)
    of = "" if which == WHOLE else f"part {which.number} of {which.parts} of "
    console.print(
        f"{of}{assignment} is proven: {len(known)} submissions, {runs} runs of all but the "
        f"flawed; {len(against)} attacks gained nothing."
    )


def show(table: Table) -> None:
    """Print a table as wide as it is: a matrix that is wrapped or cut is none."""
    wide = Console(highlight=False, width=1000)
    wide.width = Measurement.get(wide, wide.options, table).maximum
    wide.print(table)


def _processors() -> int:
    return os.cpu_count() or 1


def matrix(unit: Unit, proof: Proof) -> Table:
    """Show for each submission and clause: passed, failed as it must, missing, surplus."""
    table = Table(
        box=None,
        padding=(0, 0, 0, 1),
        title=f"{unit.name}: x fails as named, ! missing, + surplus",
        title_justify="left",
    )
    table.add_column("submission", no_wrap=True)
    for clause in unit.settings.clauses:
        table.add_column(clause, justify="center", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for judged in proof.judged:
        score = "none" if judged.score is None else show_points(judged.score)
        verdict = Text("no", style="red") if judged.complaints else Text("ok", style="green")
        cells = [_cell(judged, clause) for clause in unit.settings.clauses]
        table.add_row(judged.case.name, *cells, score, verdict)
    return table


def _cell(judged: Judged, clause: str) -> Text:
    fails = clause in judged.failed
    named = clause in judged.case.fails or judged.case.kind is Kind.SKELETON
    if fails and named:
        return Text("x")
    if fails:
        return Text("+", style="bold red")
    if named:
        return Text("!", style="bold red")
    return Text("·", style="dim")
