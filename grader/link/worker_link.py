"""Calls of a part that runs in a worker."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from vmlab.link.calls import Answer, dump_arguments, perform, settle
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
        self._ids = Random(os.urandom(16))
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
            answer = self._guarded(lambda: self._ask(method, messages, arguments, values))
            return settle(answer, values)

        call.__name__ = method.name
        call.__doc__ = method.doc
        return call

    def _guarded(self, exchange: Callable[[], Answer]) -> Answer:
        """Turn whatever the worker does into an answer or a PartError."""
        if self._end is not None:
            raise _again(self._end)
        try:
            return exchange()
        except Gone:
            end: PartError = self._process.epitaph()
        except Late:
            end = PartTimeout("the part took too long to answer")
        except Forbidden as attempt:
            end = WallHit(str(attempt))
        except (Malformed, TooLarge) as problem:
            end = BadAnswer(f"the answer has the wrong form: {problem}")
        self._end = end
        self._process.kill()
        raise _again(end)

    def _ask(
        self, method: Method, messages: Messages, arguments: dict[str, Any], values: dict[str, Any]
    ) -> Answer:
        # Not to be guessed, so that no answer can lie ready before it is asked for.
        self._question = self._ids.getrandbits(48)
        question = {"id": self._question, "method": method.name, "arguments": arguments}
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
            reply = perform(nested.method, getattr(target, nested.method.name), nested.values)
        except Exception:
            # Not the part's: it unwinds without being told, and the scenario ends.
            self._abandon(messages)
            raise
        except BaseException:
            # The whole test is over; nobody will ask this worker again.
            self._end = PartExited("the call was given up")
            self._process.kill()
            raise
        self._channel.send(marshal.dumps({"call": nested.number, **reply}, MARSHAL))

    def _abandon(self, messages: Messages) -> None:
        def wait() -> Answer:
            self._channel.send(marshal.dumps({"kind": "abort"}, MARSHAL))
            message = messages.read(self._channel.receive(), self._question)
            if isinstance(message, dict) and message["reason"] == "aborted":
                return Answer(None, {})
            raise Malformed("it went on after its call had been given up")

        try:
            self._guarded(wait)
        except PartError:
            return  # the link is closed now; what ended the call matters more


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
