"""`grader image`: build, push and show the grading image."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from grader.course import Course
from grader.image.build import TAG, described, find
from grader.image.build import build as make
from grader.image.build import push as send
from grader.image.contents import contents, digest
from grader.image.engine import engine

image = typer.Typer(
    help="The image that grades: in containers at home, or on Gradescope.", no_args_is_help=True
)

Tag = Annotated[str | None, typer.Option("--tag", help="The image's name and tag.")]
ForGradescope = Annotated[
    str | None,
    typer.Option(
        "--gradescope", metavar="ASSIGNMENT", help="The image for Gradescope, of one assignment."
    ),
]


def _tag(tag: str | None, gradescope: str | None) -> str:
    return tag or (TAG if gradescope is None else f"vmlab-{gradescope}:gradescope")


@image.command("build")
def build(
    gradescope: ForGradescope = None,
    tag: Tag = None,
    base: Annotated[str | None, typer.Option(help="Another base image.")] = None,
) -> None:
    """Build the image with the local Docker engine.

    Exit status: 0 built, 2 not.
    """
    course = Course.find()
    unit = None if gradescope is None else course.unit(gradescope)
    errors = Console(stderr=True, highlight=False)
    with engine(patience=3600) as client:
        made = make(
            client,
            course,
            unit,
            base=base,
            tag=_tag(tag, gradescope),
            say=lambda line: errors.print(line, markup=False, soft_wrap=True),
        )
    typer.echo(f"{_tag(tag, gradescope)}: version {made.version}, tests {made.tests}")


@image.command("push")
def push(
    to: Annotated[str, typer.Argument(help="Its name in a registry: user/name:tag.")],
    gradescope: ForGradescope = None,
    tag: Tag = None,
) -> None:
    """Send the image to a registry, private for choice: it holds the hidden tests.

    Exit status: 0 sent, 2 not.
    """
    with engine(patience=3600) as client:
        there = send(client, _tag(tag, gradescope), to)
    typer.echo(f"{to} {there}".rstrip())


@image.command("show")
def show(gradescope: ForGradescope = None, tag: Tag = None) -> None:
    """Show the image's version and digest of the tests, beside this course's own.

    Exit status: 0 it grades as this course does, 1 it does not, 2 there is none.
    """
    course = Course.find()
    unit = None if gradescope is None else course.unit(gradescope)
    ours = digest(contents(course, unit))
    with engine() as client:
        found = find(client, _tag(tag, gradescope))
    typer.echo(json.dumps({**described(found), "course": ours, "current": found.tests == ours}))
    if found.tests != ours:
        raise typer.Exit(1)
