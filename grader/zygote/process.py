"""The zygote's process, as the grader sees it: started once a submission, forks a worker a test."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from vmlab.link.errors import LinkFailure

from grader import walls
from grader.link.memory import check_sealed
from grader.walls import bubblewrap, places, uids
from grader.worker import control

from . import processor, terminal
from .ends import pairs
from .limits import Limits
from .stage import WORKER_PACKAGE, Stage, wipe
from .worker import Worker

START_SECONDS = 60
"""How long a zygote may take for what it does at once; more means that it is broken."""
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    f"from {WORKER_PACKAGE}.zygote import main; main(int(sys.argv[2]))"
)
# Hashes are the same in every run, and so is whatever a part derives from a set's order.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
MODULES = re.compile(r"\bvmlab(?:\.\w+)+|\bfrom\s+vmlab\s+import\s+([\w \t,]+)")


@dataclass(frozen=True)
class Ended:
    """What is known of a worker that is no more."""

    status: int
    """Exit status, or minus the signal that ended it."""
    cpu_seconds: float
    peak_kib: int


class Zygote:
    """Where the workers of one submission come from.

        with Zygote(folder, "traps", Limits()) as zygote, zygote.worker() as worker:
            part = worker.link(Interface.of(Part))

    `given` are files of earlier parts to lay beside the submission. `interface` is a file that
    defines `Part`, if that is not `vmlab.parts.<part>`.
    """

    def __init__(
        self,
        submission: Path,
        part: str,
        limits: Limits,
        policy: walls.Policy | None = None,
        *,
        given: Iterable[Path] = (),
        interface: Path | None = None,
    ) -> None:
        self.limits = limits
        self.policy = walls.policy() if policy is None else policy
        self._submission = Path(submission)
        self._part = part
        self._given = tuple(given)
        self._interface = interface
        self._slots: set[int] = set()
        self._ready = False
        self._spawned: list[int] = []
        self._ended: dict[int, Ended] = {}
        self._processor: int | None = None
        self._spare: tuple[Worker, ExitStack] | None = None
        self._open = ExitStack()

    def __enter__(self) -> Zygote:
        """Start the process; it gets ready while the caller goes on."""
        with ExitStack() as stack:
            self._stage = Stage(self._submission, self._given, self._interface)
            stack.callback(self._stage.remove)
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            self._start(stack)
            control.send(self._control, self._configuration())
            stack.callback(self._drop_spare)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    @contextmanager
    def worker(self, ram: int | None = None) -> Iterator[Worker]:
        """Give out a fresh worker, which ends with the context.

        `ram` is the descriptor of a `SharedMemory`, for parameters annotated `Shared`.
        """
        if ram is None and self._spare is not None:
            (worker, life), self._spare = self._spare, None
        else:
            worker, life = self._forked(ram)
        with life:
            worker.greet(self.policy)
            if ram is None:
                # Its walls rise on another processor while this worker's test runs. It reads no
                # line of the submission before it is given out.
                self._spare = self._forked(None)
            yield worker

    @contextmanager
    def beside_this_thread(self) -> Iterator[None]:
        """Have the workers that are made meanwhile run on the processor of the calling thread."""
        with processor.share() as self._processor:
            try:
                yield
            finally:
                self._processor = None

    def _forked(self, ram: int | None) -> tuple[Worker, ExitStack]:
        """Fork a worker; it, and all that was lent to it, ends with the stack."""
        with ExitStack() as stack:
            uid = stack.enter_context(uids.claim()) if "uid" in self.policy.names else None
            scratch = stack.enter_context(self._scratch(uid))
            ours, theirs = pairs()
            given = [theirs.greeting.fileno(), theirs.questions, theirs.answers, theirs.output]
            try:
                if ram is not None:
                    check_sealed(ram)
                    given.append(ram)
                orders = {"uid": uid, "scratch": str(scratch), "processor": self._processor}
                pid = self._spawn({"spawn": orders}, given)
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()
            worker = Worker(self, pid, ours, self.limits)
            stack.callback(worker.close)
            return worker, stack.pop_all()

    def _drop_spare(self) -> None:
        if self._spare is not None:
            (_, life), self._spare = self._spare, None
            try:
                life.close()
            except LinkFailure:
                if self._process.poll() is None:
                    raise
                # Who ended the zygote ended its spare with it.

    # What a worker asks of its zygote

    def kill(self, pid: int) -> None:
        """End a worker. It is over when `ended` has told so."""
        if pid not in self._ended:
            self._tell({"kill": pid})

    def ended(self, pid: int, seconds: float) -> Ended | None:
        """Wait for the end of a worker, at most so long; None if it is still there."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            if not self._hear(deadline):
                return None
        return self._ended[pid]

    def complaints(self) -> str:
        """Return what the process has written to its standard error; nothing, if all is well."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()

    # The process

    def _start(self, stack: ExitStack) -> None:
        self._control, theirs = socket.socketpair()
        stack.enter_context(self._control)
        apart = terminal.needs_session()
        command = [str(places.interpreter()), "-s", "-S", "-B", "-X", "utf8", "-c", BOOT]
        command += [str(self._stage.kit), str(theirs.fileno())]
        if "bubblewrap" in self.policy.names:
            folders = ((self._stage.root,), (self._stage.scratch,))
            command = [*bubblewrap.command(*folders, new_session=apart), *command]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    cwd=self._stage.scratch,
                    env=ENVIRONMENT,
                    pass_fds=[theirs.fileno()],
                    **({"start_new_session": True} if apart else {"process_group": 0}),
                )
            except OSError as error:
                raise LinkFailure(f"no process for workers: {error}") from None
        stack.callback(self._stop)

    def _stop(self) -> None:
        self._control.close()
        try:
            self._process.wait(START_SECONDS)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _configuration(self) -> dict[str, Any]:
        stage, limits = self._stage, self.limits
        interface = self._interface.stem if self._interface else f"vmlab.parts.{self._part}"
        return {
            "kit": str(stage.kit),
            "submission": str(stage.submission),
            "part": self._part,
            "interface": interface,
            "given": stage.given,
            "preload": sorted(_mentioned(stage.sources())),
            "walls": self.policy.orders([str(stage.kit / "vmlab"), str(stage.submission)]),
            "limits": {
                "cpu_seconds": limits.cpu_seconds,
                "memory_bytes": limits.memory_mib << 20,
            },
        }

    @contextmanager
    def _scratch(self, uid: int | None) -> Iterator[Path]:
        """Lend an empty folder of the worker's own, and remove it afterwards.

        The one around it stays, for the zygote's rules name it. It is closed meanwhile: a folder
        shows how many names it has ever held.
        """
        slot = next(n for n in count() if n not in self._slots)
        self._slots.add(slot)
        around = self._stage.scratch / str(slot)
        around.mkdir(mode=0o711, exist_ok=True)
        around.chmod(0o711)
        scratch = around / "own"
        scratch.mkdir(mode=0o700)
        if uid is not None:
            os.chown(scratch, uid, uid)
        around.chmod(0o111)
        try:
            yield scratch
        finally:
            around.chmod(0o711)
            wipe(scratch)
            self._slots.discard(slot)

    def _spawn(self, orders: dict[str, Any], descriptors: list[int]) -> int:
        self._tell(orders, descriptors)
        deadline = time.monotonic() + START_SECONDS
        while not self._spawned:
            if not self._hear(deadline):
                raise self._broken("it does not answer")
        return self._spawned.pop()

    def _tell(self, message: dict[str, Any], descriptors: Iterable[int] = ()) -> None:
        try:
            control.send(self._control, message, list(descriptors))
        except OSError as error:
            raise self._broken(str(error)) from None

    def _hear(self, deadline: float) -> bool:
        """Take in one message of the zygote; return whether one came in time."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
            return False
        try:
            message, _ = control.receive(self._control)
        except (OSError, control.Closed) as error:
            raise self._broken(str(error) or "it ended") from None
        if "spawned" in message:
            self._spawned.append(message["spawned"])
        elif "exited" in message:
            pid = message.pop("exited")
            self._ended[pid] = Ended(**message)
        return True

    def _broken(self, what: str) -> LinkFailure:
        said = f"the process that makes workers failed: {what}\n{self.complaints()}"
        return LinkFailure(said.strip())


def _mentioned(text: str) -> set[str]:
    """Return the modules of vmlab that a source may import, found without parsing it."""
    found = set()
    for match in MODULES.finditer(text):
        names = [match.group(0)]
        if match.group(1):
            names = [
                f"vmlab.{name.split()[0]}" for name in match.group(1).split(",") if name.strip()
            ]
        for name in names:
            steps = name.split(".")
            found |= {".".join(steps[:count]) for count in range(2, len(steps) + 1)}
    return found
