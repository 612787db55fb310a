"""What the two ends of a link do for one call, whatever carries it.

    caller                                  callee
    dump_arguments(values)   ── data ──>    load_arguments(data)
    settle(answer, values)   <─ answer ──   perform(function, values)

A call is answered with a result or with a declared exception; either way what has changed of its
in-out arguments comes back. The caller's objects change only once the whole answer is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import declared
from .changes import assign
from .interface import Interface, Method
from .wire import NotPlain

DECLARED = tuple(declared.DECLARED.values())


@dataclass
class Answer:
    """How a call ended, as values of the caller's side."""

    result: Any
    inout: dict[str, Any]
    """Changes of the in-out arguments, as `assign` takes them."""
    blocks: list[tuple[bytes, Sequence[Any]]]
    """Changes of those that are blocks, as `Block.assign` takes them."""
    error: Exception | None = None


def perform(
    method: Method,
    function: Callable[..., Any],
    values: dict[str, Any],
    dump: Callable[[Any], Any],
) -> dict[str, Any]:
    """Call the function and return the answer as data: a result or a declared exception.

    `dump` takes the result: into a document (`Method.answer`) or packed (`Method.reply`). Any other
    exception passes through. Raises NotPlain if the answer does not fit the interface.
    """
    answer: dict[str, Any]
    before = [track.snapshot(values[name]) for name, track in method.inout]
    numbers = [integers.numbers(values[name]) for name, integers in method.blocks]
    try:
        result = function(*[values[name] for name in method.names])
    except DECLARED as error:
        try:
            name, fields = declared.dump(error)
        except NotPlain as problem:
            raise problem.inside(type(error).__name__) from None
        answer = {"kind": f"raise {name}", "fields": fields}
    else:
        try:
            answer = {"kind": "return", "result": dump(result)}
        except NotPlain as problem:
            raise problem.inside("result") from None
    blocks, inout = b"", {}
    name = ""
    try:
        for (name, track), old in zip(method.inout, before):  # noqa: B905  (hot, and of one length)
            inout[name] = track.dump(old, values[name])
        for (name, integers), old in zip(method.blocks, numbers):  # noqa: B905  (the same)
            blocks += integers.pack_changes(old, values[name])
    except NotPlain as problem:
        raise problem.inside(name) from None
    answer["inout"], answer["blocks"] = inout, blocks
    return answer


def load_answer(method: Method, data: dict[str, Any], load: Callable[[Any], Any]) -> Answer:
    """Turn what `perform` made into values, the result with `load`; trusts its shape."""
    inout = {name: track.load(data["inout"][name]) for name, track in method.inout}
    blocks = load_blocks(method, data["blocks"])
    verb, _, name = data["kind"].partition(" ")
    if verb == "raise":
        return Answer(None, inout, blocks, declared.load(name, data["fields"]))
    return Answer(load(data["result"]), inout, blocks)


def load_blocks(method: Method, data: bytes) -> list[tuple[bytes, Sequence[Any]]]:
    """Return what `data` says of each in-out block. Raise ValueError; trusts nothing."""
    found, end = [], 0
    for _, integers in method.blocks:
        places, numbers, end = integers.unpack_changes(data, end)
        found.append((places, numbers))
    if end != len(data):
        raise ValueError("there are more changes than arguments")
    return found


def settle(method: Method, answer: Answer, values: dict[str, Any]) -> Any:
    """Give the caller's objects their new state; return the result or raise the exception."""
    for (name, integers), changes in zip(method.blocks, answer.blocks):  # noqa: B905  (hot)
        integers.assign(values[name], *changes)
    for name, changed in answer.inout.items():
        assign(values[name], changed)
    if answer.error is not None:
        raise answer.error
    return answer.result


def prepare(interface: Interface[Any]) -> None:
    """Work out now how everything in an interface crosses, so that no first call is slow."""
    for name in declared.DECLARED:
        declared.fields_codecs(name)
    for method in interface.methods.values():
        _ = method.names, method.sent, method.lent, method.answer
        _ = method.packed, method.compact, method.reply
        _ = method.inout, method.blocks, method.silence
        for parameter in method.parameters:
            if parameter.callback:
                prepare(Interface.of(parameter.type))


Pack = Callable[[Method, dict[str, Any]], Any]
"""Arguments to what travels of them. Raise NotPlain."""
Exchange = Callable[[Method, Any], Answer]
"""Send that, and return how the call ended."""


class Proxy:
    """What stands for a caller's object at the callee: the methods of its protocol, no more."""

    def __init__(self, interface: Interface[Any], pack: Pack, exchange: Exchange) -> None:
        for method in interface.methods.values():
            setattr(self, method.name, _forwarder(method, pack, exchange))


def _forwarder(method: Method, pack: Pack, exchange: Exchange) -> Callable[..., Any]:
    def forward(*args: Any, **kwargs: Any) -> Any:
        values = method.bind(args, kwargs)
        try:
            data = pack(method, values)
        except NotPlain as problem:
            raise TypeError(f"{method.name}: {problem}") from None
        return settle(method, exchange(method, data), values)

    forward.__name__ = method.name
    forward.__doc__ = method.doc
    return forward
