"""A container a submission: the whole session runs in it, and its events come out of it."""

from __future__ import annotations

import base64
import errno
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from grader.events import EVENT, Event, Request
from grader.image.engine import PATIENCE, engine
from grader.isolation.local import DIAGNOSTICS, MAX_LINE
from grader.problem import Problem, Stopped, disk_is_full
from grader.walls import names

if TYPE_CHECKING:
    from docker import DockerClient

COURSE = "/autograder/source"
"""Where the course lies in the image."""
ENVIRONMENT = {
    "PYTHONPATH": f"{COURSE}/reference:{COURSE}",
    "GRADER_COURSE": COURSE,
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "HOME": "/tmp",
}
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"]
"""What root needs inside to give each worker a uid and a scratch of its own, and to end it."""
MEMORY_MIB = 768
"""The container's, at least; as on Gradescope."""
BESIDE_MIB = 512
"""What session, zygote and scratch may take beside a worker."""
SCRATCH_MIB = 192
PIDS = 64
STDOUT, STDERR = 1, 2
FRAME = 8
"""Bytes of the header in an attached stream: the stream, and 4 bytes of length."""


@dataclass(frozen=True)
class Container:
    """Sessions in containers of one image."""

    image: str
    """Its identity: a tag that moves in the middle of a class changes nothing."""
    labels: dict[str, str]
    walls: list[str]
    """Those that stand inside."""
    memory_mib: int = MEMORY_MIB
    name: str = "docker"

    @contextmanager
    def session(self, request: Request) -> Iterator[ContainerSession]:
        """Start a container with the files of the submission; at the end it is removed."""
        files = {} if request.submission is None else _files(request)
        inside = request.model_copy(update={"course": COURSE, "submission": None})
        line = {"request": json.loads(inside.model_dump_json(warnings=False)), "files": files}
        with self.started(["python3", "-m", "grader.contained"]) as stream:
            stream.send(json.dumps(line).encode() + b"\n")
            yield ContainerSession(stream)

    @contextmanager
    def started(self, command: list[str]) -> Iterator[Stream]:
        """Run a command in a new container, attached; at the end it is removed."""
        from docker.types import LogConfig

        with engine() as client, _faults_told(), _processor(client) as processor:
            api = client.api
            made = api.create_container(
                self.image,
                command,
                entrypoint=[],
                user="0:0",
                working_dir="/",
                environment=ENVIRONMENT,
                labels=self.labels,
                network_disabled=True,
                stdin_open=True,
                host_config=api.create_host_config(
                    network_mode="none",
                    ipc_mode="none",
                    read_only=True,
                    tmpfs={"/tmp": f"rw,nosuid,nodev,noexec,mode=1777,size={SCRATCH_MIB}m"},
                    cap_drop=["ALL"],
                    cap_add=CAPABILITIES,
                    # A worker's own filter lets less through, and tells what was tried; the
                    # engine's would answer first, and say nothing.
                    security_opt=["no-new-privileges", "seccomp=unconfined"],
                    mem_limit=f"{self.memory_mib}m",
                    memswap_limit=f"{self.memory_mib}m",
                    pids_limit=PIDS,
                    nano_cpus=1_000_000_000,
                    cpuset_cpus=processor,
                    log_config=LogConfig(type=LogConfig.types.NONE),
                ),
            )
            try:
                ways = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                with Stream(api.attach_socket(made["Id"], ways)) as stream:
                    api.start(made["Id"])
                    yield stream
            finally:
                _remove(client, made["Id"])


