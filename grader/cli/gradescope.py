"""`grader gradescope`: the zip that Gradescope makes an autograder of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.course import Course
from grader.gradescope.bundle import bundle


def gradescope(
    assignment: Annotated[str, typer.Argument(help="Its folder's name in assignments/.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file *.zip.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier one.")] = False,
) -> None:
    """Write the autograder.zip of an assignment, to be uploaded to Gradescope as it is.

    It holds the hidden tests: it is for Gradescope alone. Choose Ubuntu 22.04 there.

    Exit status: 0 written, 2 refused or wrong use.
    """
    size = bundle(Course.find().unit(assignment), output, force)
    typer.echo(f"{output}: {size / 1e6:.1f} MB")
