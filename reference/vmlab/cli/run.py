"""`vmlab run`: boot a guest on the machine, fitted with the folder's `traps.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vmlab.link.errors import PartError
from vmlab.testing.assignment import Assignment, AssignmentError
from vmlab.testing.loading import load_part, own_frames, said

from .console import Console, script
from .debugger import debug
from .guest import load_guest
from .problem import Problem
from .terminal import terminal

if TYPE_CHECKING:
    from vmlab.block import BlockBackend
    from vmlab.machine import Machine, Stop
    from vmlab.trace import Trace

DEFAULT_BUDGET = 100_000_000
SLICE = 100_000
"""Instructions between two looks at the console."""
LARGEST_CODE = 100
"""The guest's own codes end here, so that they are not taken for the ones below, or for 0."""
TRAP_LOOP, OUT_OF_BUDGET, PART_FAILED, IDLE, RESET, CTRL_C = 123, 124, 125, 126, 127, 130


class EngineName(str, Enum):
    """What `--engine` can be."""

    translator = "translator"
    interpreter = "interpreter"


def run(
    guest: Annotated[
        Path, typer.Argument(metavar="GUEST", help="Assembly source, ELF file, or raw *.bin.")
    ],
    trace: Annotated[
        str, typer.Option(help="Kinds to show: traps,walks,instructions,devices,exits.")
    ] = "",
    budget: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Instructions to run at most (default: 100,000,000, or no limit at a terminal).",
        ),
    ] = None,
    traps: Annotated[
        Path | None, typer.Option(help="The part to use (default: traps.py of this folder).")
    ] = None,
    ram: Annotated[int, typer.Option(min=1, max=4096, help="RAM, in MiB.")] = 16,
    disk: Annotated[
        Path | None, typer.Option(help="Raw image for the virtio disk; writes go to the file.")
    ] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Keep writes to the disk in memory only.")
    ] = False,
    typed: Annotated[
        str, typer.Option("--input", help="What is typed at the console, or @FILE; \\n is Enter.")
    ] = "",
    prompt: Annotated[
        str, typer.Option(help="Type a line of --input each time that the guest prints this.")
    ] = "",
    append: Annotated[
        str, typer.Option(help="The command line that a kernel finds in the device tree.")
    ] = "",
    engine: Annotated[
        EngineName | None, typer.Option(help="What executes instructions; results are the same.")
    ] = None,
    svadu: Annotated[
        bool, typer.Option("--svadu", help="Hardware sets A and D bits of PTEs; xv6 wants that.")
    ] = False,
    misaligned: Annotated[
        bool, typer.Option("--misaligned", help="Carry misaligned loads and stores out.")
    ] = False,
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

    On a terminal, what you type goes to the guest; Ctrl-A x ends the run, as in QEMU.

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
    with _disk(disk, snapshot) as backend:
        try:
            record = Trace(*_words(trace))
            options = Options(
                # With gdb, the one that stops at a breakpoint without stepping there.
                engine=engine.value
                if engine
                else "interpreter"
                if gdb is not None
                else Options.engine,
                pmp_entries=16,
                profile=frozenset(_words(profile)),
                svadu=svadu,
                misaligned=misaligned,
            )
            machine = Machine(
                link,
                ram_mib=ram,
                trace=record,
                options=options,
                disk=backend,
                bootargs=append,
            )
        except ValueError as error:
            raise Problem(str(error)) from None
        except (OSError, MemoryError, OverflowError):
            raise Problem(f"there is no room here for {ram} MiB of RAM") from None
        try:
            machine.load(program)
        except ImageError as error:
            raise Problem(f"{guest} cannot be loaded: {error}") from None
        script(machine.uart, typed, prompt)
        keyboard = None if typed or gdb is not None else terminal()
        if budget is None and keyboard is None:
            budget = DEFAULT_BUDGET
        with keyboard or nullcontext():
            console = Console(machine.uart, keyboard)
            status = _boot(machine, console, record, budget, path.parent, gdb)
    raise typer.Exit(status)


@contextmanager
def _disk(path: Path | None, snapshot: bool) -> Iterator[BlockBackend | None]:
    """Open the disk for as long as the machine runs."""
    from vmlab.block import DiskError, FileDisk, OverlayDisk

    if path is None:
        if snapshot:
            raise Problem("--snapshot needs a disk; name one with --disk FILE")
        yield None
        return
    try:
        file = FileDisk(path, read_only=snapshot)
    except DiskError as error:
        raise Problem(str(error)) from None
    with file:
        yield OverlayDisk(file) if snapshot else file


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


def _boot(
    machine: Machine,
    console: Console,
    record: Trace,
    budget: int | None,
    folder: Path,
    gdb: int | None,
) -> int:
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


def _run(
    machine: Machine, console: Console, record: Trace, budget: int | None, folder: Path
) -> int:
    from vmlab.machine import Reason

    left = budget
    while True:
        console.poll()
        if console.ended:
            return 0
        failure: Exception | None = None
        stop: Stop | None = None
        try:
            stop = machine.run(SLICE if left is None else min(left, SLICE))
        except Exception as error:
            failure = error
        finally:
            console.show()
            sys.stderr.write(record.text())
            record.records.clear()
        if failure is not None:
            return _part_failed(failure, folder)
        assert stop is not None
        if stop.reason is Reason.FINISHED:
            return RESET if stop.code < 0 else min(stop.code, LARGEST_CODE)
        if stop.reason is Reason.IDLE:
            if console.poll(wait=True):
                continue
            print("vmlab: the guest waits for an interrupt that cannot come", file=sys.stderr)
            return IDLE
        if stop.reason is Reason.TRAP_LOOP:
            at = machine.hart.pc
            print(f"vmlab: the trap handler at {at:#x} traps itself, for ever", file=sys.stderr)
            return TRAP_LOOP
        if left is not None:
            left -= SLICE
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
