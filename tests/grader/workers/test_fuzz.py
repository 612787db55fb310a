"""Answers that no honest worker sends, drawn at random: each is a verdict on the part."""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from vmlab.hart import HartState, Mode
from vmlab.link import frames
from vmlab.link.calls import perform
from vmlab.link.errors import PartError, PartExited
from vmlab.link.interface import Interface
from vmlab.link.serve import HEAD
from vmlab.link.wire import codec
from vmlab.parts.traps import Part
from vmlab.trap import Act, Action, Exit, GuestFault, IllegalInstruction, Trap

from grader.link import WorkerLink, worker_link
from grader.link.channel import Channel
from grader.link.worker_link import Ledger

QUESTION = 0x1234_5678_9ABC
INTERFACE = Interface.of(Part)  # type: ignore[type-abstract]
CASES = 400
TOKENS = [
    *(b"null", b"true", b"-1", b"1e5", b"18446744073709551616", b"[]", b"{}", b'"x"', b"NaN"),
    *(b"\\ud800", b'"kind"', b",", b"}", b"0.5", b"\0", b"\xff\xfe", b'"inout":{}', b"1.0"),
]


class Guest:
    def fetch(self, address: int) -> int:
        assert type(address) is int
        assert 0 <= address < 1 << 64
        raise GuestFault(Trap(12))


class Process:
    def kill(self) -> None:
        pass

    def epitaph(self) -> PartError:
        return PartExited("it ended")


def moved(hart: HartState) -> None:
    hart.pc, hart.mode, hart.seip = 5, Mode.U, True
    hart.x[7] = 9


def resume(vcpu: HartState, exit: Exit, guest: Any) -> Action:
    moved(vcpu)
    return Action(Act.FENCE, address=5)


def fault(vcpu: HartState, exit: Exit, guest: Any) -> Action:
    moved(vcpu)
    raise GuestFault(Trap(13, address=4))


ARGUMENTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "take_trap": lambda: (HartState(), Trap(3)),
    "handle_exit": lambda: (HartState(), Exit(2), Guest()),
    "wakes": lambda: (HartState(),),
    "choose_interrupt": lambda: (HartState(),),
}
HONEST: list[tuple[str, Callable[..., Any] | dict[str, Any] | tuple[int, bytes]]] = [
    ("take_trap", lambda hart, trap: moved(hart)),
    ("handle_exit", resume),
    ("handle_exit", fault),
    ("handle_exit", (1, struct.pack("<QQ", 1, 77))),
    ("handle_exit", {"kind": "failed", "reason": "raised", "message": "x", "traceback": ""}),
    ("wakes", lambda hart: True),
    ("choose_interrupt", lambda hart: None),
]


def answer(name: str, honest: Callable[..., Any] | dict[str, Any] | tuple[int, bytes]) -> bytes:
    """Return what an honest worker sends."""
    if isinstance(honest, tuple):
        code, data = honest
        return HEAD.pack(QUESTION, code, len(data)) + data
    blocks, document = b"", honest
    if not isinstance(honest, dict):
        method = INTERFACE.methods[name]
        values = method.bind(ARGUMENTS[name](), {})
        document = perform(method, honest, values, method.answer.dump)
        blocks = document.pop("blocks")
        if document == method.silence:
            return HEAD.pack(QUESTION, 0, len(blocks)) + blocks
    return HEAD.pack(QUESTION, 0, len(blocks)) + blocks + json.dumps(document).encode()


def changed(draw: random.Random, body: bytes) -> bytes:
    """Change a few bytes, mostly behind the question's number, which a worker must repeat."""
    data = bytearray(body)
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3, 8))):
        at = draw.randrange(min(len(data), draw.choice((8, 8, 8, 0))), len(data) + 1)
        end = at + draw.randrange(9)
        data[at:end] = draw.choice(
            (
                bytes(byte ^ 1 << draw.randrange(8) for byte in data[at:end]),
                draw.randbytes(draw.randrange(40)),
                draw.choice(TOKENS),
                data[at:end] + data[at:end],
                b"",
            )
        )
    return bytes(data)


def stream(draw: random.Random, body: bytes) -> bytes:
    """Return the answer as a frame, or as something like one, and perhaps a second."""
    whole = frames.pack(body)
    return draw.choice(
        (whole, whole, whole, whole * 2, whole[: draw.randrange(len(whole))], changed(draw, whole))
    )


def call(name: str, data: bytes) -> tuple[Any, ...]:
    """Call the part, whose worker has answered already and ended; return the arguments."""
    asked, questions = os.pipe()
    answers, answering = os.pipe()
    output, printing = os.pipe()
    channel = Channel(questions, answers, output, wall_seconds=60, output_bytes=0)
    try:
        os.write(answering, data)
        os.close(answering)
        link: Any = WorkerLink(INTERFACE, channel, Process(), Ledger(1000))
        arguments = ARGUMENTS[name]()
        try:
            result = getattr(link, name)(*arguments)
        except (PartError, GuestFault, IllegalInstruction):
            return arguments
        INTERFACE.methods[name].answer.dump(result)
        return arguments
    finally:
        channel.close()
        os.close(asked)
        os.close(printing)


@pytest.mark.parametrize(("name", "honest"), HONEST)
def test_whatever_a_worker_answers_is_an_answer_or_a_fault_of_the_part(
    name: str, honest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_link, "_unguessable", lambda: iter(lambda: QUESTION, None))
    draw = random.Random(f"{name} {HONEST.index((name, honest))}")
    body = answer(name, honest)
    for _ in range(CASES):
        data = stream(draw, changed(draw, body))
        for argument in call(name, data):
            if isinstance(argument, HartState):
                codec(HartState).dump(argument)
                assert {type(each) for each in argument.x} == {int}, data
                assert (type(argument.mode), type(argument.seip)) == (Mode, bool), data
