"""The command `vmlab`, for students: check a part, ask for hints, run guests, read machine code."""

from __future__ import annotations

import sys

import typer

from vmlab.testing.assignment import AssignmentError
from vmlab.testing.loading import PartUnreadable

from .asm import asm
from .check import check
from .disasm import disasm
from .disk_map import disk_map
from .hint import hint
from .problem import Problem
from .run import run
from .timeline import timeline
from .view import view

app = typer.Typer(
    name="vmlab",
    help="Build the missing parts of a computer, and run guests on it.",
    epilog="Exit status: 0 all well, 1 a test failed or the part cannot be loaded, 2 wrong use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (check, view, timeline, hint, run, asm, disasm, disk_map):
    app.command()(command)


def main() -> None:
    """Run the command line; a problem is one sentence on stderr, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A console without Unicode shows a replacement instead of ending the command.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="vmlab")
    except (Problem, AssignmentError) as problem:
        print(f"vmlab: {problem}", file=sys.stderr)
        sys.exit(2)
    except PartUnreadable as problem:
        print(f"vmlab: {problem}", file=sys.stderr)
        sys.exit(1)
