"""`grader example`: a class to try the grader on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.grade import ALL
from grader.course import Course
from grader.example import make_class


def example(
    assignment: Annotated[
        str,
        typer.Argument(help="Its folder's name in assignments/; or all: a folder for each."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A new folder, or one of an earlier example.")
    ],
) -> None:
    """Make a class of about a dozen submissions, good and bad, to try the grader on.

    Exit status: 0 made, 2 refused or wrong use; then nothing was written.
    """
    course = Course.find()
    places = {assignment: output}
    if assignment == ALL:
        places = {name: output / name for name in course.in_order}
    for name, place in places.items():
        count = make_class(course.unit(name), place)
        typer.echo(f"{count} submissions of {name} are in {place}")
