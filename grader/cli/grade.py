"""`grader grade`: a class, or one student."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader.cli.table import course_table, summary_table
from grader.cli.work import Work
from grader.course import Course
from grader.image.build import TAG
from grader.intake import find_sources
from grader.intake.listing import listed
from grader.isolation import MODES, choose
from grader.problem import Problem
from grader.report import Report

ALL = "all"
"""In place of an assignment's name: every one of the course."""


def grade(
    assignment: Annotated[
        str,
        typer.Argument(
            help="Its folder's name in assignments/; or all: PATH then holds a folder for each."
        ),
    ],
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
        typer.Option(
            metavar="DIR", help="Where reports go (default: reports/ASSIGNMENT, or reports)."
        ),
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
    course = Course.find()
    if assignment == ALL:
        todo = _of_all(course, paths, out or Path("reports"))
    else:
        unit = course.unit(assignment)
        found = find_sources(paths, unit.settings)
        todo = [Work(unit, found.sources, found.passed_over, out or Path("reports") / assignment)]
    errors = Console(stderr=True, highlight=False)
    for work in todo:
        if work.out.exists() and not work.out.is_dir():
            raise Problem(f"{work.out} is a file; name a folder with --out.")
        _tell_what_was_passed_over(errors, work.passed_over)
    for work in todo:
        with choose(isolation, work.unit, trust=trust, image=image) as (chosen, which):
            errors.print(which, markup=False, soft_wrap=True)
            work.run(chosen, jobs or os.cpu_count() or 1, errors)
        if work.ended_early:
            break
    if as_json:
        documents = [_as_json(work) for work in todo if work.started]
        _print_json(documents[0] if assignment != ALL else {"assignments": documents})
    else:
        _print_table(todo, assignment == ALL, out or Path("reports"))
    for work in todo:
        _tell_of_trouble(errors, work.reports, work.out)
    _end(errors, todo)


def _of_all(course: Course, paths: list[Path], out: Path) -> list[Work]:
    """Return the work on each assignment that has a folder in the one `paths` names."""
    if len(paths) != 1 or not paths[0].is_dir():
        raise Problem("To grade all, name one folder that holds a folder for each assignment.")
    todo = []
    for name in course.in_order:
        if (paths[0] / name).is_dir():
            unit = course.unit(name)
            found = find_sources([paths[0] / name], unit.settings)
            todo.append(Work(unit, found.sources, found.passed_over, out / name))
    if not todo:
        names = ", ".join(course.names)
        raise Problem(f"{paths[0]} holds no folder of an assignment; there are: {names}.")
    return todo


def _tell_what_was_passed_over(errors: Console, paths: list[Path]) -> None:
    if paths:
        names = listed([path.name for path in paths])
        errors.print(f"Passed over, as no submissions: {names}.", markup=False, soft_wrap=True)


def _print_table(todo: list[Work], all_of_them: bool, out: Path) -> None:
    console = Console(highlight=False)
    if not any(work.reports for work in todo):
        return
    if all_of_them:
        console.print(course_table([(w.unit.settings, w.reports) for w in todo]))
    else:
        console.print(summary_table(todo[0].unit.settings, todo[0].reports))
    console.print(f"Reports: {out if all_of_them else todo[0].out}", markup=False, soft_wrap=True)


def _end(errors: Console, todo: list[Work]) -> None:
    """Say what was left undone; raise Exit with the status that goes with it."""
    graded = sum(len(work.reports) for work in todo)
    count = sum(len(work.sources) for work in todo)
    if any(work.interrupted for work in todo):
        where = ", ".join(str(work.out) for work in todo if work.started)
        errors.print(
            f"Stopped: {graded} of {count} submissions were graded, and are kept in {where}.",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(130)
    problems = [work.problem for work in todo if work.problem is not None]
    for problem in problems:
        errors.print(f"grader: {problem}", markup=False, soft_wrap=True)
    if problems or not all(report.graded for work in todo for report in work.reports):
        raise typer.Exit(1)


def _as_json(work: Work) -> dict[str, Any]:
    return {
        "assignment": work.unit.name,
        "reports": [
            {
                **report.model_dump(mode="json"),
                "score": report.score,
                "max_score": report.max_score,
            }
            for report in work.reports
        ],
    }


def _print_json(document: dict[str, Any]) -> None:
    # ASCII only: whatever a submission printed, this stays one well-formed document.
    json.dump(document, sys.stdout, indent=2)
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
