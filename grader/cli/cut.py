"""`grader cut`: skeletons from solutions."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.course import Course
from grader.skeletons import skeletons


def cut(
    assignment: Annotated[
        str | None, typer.Argument(help="Which one (default: every assignment).")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; show what would change.")
    ] = False,
) -> None:
    """Cut the skeletons of an assignment, or of all, out of their solutions.

    Exit status: 0 written, or with --check all current; 1 with --check some are not; 2 wrong use.
    """
    course = Course.find()
    console = Console(highlight=False)
    stale = 0
    for name in [assignment] if assignment else course.names:
        for skeleton in skeletons(course.unit(name)):
            path = skeleton.path.relative_to(course.root)
            if skeleton.current:
                console.print(f"{path}: current", markup=False)
            elif check:
                stale += 1
                console.print(skeleton.diff(), end="", markup=False, soft_wrap=True)
            else:
                skeleton.write()
                console.print(f"{path}: written", markup=False)
    if stale:
        console.print(f"{stale} not current; run: grader cut", markup=False)
        raise typer.Exit(1)