class Stream:
    """What goes into a container, and what comes out of it."""

    def __init__(self, attached: Any) -> None:
        self._attached = attached
        self._socket: socket.socket = getattr(attached, "_sock", attached)
        self._received = bytearray()
        self.printed = b""
        """The end of what came on standard error."""

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *error: object) -> None:
        # The SDK wraps the socket twice, and closes neither: the outer one first.
        for each in (getattr(self._attached, "_response", None), self._attached, self._socket):
            if each is not None:
                with suppress(OSError):
                    each.close()

    def send(self, data: bytes) -> None:
        """Send all of `data` to standard input. Raise OSError."""
        self._socket.settimeout(PATIENCE)
        self._socket.sendall(data)

    def pieces(self, seconds: float, stop: threading.Event | None = None) -> Iterator[bytes]:
        """Yield what comes on standard output, until the end or until `seconds` are over.

        Raises:
            Stopped: `stop` was set.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if stop is not None and stop.is_set():
                raise Stopped
            self._socket.settimeout(min(left, 0.2))
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                return  # the engine is gone
            if not data:
                return
            self._received += data
            yield from self._frames()

    def _frames(self) -> Iterator[bytes]:
        while len(self._received) >= FRAME:
            size = int.from_bytes(self._received[4:FRAME], "big")
            if len(self._received) < FRAME + size:
                return
            kind, body = self._received[0], bytes(self._received[FRAME : FRAME + size])
            del self._received[: FRAME + size]
            if kind == STDOUT:
                yield body
            elif kind == STDERR:
                self.printed = (self.printed + body)[-DIAGNOSTICS:]


class ContainerSession:
    """A session in a container, seen from outside."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def events(self, seconds: float, stop: threading.Event | None = None) -> Iterator[Event]:
        """Yield what the session tells until it ends, or `seconds` are over. Raise Stopped."""
        pending = b""
        for piece in self._stream.pieces(seconds, stop):
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                try:
                    yield EVENT.validate_json(line)
                except ValidationError:
                    return
            if len(pending) > MAX_LINE:
                return

    def interrupted(self) -> bool:
        """Tell that Ctrl-C does not reach into a container."""
        return False

    def diagnostics(self) -> str:
        """Return the end of what the session printed, for whoever mends it."""
        return self._stream.printed.decode(errors="replace")


def look(client: DockerClient, image: str, labels: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the walls that stand in a container, and those that are missing. Raise Problem."""
    trial = Container(image, labels, [])
    try:
        with trial.started(["python3", "-m", "grader.walls"]) as stream:
            said = b"".join(stream.pieces(PATIENCE))
            printed = stream.printed.decode(errors="replace")
    except (Problem, OSError) as error:
        raise Problem(f"A container could not be started: {_short(str(error))}") from None
    try:
        found = json.loads(said)
        return list(found["walls"]), list(found["missing"])
    except (ValueError, KeyError, TypeError):
        raise Problem(f"A container does not tell of its walls: {_short(printed)}") from None


def _short(text: str) -> str:
    return " ".join(text.split())[-400:] or "nothing was said."


def _files(request: Request) -> dict[str, str]:
    assert request.submission is not None
    return {
        path.name: base64.b64encode(path.read_bytes()).decode()
        for path in sorted(request.submission.iterdir())
        if path.is_file() and not path.is_symlink()
    }


def _remove(client: DockerClient, container: str) -> None:
    from docker.errors import DockerException

    # What an engine that is gone cannot remove, the next start of the grader sweeps away.
    with suppress(DockerException, OSError):
        client.api.remove_container(container, v=True, force=True)


@contextmanager
def _faults_told() -> Iterator[None]:
    """Tell a fault of the engine from one of this host's files.

    Raises:
        OSError: the disk is full, this host's or the engine's.
        Problem: the engine failed otherwise, or is gone.
    """
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, OSError) as error:
        if isinstance(error, OSError) and disk_is_full(error):
            raise
        if "no space left" in str(error).lower():
            where = "where Docker keeps its containers"
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where) from None
        raise Problem(f"Docker's engine failed: {_short(str(error))}") from None


@contextmanager
def _processor(client: DockerClient) -> Iterator[str | None]:
    """Hold a processor of the engine's host for a container, as a session does without one."""
    if sys.platform != "linux":
        yield None
        return
    for number in range(int(client.info().get("NCPU", 0))):
        with names.held(f"processor-{number}") as free:
            if free:
                yield str(number)
                return
    yield None
