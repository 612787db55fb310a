"""Arguments on their way: records of integers as blocks, all else as in `wire`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from .block import block
from .wire import codec


class Packing(NamedTuple):
    """How one annotation crosses as part of a question."""

    dump: Callable[[Any], Any]
    """Value to what `marshal` writes. Raise NotPlain if it does not fit."""
    load: Callable[[Any], Any]
    """What `marshal` reads to a fresh value."""


@cache
def packing(annotation: Any) -> Packing:
    """Return the packing of a plain-data annotation; raise TypeError if it is not plain data."""
    integers = block(annotation)
    if integers is not None:
        return Packing(integers.pack, integers.unpack)
    inner = codec(annotation)
    return Packing(inner.dump, inner.load)


@cache
def texts(annotation: Any) -> Packing:
    """Return the packing for a worker's own calls, which are JSON: a block is base64 there."""
    integers = block(annotation)
    if integers is None:
        return packing(annotation)
    pack, unpack = integers.pack, integers.unpack
    return Packing(
        lambda value: base64.b64encode(pack(value)).decode(),
        lambda data: unpack(base64.b64decode(data)),
    )
