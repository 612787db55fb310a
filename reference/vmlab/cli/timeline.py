"""`vmlab timeline`: draw the VMs of a test's scenario over the host's time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from vmlab.testing.assignment import Assignment
from vmlab.testing.loading import load_part

from .one_test import OneTest, check_drawn
from .paint import paint
from .problem import Problem, write_bytes


def timeline(
    test: Annotated[
        str, typer.Argument(metavar="TEST", help="As a failure names it: tests/FILE.py::NAME.")
    ],
    start: Annotated[
        int, typer.Option("--from", metavar="TICK", min=0, help="Draw from this host time on.")
    ] = 0,
    end: Annotated[
        int | None, typer.Option("--to", metavar="TICK", min=1, help="Draw up to this host time.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page for a browser instead.")
    ] = None,
) -> None:
    """Run the scenario of a public test with your part, and draw its VMs over the host's time.

    A lane for each VM: when it had the processor, its exits by cause, the traps that were injected
    into it, what it printed, and what became of it. Then its numbers, and every exit in order.

    Exit status: 0 drawn, 1 the part cannot be loaded or does not answer, 2 wrong use.
    """
    assignment = Assignment.find(Path.cwd())
    check_drawn(assignment, "timeline", "VMMs")
    load_part(assignment.folder, assignment.part)
    drawn = importlib.import_module(f"vmlab.timeline.{assignment.part}")
    recorder = drawn.Recorder()
    run = OneTest(test, lambda part: drawn.Bench(part, recorder))
    run.run(assignment)
    found = recorder.timeline
    if not found.entries and not found.events:
        raise Problem(f"nothing to draw: {run.name} runs no VM")
    found.title, found.said = run.title, run.said
    if start or end is not None:
        last = found.end if end is None else min(end, found.end)
        if start >= last:
            raise Problem(f"nothing to draw: host time ends at {found.end:,}")
        found = found.between(start, last)
    if html is None:
        from vmlab.timeline.text import lines

        paint(lambda width: lines(found, width))
    else:
        from vmlab.timeline.page import page
        from vmlab.timeline.text import many

        write_bytes(html, page(found).encode("utf-8"))
        vms, exits = many(len(found.names), "VM"), many(len(found.entries), "exit")
        typer.echo(f"{html}: {run.name}, {vms}, {exits}")
    if run.hangs:
        print(f"vmlab: {run.name} does not end: {run.hangs}", file=sys.stderr)
        raise typer.Exit(1)
