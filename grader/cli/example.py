"""`grader example`: a class to try the grader on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.course import Course
from grader.example import make_class


def example(
    assignment: Annotated[str, typer.Argument(help="Its folder's name in assignments/.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A new folder, or one of an earlier example.")
    ],
) -> None:
    """Make a class of about a dozen submissions, good and bad, to try the grader on.

    Exit status: 0 made, 2 refused or wrong use; then nothing was written.
    """
    count = make_class(Course.find().unit(assignment), output)
    typer.echo(f"{count} submissions of {assignment} are in {output}")
