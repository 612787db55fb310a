"""The worker's end of a link: reads a call, has the part answer it, sends the answer.

One thread, one call at a time. While a call runs, the part may call the objects it was given; such
a nested call goes back over the same link, and the worker waits for its reply.

    question  (id, method, arguments)
    answer    id, 0, blocks and {"kind": "return", "result", "inout"}
                             or {"kind": "raise NAME", "fields", "inout"}
              id, 0 and {"kind": "failed", "reason", "message", "traceback"}
                     or {"kind": "call PARAMETER.METHOD", "call", "arguments"}
              id, which call, its number and arguments
    reply     {"kind": "return" | "raise NAME" | "abort", ...}

The caller trusts no byte of an answer: a head (`HEAD`), what changed in records of integers such as
a hart's state (`vmlab.link.block`), and the rest as JSON, or nothing if there is no rest. A nested
call whose arguments are all integers goes as bytes instead (`vmlab.link.compact`). Questions
and replies are in Python's own `marshal`, which takes less than half the time. That is safe since
they come from the caller, whom the worker has to believe anyway, and who runs the same Python.
"""

from __future__ import annotations

import errno
import json
import marshal
import struct
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import frames
from .blame import Blame
from .calls import Answer, Proxy, load_answer, perform
from .errors import MissingFunction
from .interface import Interface, Method, Parameter
from .local import function_of
from .packed import dump_arguments, load_arguments
from .wire import NotPlain

HEAD = struct.Struct("<QHI")
"""Starts every answer: the question's id; 0, or which of `Method.nested` is called in compact form,
counted from 1; and the length in bytes of the blocks, or of that call."""
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What a system call answers when a wall stands in its way."""


class Abandoned(BaseException):
    """The caller gave up the running call; it wants no answer but the next question's."""


class Server:
    """Serves one part: reads from one descriptor, answers to another."""

    def __init__(
        self,
        questions: int,
        answers: int,
        interface: Interface[Any],
        blame: Blame,
        memory: Any = None,
    ) -> None:
        self._frames = frames.Reader(questions)
        self._answers = answers
        self._interface = interface
        self._blame = blame
        self._memory = memory
        self._question = 0
        self._running = False
        self._calls = 0
        # Freed when memory runs out, so that there is some left to say so.
        self._reserve = bytearray(1 << 20)

    def run(self, load: Callable[[], ModuleType]) -> None:
        """Answer until the other end closes the link; load the part when the first call comes.

        A part that cannot be loaded answers every call with why.
        """
        module: ModuleType | None = None
        failure: dict[str, Any] = {}
        while (body := self._frames.read()) is not None:
            if module is None and not failure:
                try:
                    module = load()
                except BaseException as error:  # SystemExit and the like are answers too
                    failure = self._failure("the import", error)
            self._question, name, arguments = marshal.loads(body)
            method = self._interface.methods[name]
            answer = self._answer(module, method, arguments) if module else dict(failure)
            _flush()
            blocks = answer.pop("blocks", b"")
            self._send(0, blocks, None if answer == method.silence else answer)

    def _answer(
        self, module: ModuleType, method: Method, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        values = load_arguments(method.packed, arguments)
        for parameter in method.lent:
            values[parameter.name] = (
                self._proxy(method, parameter) if parameter.callback else self._memory
            )
        self._running = True
        try:
            return perform(method, function_of(module, method.name), values, method.answer.dump)
        except MissingFunction as error:
            return _failed("missing", str(error))
        except NotPlain as problem:
            return _failed("bad", f"{method.name}: {problem}")
        except BaseException as error:
            return self._failure(method.name, error)
        finally:
            self._running = False

    def _failure(self, what: str, error: BaseException) -> dict[str, Any]:
        if isinstance(error, Abandoned):
            return _failed("aborted", "")
        if isinstance(error, MemoryError):
            error.__traceback__ = None  # it holds the frames, and they what filled the memory
            self._reserve = bytearray()
            return _failed("memory", f"{what} ran out of memory")
        reason = "raised"
        if isinstance(error, OSError) and error.errno in FORBIDDEN:
            reason = "wall"
        return _failed(
            reason, f"{what} raised {self._blame.sentence(error)}", self._blame.text(error)
        )

    def _proxy(self, running: Method, parameter: Parameter) -> Proxy:
        asked, name = self._question, parameter.name
        codes = {(to, each.name): code for code, (to, each) in enumerate(running.nested, 1)}

        def pack(method: Method, values: dict[str, Any]) -> tuple[int, bytes, Any]:
            number = self._calls + 1
            if method.compact is not None:
                return codes[name, method.name], method.compact.pack(number, values), None
            arguments = dump_arguments(method.sent, values)
            kind = f"call {name}.{method.name}"
            return 0, b"", {"kind": kind, "call": number, "arguments": arguments}

        def exchange(method: Method, packed: tuple[int, bytes, Any]) -> Answer:
            if not self._running or self._question != asked:
                raise RuntimeError(f"{name}.{method.name} was called after its call had ended")
            self._calls += 1
            self._send(*packed)
            body = self._frames.read()
            reply = {"kind": "abort"} if body is None else marshal.loads(body)
            if reply["kind"] == "abort":
                raise Abandoned
            return load_answer(method, reply, method.reply.load)

        return Proxy(Interface.of(parameter.type), pack, exchange)

    def _send(self, code: int, data: bytes, document: dict[str, Any] | None) -> None:
        head = HEAD.pack(self._question, code, len(data)) + data
        try:
            text = b"" if document is None else json.dumps(document).encode()
            frames.write(self._answers, head + text)
        except frames.FrameTooLarge as problem:
            failed = _failed("bad", f"the answer is too large: {problem}")
            self._send(0, b"", failed)


def _failed(reason: str, message: str, traceback: str = "") -> dict[str, Any]:
    return {"kind": "failed", "reason": reason, "message": message, "traceback": traceback}


def _flush() -> None:
    """What the part printed belongs before its answer; a part may have closed or replaced these."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            continue
