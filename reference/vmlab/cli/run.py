"""`vmlab run`: boot a guest on the machine, fitted with the folder's `traps.py`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmlab.link.errors import PartError
from vmlab.testing.assignment import Assignment, AssignmentError
from vmlab.testing.loading import load_part, own_frames, said

from .debugger import debug
from .guest import load_guest
from .problem import Problem

if TYPE_CHECKING:
    from vmlab.machine import Machine, Stop
    from vmlab.trace import Trace

SLICE = 100_000
"""Instructions between two looks at the console."""
LARGEST_CODE = 100
"""The guest's own codes end here, so that they are not taken for the ones below, or for 0."""
TRAP_LOOP, OUT_OF_BUDGET, PART_FAILED, IDLE, RESET, CTRL_C = 123, 124, 125, 126, 127, 130


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
    profile: Annotated[
        str, typer.Option(help="Sensitive instructions that shall not trap: sret,sstatus-read...")
    ] = "",
    gdb: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="Wait for gdb at this port of this host; 0 chooses a free one.",
        ),
    ] = None,
) -> None:
    """Boot a guest. Its console goes to stdout, the trace to stderr.

    Exit status: what the guest told the test finisher, 0 for pass, at most 100; 2 wrong use;
    123 its trap handler traps for ever; 124 the budget is used up; 125 the part failed; 126 the
    guest waits for an interrupt that cannot come; 127 it asked for a reset; 130 Ctrl-C. With
    --gdb, 0 if the debugger ended the run.
    """
    from vmlab.link.interface import Interface
    from vmlab.link.local import LocalLink
    from vmlab.machine import Machine
    from vmlab.options import Options
    from vmlab.parts.traps import Part
    from vmlab.program import ImageError
    from vmlab.trace import Trace

    program = load_guest(guest)
    path = _part_file(traps)
    link: Any = LocalLink(load_part(path.parent, path.stem), Interface.of(Part))
    try:
        record = Trace(*_words(trace))
        options = Options(pmp_entries=16, profile=frozenset(_words(profile)))
        if gdb is not None:  # the engine that stops at a breakpoint without stepping there
            options = replace(options, engine="interpreter")
        machine = Machine(link, ram_mib=ram, trace=record, options=options)
    except ValueError as error:
        raise Problem(str(error)) from None
    except (OSError, MemoryError, OverflowError):
        raise Problem(f"there is no room here for {ram} MiB of RAM") from None
    try:
        machine.load(program)
    except ImageError as error:
        raise Problem(f"{guest} cannot be loaded: {error}") from None
    raise typer.Exit(_boot(machine, record, budget, path.parent, gdb))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _part_file(given: Path | None) -> Path:
    if given is None:
        try:
            given = Assignment.find(Path.cwd()).folder / "traps.py"
        except AssignmentError:
            raise Problem("no traps.py here; name one with --traps FILE") from None
    if given.suffix != ".py" or not given.is_file():
        raise Problem(f"{given} is not a Python file; name the part with --traps FILE")
    return given.resolve()


def _boot(machine: Machine, record: Trace, budget: int, folder: Path, gdb: int | None) -> int:
    console = _Console(machine)
    try:
        if gdb is not None:
            try:
                goes_on = debug(machine, gdb, record, console.show)
            except Exception as error:
                return _part_failed(error, folder)
            if not goes_on and machine.finisher.code is None:
                return 0
        return _run(machine, console, record, budget, folder)
    except KeyboardInterrupt as error:
        console.show()
        count = machine.clock.retired
        print(f"vmlab: interrupted after {count:,} instructions", file=sys.stderr)
        _show_frames(error, folder)
        return CTRL_C


def _run(machine: Machine, console: _Console, record: Trace, budget: int, folder: Path) -> int:
    from vmlab.machine import Reason

    left = budget
    while True:
        failure: Exception | None = None
        stop: Stop | None = None
        try:
            stop = machine.run(min(left, SLICE))
        except Exception as error:
            failure = error
        finally:
            console.show()
            sys.stderr.write(record.text())
            record.records.clear()
        if failure is not None:
            return _part_failed(failure, folder)
        assert stop is not None
        left -= SLICE
        if stop.reason is Reason.FINISHED:
            return RESET if stop.code < 0 else min(stop.code, LARGEST_CODE)
        if stop.reason is Reason.IDLE:
            print("vmlab: the guest waits for an interrupt that cannot come", file=sys.stderr)
            return IDLE
        if stop.reason is Reason.TRAP_LOOP:
            at = machine.hart.pc
            print(f"vmlab: the trap handler at {at:#x} traps itself, for ever", file=sys.stderr)
            return TRAP_LOOP
        if left <= 0:
            print(f"vmlab: {budget:,} instructions were not enough", file=sys.stderr)
            return OUT_OF_BUDGET


def _part_failed(error: Exception, folder: Path) -> int:
    """Say what the part raised, which may be anything; raise again what is not the part's."""
    if not isinstance(error, PartError) and not own_frames(error.__traceback__, folder):
        raise error
    print(f"vmlab: the part failed: {said(error)}", file=sys.stderr)
    _show_frames(error, folder)
    return PART_FAILED


def _show_frames(error: BaseException, folder: Path) -> None:
    """Say which of the part's lines were at work."""
    for frame in own_frames(error.__traceback__, folder)[-3:]:
        name = Path(frame.filename).name
        print(f"    {name}:{frame.lineno} {frame.name}: {frame.line}", file=sys.stderr)


class _Console:
    """Passes on what the guest printed since the last time."""

    def __init__(self, machine: Any) -> None:
        self._uart = machine.uart
        self._shown = 0

    def show(self) -> None:
        """Write it to stdout, byte for byte."""
        new = bytes(self._uart.output[self._shown :])
        self._shown += len(new)
        sys.stdout.buffer.write(new)
        sys.stdout.buffer.flush()
