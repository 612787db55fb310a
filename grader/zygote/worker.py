"""One worker, as the grader sees it: a process that holds a submission for one test."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from vmlab.link import frames
from vmlab.link.errors import (
    LinkFailure,
    PartError,
    PartExited,
    PartOutOfMemory,
    PartTimeout,
    WallHit,
)
from vmlab.link.interface import Interface

from grader import walls
from grader.link.channel import Channel
from grader.link.printable import printable
from grader.link.worker_link import Ledger, WorkerLink
from grader.worker.life import OUT_OF_MEMORY

from .ends import Ends
from .limits import Limits

if TYPE_CHECKING:
    from .process import Ended, Zygote

T = TypeVar("T")

GREETING_SECONDS = 60.0
FAREWELL_SECONDS = 2.0
"""How long a worker that closed its link may take to end by itself, so that we learn how. On a busy
host even one that was killed takes a while."""
DEATH_SECONDS = 60.0
"""How long the kernel may take to end a killed process; more means that the host is broken."""
CHARGED = 0.5
"""Share of its processor time that a process killed by RLIMIT_CPU has at least been charged. The
limit counts whole ticks, the charge is exact: on a busy virtual machine it stays a third behind."""


class Greeting(BaseModel):
    """What a worker says once its walls stand, before any line of the submission has run."""

    model_config = ConfigDict(extra="forbid", strict=True)

    error: str
    walls: list[str]


class Worker:
    """A walled process; `Zygote.worker` makes it."""

    def __init__(self, zygote: Zygote, pid: int, ends: Ends, limits: Limits) -> None:
        self._zygote = zygote
        self._pid = pid
        self._greeting = ends.greeting
        self._limits = limits
        self._ledger = Ledger(limits.calls)
        self._channel = Channel(
            ends.questions, ends.answers, ends.output, limits.wall_seconds, limits.output_bytes
        )
        self._output: str | None = None
        self._last: Ended | None = None

    def link(self, interface: Interface[T]) -> T:
        """Return the part, as an object whose methods are its functions."""
        return cast(T, WorkerLink(interface, self._channel, self, self._ledger))

    @property
    def output(self) -> str:
        """What the part has printed so far, both streams, cut at the limit."""
        return printable(self._channel.printed()) if self._output is None else self._output

    @property
    def peak_kib(self) -> int | None:
        """The most memory that the process has had, once it has ended."""
        return None if self._last is None else self._last.peak_kib

    def greet(self, policy: walls.Policy) -> None:
        """Wait until the worker's walls stand. Raise LinkFailure if one does not."""
        self._greeting.settimeout(GREETING_SECONDS)
        try:
            head, descriptors, _, _ = socket.recv_fds(self._greeting, frames.HEADER, 1)
            body = self._greeting.recv(int.from_bytes(head, "big"))
            greeting = Greeting.model_validate_json(body)
        except (OSError, ValidationError) as error:
            said = f"{error}; {self.epitaph()}\n{self.output}{self._zygote.complaints()}"
            raise LinkFailure(f"a worker did not start: {said}") from None
        self._greeting.close()
        if descriptors:
            self._channel.listen(descriptors[0])
        wanted = policy.names - {"bubblewrap"}
        if greeting.error or not wanted <= set(greeting.walls):
            standing = ", ".join(greeting.walls)
            raise LinkFailure(f"a wall does not stand: {greeting.error or standing}")

    def kill(self) -> None:
        """End the process, whatever it does."""
        if self._last is None:
            self._zygote.kill(self._pid)
            self._last = self._zygote.ended(self._pid, DEATH_SECONDS)
            if self._last is None:
                raise LinkFailure(f"worker {self._pid} cannot be ended")

    def epitaph(self) -> PartError:
        """Return what the end of a process means that has closed its link; make sure it is one.

        Raises:
            LinkFailure: somebody else has ended it, which is not the part's fault.
        """
        self._last = self._last or self._zygote.ended(self._pid, FAREWELL_SECONDS)
        if self._last is None:
            self.kill()
            return PartExited("the part closed its connection in the middle of a call")
        return meaning(self._last, self._limits)

    def close(self) -> None:
        """End the process and let go of its descriptors. What it printed can still be read."""
        try:
            self.kill()
        finally:
            if self._output is None:
                self._output = printable(self._channel.printed())
                self._greeting.close()
                self._channel.close()


def meaning(end: Ended, limits: Limits) -> PartError:
    """Return what a process's end says of its part.

    Raises:
        LinkFailure: it says nothing of it: somebody else has ended the process.
    """
    status = end.status
    if status == -signal.SIGXCPU or (
        status == -signal.SIGKILL and end.cpu_seconds >= limits.cpu_seconds * CHARGED
    ):
        return PartTimeout(f"the part used up its {limits.cpu_seconds} seconds of processor time")
    if status == -getattr(signal, "SIGSYS", 0):
        return WallHit("the part tried something that is forbidden: the kernel ended it")
    if status == -signal.SIGKILL:
        # A part may not send it, and its limits are reached before the host's memory is.
        raise LinkFailure("a worker was killed from outside, or the host has too little memory")
    if status == OUT_OF_MEMORY:
        return PartOutOfMemory(f"the part needs more than its {limits.memory_mib} MiB of memory")
    if status < 0:
        return PartExited(f"the part's process was ended by {signal.Signals(-status).name}")
    return PartExited(f"the part ended its process (exit status {status})")
