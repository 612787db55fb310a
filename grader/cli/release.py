"""`grader release`: the folder or zip that students receive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.course import Course
from grader.release import release as make


def release(
    assignment: Annotated[str, typer.Argument(help="Its folder's name in assignments/.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="An empty or new folder, or a file *.zip.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier release.")] = False,
) -> None:
    """Write the student's folder: the assignment, vmlab, the parts it is given, nothing else.

    Exit status: 0 written, 2 refused or wrong use; then nothing was written.
    """
    made = make(Course.find().unit(assignment), output, force)
    typer.echo(f"{assignment} is released in {made}")
