"""`grader grade`: a class, or one student."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.batch import Batch, Interrupted
from grader.cli.table import summary_table
from grader.course import Course
from grader.image.build import TAG
from grader.intake import Source, find_sources
from grader.intake.listing import listed
from grader.isolation import MODES, choose
from grader.problem import Problem
from grader.report import Report
from grader.run import collect


def grade(
    assignment: Annotated[str, typer.Argument(help="Its folder's name in assignments/.")],
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Submissions: files, folders, zips; a folder of them; a Gradescope export.",
        ),
    ],
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Submissions at a time (default: one a processor)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where reports go (default: reports/ASSIGNMENT)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all results as JSON, in place of the table.")
    ] = False,
    isolation: Annotated[
        str,
        typer.Option(
            metavar="|".join(MODES),
            help="What is around a submission; auto takes the strongest that stands.",
        ),
    ] = "auto",
    image: Annotated[
        str, typer.Option(help="The image of the containers; grader image build makes it.")
    ] = TAG,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust-submissions",
            help="With --isolation process: grade although this host lacks walls.",
        ),
    ] = False,
) -> None:
    """Grade submissions; each student gets a results.json and a report.txt.

    Exit status: 0 all graded, 1 some could not be graded, 2 wrong use, 130 stopped by Ctrl-C.
    """
    unit = Course.find().unit(assignment)
    settings = unit.settings
    found = find_sources(paths, settings)
    where = out or Path("reports") / assignment
    if where.exists() and not where.is_dir():
        raise Problem(f"{where} is a file; name a folder with --out.")
    count = len(found.sources)
    errors = Console(stderr=True, highlight=False)
    if found.passed_over:
        names = listed([path.name for path in found.passed_over])
        errors.print(f"Passed over, as no submissions: {names}.", markup=False, soft_wrap=True)
    with choose(isolation, unit, trust=trust, image=image) as (chosen, which):
        errors.print(which, markup=False, soft_wrap=True)
        jobs = min(jobs or os.cpu_count() or 1, count)
        batch = Batch(unit, collect(unit), where, jobs, isolation=chosen)
        interrupted, problem = _grade(batch, found.sources, errors)
    order = {source.name: index for index, source in enumerate(found.sources)}
    reports = sorted(batch.done, key=lambda report: order[report.submission])
    if as_json:
        _print_json(assignment, reports)
    elif reports:
        console = Console(highlight=False)
        console.print(summary_table(settings, reports))
        console.print(f"Reports: {where}", markup=False, soft_wrap=True)
    _tell_of_trouble(errors, reports, where)
    if interrupted:
        errors.print(
            f"Stopped: {len(reports)} of {count} submissions were graded, and are kept in {where}.",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(130)
    if problem is not None:
        errors.print(f"grader: {problem}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    if not all(report.graded for report in reports):
        raise typer.Exit(1)


def _grade(batch: Batch, sources: list[Source], errors: Console) -> tuple[bool, Problem | None]:
    """Grade all; return whether Ctrl-C ended it, or what else did. What was graded is kept."""
    try:
        with _progress(errors) as progress:
            task = progress.add_task(batch.unit.settings.title, total=len(sources))
            batch.grade(sources, lambda report: progress.advance(task))
    except (Interrupted, KeyboardInterrupt):  # the second, if someone is impatient
        return True, None
    except Problem as trouble:
        return False, trouble
    return False, None


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Redrawn lines are noise in a log.
        disable=not console.is_terminal,
    )


def _print_json(assignment: str, reports: list[Report]) -> None:
    data = {
        "assignment": assignment,
        "reports": [
            {
                **report.model_dump(mode="json"),
                "score": report.score,
                "max_score": report.max_score,
            }
            for report in reports
        ],
    }
    # ASCII only: whatever a submission printed, this stays one well-formed document.
    json.dump(data, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _tell_of_trouble(errors: Console, reports: list[Report], where: Path) -> None:
    for report in reports:
        for said in report.tampering[:3]:
            errors.print(f"TAMPERING by {report.submission}: {said}", markup=False, soft_wrap=True)
        if report.internal_errors:
            errors.print(
                f"INTERNAL ERROR of the grader in {len(report.internal_errors)} tests of "
                f"{report.submission}: {where / report.submission / 'internal_errors.txt'}",
                markup=False,
                style="bold red",
                soft_wrap=True,
            )
