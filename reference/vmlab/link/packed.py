"""Arguments on their way: records of integers as blocks, all else as in `wire`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from .block import block
from .wire import Codec, NotPlain, codec


class Packing(NamedTuple):
    """How one annotation crosses as part of a question."""

    dump: Callable[[Any], Any]
    """Value to what `marshal` writes. Raise NotPlain if it does not fit."""
    load: Callable[[Any], Any]
    """What `marshal` reads to a fresh value."""


Crossing = tuple[tuple[str, Codec], ...] | tuple[tuple[str, Packing], ...]


@cache
def packing(annotation: Any) -> Packing:
    """Return the packing of a plain-data annotation; raise TypeError if it is not plain data."""
    integers = block(annotation)
    if integers is not None:
        return Packing(integers.pack, integers.unpack)
    inner = codec(annotation)
    return Packing(inner.dump, inner.load)


def dump_arguments(codecs: Crossing, values: dict[str, Any]) -> dict[str, Any]:
    """Return what travels of a call's arguments, by `sent` or as packed. Raise NotPlain."""
    data = {}
    name = ""
    try:
        for name, inner in codecs:
            data[name] = inner.dump(values[name])
    except NotPlain as problem:
        raise problem.inside(name) from None
    return data


def load_arguments(codecs: Crossing, data: dict[str, Any]) -> dict[str, Any]:
    """Turn what `dump_arguments` made into fresh values."""
    return {name: inner.load(data[name]) for name, inner in codecs}
