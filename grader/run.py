"""Grade one submission: start a session for it, follow what it tells, and make the report.

The report starts from the list of tests that was collected beforehand, so a test that vanishes, or
a session that dies, leaves no gap: what has no verdict by the end has an internal error.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import vmlab
from pydantic import ValidationError

import grader
from grader import walls
from grader.authoring import natural
from grader.course import Unit
from grader.events import EVENT, Broken, Collected, Done, Ended, Event, NoRoom, Request, Started
from grader.outcome import internal
from grader.problem import Problem, Stopped
from grader.report import Outcome, Report, TestInfo, TestResult
from grader.verdict import Verdict

COMMAND = ("-m", "grader.session")
"""What Python runs as a session."""
GRACE = 30.0
"""Seconds that a session may take beyond its own limits before it is ended from outside."""
COLLECT_SECONDS = 120.0
MAX_LINE = 64 << 20
"""Bytes of one event. A session is trusted, but not to be free of mistakes."""
Step = tuple[signal.Signals | None, float | None]
PATIENCE: tuple[Step, ...] = ((None, 2.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, None))
"""What is sent to a session that shall end, and how many seconds it then has."""
DIAGNOSTICS = 8_000
"""Characters kept of what a session printed on its own."""


def collect(unit: Unit) -> list[TestInfo]:
    """Return the tests of an assignment, public and hidden, in the order of their numbers.

    Raises:
        Problem: there are none, or they are wrong.
    """
    found: list[TestInfo] | None = None
    request = Request(course=unit.course.root, assignment=unit.name)
    with _session(request) as session:
        for event in session.events(COLLECT_SECONDS):
            if isinstance(event, Broken):
                raise Problem(f"{event.message}\n{event.traceback}".rstrip())
            if isinstance(event, Collected):
                found = event.tests
        if found is None:
            raise Problem(f"The tests could not be collected.\n{session.diagnostics()}")
    return _in_order(found)


def _in_order(tests: list[TestInfo]) -> list[TestInfo]:
    return sorted(tests, key=lambda test: natural(test.number))


def grade_submission(
    unit: Unit,
    folder: Path,
    tests: list[TestInfo] | None = None,
    *,
    name: str = "",
    student: str = "",
    trust: bool = False,
    stop: threading.Event | None = None,
) -> Report:
    """Run `tests`, as `collect` found them, on the files in `folder`; None: what the session finds.

    Raises:
        Problem: there are no tests, or they are wrong, and no list of them was given; or this host
            lacks walls, and `trust` does not say to go on without.
        Stopped: `stop` was set, or Ctrl-C reached the session; it has been ended.
        OSError: the disk is full.
    """
    begin = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    running: str | None = None
    finished = False
    trouble = ""
    limits = unit.settings.limits
    patience = limits.submission_seconds + limits.wall_seconds + GRACE
    request = Request(
        course=unit.course.root,
        assignment=unit.name,
        submission=folder.resolve(),
        walls=standing_walls(trust),
    )
    with _session(request) as session:
        for event in session.events(patience, stop):
            if isinstance(event, Started):
                running = event.id
            elif isinstance(event, Ended):
                running = None
                # The first verdict counts; a second one is a mistake of ours, and told below.
                if event.id in outcomes:
                    outcomes[event.id] = internal("the test ended twice")
                else:
                    outcomes[event.id] = event.outcome
            elif isinstance(event, Collected):
                tests = _in_order(event.tests) if tests is None else tests
            elif isinstance(event, Broken):
                trouble = f"{event.message}\n{event.traceback}".rstrip()
            elif isinstance(event, NoRoom):
                raise OSError(errno.ENOSPC, "the disk is full", event.where)
            elif isinstance(event, Done):
                finished = True
        if not finished and session.interrupted():
            raise Stopped
        if not finished and not trouble:
            trouble = f"the session died\n{session.diagnostics()}".rstrip()
    if tests is None:
        raise Problem(trouble)
    results = []
    for test in tests:
        outcome = outcomes.get(test.id)
        if outcome is None:
            what = "the session ended during this test" if test.id == running else "no verdict"
            outcome = internal(f"{what}: {trouble}" if trouble else what)
        results.append(TestResult.of(test, outcome))
    return Report(
        assignment=unit.name,
        submission=name or folder.name,
        student=student or name or folder.name,
        tests=results,
        graded=not any(test.verdict is Verdict.INTERNAL_ERROR for test in results),
        execution_time=time.monotonic() - begin,
    )


def standing_walls(trust: bool = False) -> list[str]:
    """Name the walls that stand on this host. Raise Problem if not enough, unless `trust`."""
    standing = _look_at_walls()
    missing = walls.missing(standing)
    if missing and not trust:
        raise Problem(
            f"This host cannot keep submissions in: {', '.join(missing)} missing (grader doctor "
            "tells why, and what to do). To grade only what you trust, add --trust-submissions."
        )
    return [wall.name for wall in standing if wall.stands]


@cache
def _look_at_walls() -> list[walls.Wall]:
    # Once a process: it starts programs and makes namespaces to see what works.
    return walls.available()


class _Session:
    """A running `grader.session`, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], channel: int, printed: Path) -> None:
        self._process = process
        self._channel = channel
        self._printed = printed

    def events(self, seconds: float, stop: threading.Event | None = None) -> Iterator[Event]:
        """Yield what the session tells until it closes its end, or `seconds` are over.

        Raises:
            Stopped: `stop` was set.
        """
        deadline = time.monotonic() + seconds
        pending = b""
        with DefaultSelector() as selector:
            selector.register(self._channel, EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if stop is not None and stop.is_set():
                    raise Stopped
                if not selector.select(min(left, 0.2)):
                    continue
                data = os.read(self._channel, 1 << 16)
                if not data or len(pending) > MAX_LINE:
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    try:
                        yield EVENT.validate_json(line)
                    except ValidationError:
                        return

    def interrupted(self) -> bool:
        """Tell whether Ctrl-C ended it: before it had a group of its own, it was in ours."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(1) == -signal.SIGINT
        return False

    def diagnostics(self) -> str:
        """Return the end of what the session printed, for whoever mends it."""
        text = self._printed.read_bytes().decode("utf-8", errors="replace")
        return text[-DIAGNOSTICS:]


@contextmanager
def _session(request: Request) -> Iterator[_Session]:
    """Start a session for `request`; whatever happens, neither it nor a child of it is left."""
    if os.name != "posix":
        raise Problem("The grader does not run on Windows itself: start it in WSL or a container.")
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory(prefix="grader-") as scratch:
        printed = Path(scratch) / "printed"
        try:
            with printed.open("wb") as sink:
                process = subprocess.Popen(
                    [sys.executable, *COMMAND, str(writing)],
                    stdin=subprocess.PIPE,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    cwd=scratch,
                    env=_environment(),
                    pass_fds=(writing,),
                    # A group of its own: Ctrl-C is for us to hear, and all of it can be ended.
                    start_new_session=True,
                )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(request.model_dump_json().encode())
            yield _Session(process, reading, printed)
        except BaseException:
            _end(process, PATIENCE[1:])
            raise
        else:
            _end(process, PATIENCE)
        finally:
            os.close(reading)


def _end(process: subprocess.Popen[bytes], steps: Iterable[Step]) -> None:
    """End a session: by itself, if it is about to; or told to; or by force."""
    for number, seconds in steps:
        if number is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def _environment() -> dict[str, str]:
    """Return a session's environment: little, and the same on every run."""
    paths = [str(Path(file).resolve().parent.parent) for file in (vmlab.__file__, grader.__file__)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
