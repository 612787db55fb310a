"""Calls of a part that runs in a worker."""

from __future__ import annotations

import marshal
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from vmlab.link.calls import Answer, perform, settle
from vmlab.link.errors import (
    BadAnswer,
    LinkFailure,
    MissingFunction,
    PartError,
    PartExited,
    PartOutOfMemory,
    PartRaised,
    PartTimeout,
    WallHit,
)
from vmlab.link.interface import Interface, Method
from vmlab.link.packed import dump_arguments
from vmlab.link.wire import NotPlain
from vmlab.testing import OutOfBudget

from grader.walls.notify import Forbidden

from .channel import Channel, Gone, Late, TooLarge
from .messages import Failed, Malformed, Messages, NestedCall
from .printable import printable

T = TypeVar("T")

MARSHAL = 2
"""The last of marshal's formats that does not look for what comes twice, which takes time."""

FAILURES: dict[str, type[PartError]] = {
    "bad": BadAnswer,
    "missing": MissingFunction,
    "memory": PartOutOfMemory,
    "wall": WallHit,
}
FATAL = (Gone, Late, Forbidden, Malformed, TooLarge)
"""What ends a worker."""


class Process(Protocol):
    """The worker behind a channel."""

    def kill(self) -> None:
        """End it, whatever it does."""

    def epitaph(self) -> PartError:
        """End it, and return what its end means."""


class Ledger:
    """Counts the calls over one worker's link, in both directions."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made = 0

    def enter(self) -> None:
        """Count one call. Raise OutOfBudget."""
        self._made += 1
        if self._made > self._limit:
            raise OutOfBudget("calls between machine and part", self._limit)


class WorkerLink(Generic[T]):
    """A part in a worker; its attributes are the functions of the interface.

    A call returns what the part answered, raises the declared exception that it raised, or a
    PartError that says how it failed. After some the worker is gone: then every later call raises
    the same again. LinkFailure, and only that, is our own fault.
    """

    def __init__(
        self, interface: Interface[T], channel: Channel, process: Process, ledger: Ledger
    ) -> None:
        self._channel = channel
        self._process = process
        self._ledger = ledger
        self._ids = _unguessable()
        self._question = 0
        self._end: PartError | None = None
        for method in interface.methods.values():
            setattr(self, method.name, self._caller(method, Messages.of(method)))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the interface has no function {name}")

    def _caller(self, method: Method, messages: Messages) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            values = method.bind(args, kwargs)
            try:
                arguments = dump_arguments(method.packed, values)
            except NotPlain as problem:
                raise LinkFailure(f"{method.name}: our argument {problem}") from None
            self._ledger.enter()
            if self._end is not None:
                raise _again(self._end)
            try:
                answer = self._ask(method, messages, arguments, values)
            except FATAL as problem:
                raise self._over(problem) from None
            return settle(method, answer, values)

        call.__name__ = method.name
        call.__doc__ = method.doc
        return call

    def _over(self, problem: Exception) -> PartError:
        """End the worker for what it did; return what every call from now on raises."""
        if isinstance(problem, Gone):
            end: PartError = self._process.epitaph()
        elif isinstance(problem, Late):
            end = PartTimeout("the part took too long to answer")
        elif isinstance(problem, Forbidden):
            end = WallHit(str(problem))
        else:
            end = BadAnswer(f"the answer has the wrong form: {problem}")
        self._end = end
        self._process.kill()
        return _again(end)

    def _ask(
        self, method: Method, messages: Messages, arguments: dict[str, Any], values: dict[str, Any]
    ) -> Answer:
        # Not to be guessed, so that no answer can lie ready before it is asked for.
        self._question = next(self._ids)
        question = self._question, method.name, arguments
        self._channel.send(marshal.dumps(question, MARSHAL))
        expected = 1
        while True:
            message = messages.read(self._channel.receive(), self._question)
            if isinstance(message, Answer):
                return message
            if not isinstance(message, NestedCall):
                raise _failure(message)
            if message.number < expected:
                raise Malformed("a nested call came twice")
            expected = message.number + 1
            self._answer(message, values[message.parameter], messages)

    def _answer(self, nested: NestedCall, target: Any, messages: Messages) -> None:
        """Let the worker's nested call reach the machine; its arguments are checked already."""
        try:
            self._ledger.enter()
            method = nested.method
            reply = perform(method, getattr(target, method.name), nested.values, method.reply.dump)
        except Exception:
            # Not the part's: it unwinds without being told, and the scenario ends.
            self._abandon(messages)
            raise
        except BaseException:
            # The whole test is over; nobody will ask this worker again.
            self._end = PartExited("the call was given up")
            self._process.kill()
            raise
        self._channel.send(marshal.dumps(reply, MARSHAL))

    def _abandon(self, messages: Messages) -> None:
        """Tell the worker that nobody waits for its answer any more."""
        try:
            self._channel.send(marshal.dumps({"kind": "abort"}, MARSHAL))
            message = messages.read(self._channel.receive(), self._question)
            if not isinstance(message, dict) or message["reason"] != "aborted":
                raise Malformed("it went on after its call had been given up")
        except FATAL as problem:
            self._over(problem)  # the link is closed now; what ended the call matters more


def _unguessable() -> Iterator[int]:
    """Yield numbers of 64 bits; drawn many at once, since that takes a system call."""
    while True:
        yield from struct.unpack("<512Q", os.urandom(4096))


def _failure(message: Failed) -> PartError:
    text = printable(message["message"])
    kind = FAILURES.get(message["reason"])
    if kind is None:
        return PartRaised(text, printable(message["traceback"]))
    return kind(text)


def _again(error: PartError) -> PartError:
    """Return a fresh exception of the same kind, with no traceback of an earlier call."""
    if isinstance(error, PartRaised):
        return PartRaised(str(error), error.traceback)
    return type(error)(str(error))
