"""`vmlab run`: boot a guest on the machine, fitted with the folder's `traps.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmlab.testing.assignment import Assignment, AssignmentError
from vmlab.testing.loading import load_part, own_frames, said

from .guest import load_guest
from .problem import Problem

if TYPE_CHECKING:
    from vmlab.machine import Machine, Stop
    from vmlab.trace import Trace

SLICE = 100_000
"""Instructions between two looks at the console."""
OUT_OF_BUDGET, PART_FAILED, IDLE = 124, 125, 126


def run(
    guest: Annotated[Path, typer.Argument(metavar="GUEST", help="Assembly source or ELF file.")],
    trace: Annotated[
        str, typer.Option(help="Kinds to show: traps,walks,instructions,devices,exits.")
    ] = "",
    budget: Annotated[int, typer.Option(min=1, help="Instructions to run at most.")] = 100_000_000,
    traps: Annotated[
        Path | None, typer.Option(help="The part to use (default: traps.py of this folder).")
    ] = None,
    ram: Annotated[int, typer.Option(min=1, max=4096, help="RAM, in MiB.")] = 16,
) -> None:
    """Boot a guest. Its console goes to stdout, the trace to stderr.

    Exit status: what the guest wrote to the test finisher, 0 for pass; 124 the budget is used up;
    125 the part failed; 126 the guest waits for an interrupt that cannot come; 2 wrong use.
    """
    from vmlab.machine import Machine
    from vmlab.trace import Trace

    program = load_guest(guest)
    path = _part_file(traps)
    part = load_part(path.parent, path.stem)
    try:
        record = Trace(*(kind.strip() for kind in trace.split(",") if kind.strip()))
    except ValueError as error:
        raise Problem(str(error)) from None
    machine = Machine(part, ram_mib=ram, trace=record)
    try:
        machine.load(program)
    except ValueError as error:
        raise Problem(f"{guest} cannot be loaded: {error}") from None
    raise typer.Exit(_boot(machine, record, budget, path.parent))


def _part_file(given: Path | None) -> Path:
    if given is None:
        try:
            given = Assignment.find(Path.cwd()).folder / "traps.py"
        except AssignmentError:
            raise Problem("no traps.py here; name one with --traps FILE") from None
    if given.suffix != ".py" or not given.is_file():
        raise Problem(f"{given} is not a Python file; name the part with --traps FILE")
    return given.resolve()


def _boot(machine: Machine, record: Trace, budget: int, folder: Path) -> int:
    console = _Console(machine)
    left = budget
    while True:
        failure: Exception | None = None
        stop: Stop | None = None
        try:
            stop = machine.run(min(left, SLICE))
        except Exception as error:  # the part may raise anything; ours has no frame of the part
            if not own_frames(error.__traceback__, folder):
                raise
            failure = error
        finally:
            console.show()
            sys.stderr.write(record.text())
            record.records.clear()
        if failure is not None:
            _explain(failure, folder)
            return PART_FAILED
        assert stop is not None
        left -= SLICE
        reason = stop.reason.value
        if reason == "finished":
            return int(stop.code)
        if reason == "idle":
            print("vmlab: the guest waits for an interrupt that cannot come", file=sys.stderr)
            return IDLE
        if left <= 0:
            print(f"vmlab: {budget:,} instructions were not enough", file=sys.stderr)
            return OUT_OF_BUDGET


def _explain(error: Exception, folder: Path) -> None:
    print(f"vmlab: the part failed: {said(error)}", file=sys.stderr)
    for frame in own_frames(error.__traceback__, folder)[-3:]:
        name = Path(frame.filename).name
        print(f"    {name}:{frame.lineno} {frame.name}: {frame.line}", file=sys.stderr)


class _Console:
    """Passes on what the guest printed since the last time."""

    def __init__(self, machine: Any) -> None:
        self._uart = machine.uart
        self._shown = 0

    def show(self) -> None:
        new = bytes(self._uart.output[self._shown :])
        self._shown += len(new)
        sys.stdout.buffer.write(new)
        sys.stdout.buffer.flush()
