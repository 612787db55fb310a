"""A grading session: a fresh, trusted process that runs the tests of one submission.

`python -m grader.session FD` reads a `Request` from standard input and writes `Event`s to the open
file descriptor FD. Nothing else in the system imports this module.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from grader.course import Course, Unit
from grader.events import Broken, Done, Event, NoRoom, Request
from grader.plugin import GradingPlugin, Shortcuts, Workers
from grader.problem import Problem, disk_is_full


def main() -> int:
    """Serve one request. `Done` tells of a whole run; the exit status tells nothing."""
    channel = int(sys.argv[1])
    # No worker shall inherit the way to the report.
    os.set_inheritable(channel, False)
    signal.signal(signal.SIGTERM, _stop)
    request = Request.model_validate_json(sys.stdin.buffer.read())

    def send(event: Event) -> None:
        data = memoryview(event.model_dump_json().encode() + b"\n")
        while data:
            data = data[os.write(channel, data) :]

    try:
        serve(request, send)
    except Problem as problem:
        send(Broken(message=str(problem)))
    except OSError as error:
        full = disk_is_full(error)
        where = error.filename2 or error.filename or tempfile.gettempdir()
        send(NoRoom(where=str(where)) if full else _broken(error))
    except Exception as error:
        send(_broken(error))
    else:
        send(Done())
    return 0


def _broken(error: Exception) -> Broken:
    text = "".join(traceback.format_exception(error))
    return Broken(message=f"{type(error).__name__}: {error}", traceback=text)


def _stop(number: int, frame: FrameType | None) -> None:
    # As Ctrl-C: pytest tears its fixtures down, and the workers end.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def serve(request: Request, send: Callable[[Event], None]) -> None:
    """Collect the tests, and run them if there is a submission. Raise Problem."""
    unit = Course(request.course).unit(request.assignment)
    with _workers(request, unit) as workers:
        run_tests(unit, workers, send, request.seconds, request.only)


def run_tests(
    unit: Unit,
    workers: Workers | None,
    send: Callable[[Event], None],
    seconds: float | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Run the tests with parts out of `workers`, within `seconds`; with None only collect them.

    `only` names those to run; without it all are.
    """
    plugin = GradingPlugin(unit, workers, send, seconds=seconds, only=only)
    collect_only = ["--collect-only"] if workers is None else []
    pytest.main([*_arguments(unit), *collect_only], plugins=[plugin, Shortcuts()])


@contextmanager
def _workers(request: Request, unit: Unit) -> Iterator[Workers | None]:
    if request.submission is None:
        yield None
        return
    # Only where something is graded is the machinery of workers needed, which is Linux's.
    from grader import walls
    from grader.zygote import Limits, Zygote

    limits = unit.settings.limits
    zygote = Zygote(
        request.submission,
        unit.settings.part,
        Limits(
            cpu_seconds=limits.cpu_seconds,
            wall_seconds=limits.wall_seconds,
            memory_mib=limits.memory_mib,
            calls=limits.calls,
        ),
        walls.Policy(frozenset(request.walls or ())),
        given=[unit.course.solutions / f"{part}.py" for part in unit.settings.given],
    )
    with zygote, zygote.beside_this_thread():
        yield zygote


def _arguments(unit: Unit) -> list[str]:
    folders = [folder for folder in (unit.public_tests, unit.hidden_tests) if folder.is_dir()]
    return [
        # Nothing of this host's or this project's configuration shall reach a student's grade.
        f"--rootdir={unit.course.root}",
        f"--config-file={os.devnull}",
        "--import-mode=importlib",
        "-pno:cacheprovider",
        "-pno:terminal",
        # It walks all objects five times at the end, to find what no student ever sees.
        "-pno:unraisableexception",
        # Public tests load the students' plugin, whose fixtures would hide ours.
        "-pno:vmlab.testing.plugin",
        "-ppytest_timeout",
        "--capture=no",
        *map(str, folders),
    ]


if __name__ == "__main__":
    sys.exit(main())
