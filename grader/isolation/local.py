"""A session as a process of this host; its workers are behind whatever walls stand here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import vmlab
from pydantic import ValidationError

import grader
from grader.events import EVENT, Event, Request
from grader.problem import Problem, Stopped

COMMAND = ("-m", "grader.session")
"""What Python runs as a session."""
MAX_LINE = 64 << 20
"""Bytes of one event. A session is trusted, but not to be free of mistakes."""
Step = tuple[signal.Signals | None, float | None]
PATIENCE: tuple[Step, ...] = ((None, 2.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, None))
"""What is sent to a session that shall end, and how many seconds it then has."""
DIAGNOSTICS = 8_000
"""Characters kept of what a session printed on its own."""


@dataclass(frozen=True)
class Local:
    """Sessions on this host. Whether that is enough for strangers' code is decided elsewhere."""

    walls: list[str]
    name: str = "process"

    @contextmanager
    def session(self, request: Request) -> Iterator[LocalSession]:
        """Start a session; whatever happens, neither it nor a child of it is left."""
        if os.name != "posix":
            raise Problem(
                "The grader does not run on Windows itself: start it in WSL or a container."
            )
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
                        env=environment(),
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
                yield LocalSession(process, reading, printed)
            except BaseException:
                _end(process, PATIENCE[1:])
                raise
            else:
                _end(process, PATIENCE)
            finally:
                os.close(reading)


class LocalSession:
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


def _end(process: subprocess.Popen[bytes], steps: Iterable[Step]) -> None:
    """End a session: by itself, if it is about to; or told to; or by force."""
    for number, seconds in steps:
        if number is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def environment() -> dict[str, str]:
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
