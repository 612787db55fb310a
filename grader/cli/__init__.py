"""The command `grader`, for instructors. One module a command; this one puts them together."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.image import image
from grader.course import COURSE_VARIABLE
from grader.problem import Problem, Stopped

COMMANDS = ("grade", "prove", "release", "cut", "doctor", "example", "gradescope")
"""Each is a module here, with a function of the same name."""

app = typer.Typer(
    name="grader",
    help="Grade a class, prove that an assignment's tests are right, publish it.",
    epilog="Exit status: 0 all well, 1 not all, 2 wrong use, 130 stopped by Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def course(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--course",
            metavar="DIR",
            help="The folder that holds assignments/ and reference/ (default: the one around).",
        ),
    ] = None,
) -> None:
    """Say which course all commands are about."""
    if folder is not None:
        os.environ[COURSE_VARIABLE] = str(folder)


for command in COMMANDS:
    app.command(command)(getattr(importlib.import_module(f"grader.cli.{command}"), command))
app.add_typer(image, name="image")


def main() -> None:
    """Run the command line. Whatever happens, nobody sees a traceback; at worst they get a file."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Unicode shows a replacement instead of ending the command.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="grader")
    except Problem as problem:
        complain(str(problem))
        sys.exit(2)
    except (KeyboardInterrupt, Stopped):
        complain("stopped.")
        sys.exit(130)
    except Exception as error:
        complain(_last_resort(error))
        sys.exit(1)


def complain(text: str) -> None:
    """Say one sentence on stderr."""
    print(f"grader: {text}", file=sys.stderr)


def _last_resort(error: Exception) -> str:
    text = "".join(traceback.format_exception(error))
    said = f"an error of the grader itself ({type(error).__name__})"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="grader-error-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as trouble:
        # No room for the file; what can be said on one line is still worth having.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return f"{said} at {where}: {error}. No report could be written: {trouble.strerror}."
    return f"{said}; please report it, with the file {file.name}"
