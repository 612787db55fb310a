"""Arguments on their way to a worker: a record's 64-bit integers travel as one block.

A hart's state is some sixty numbers, which `struct` moves in a quarter of the time that a
dictionary of them takes. All else crosses as `vmlab.link.wire` has it.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable
from functools import cache
from operator import attrgetter, itemgetter
from typing import Annotated, Any, NamedTuple, cast, get_args, get_origin, get_type_hints

from vmlab.ranges import U64, Length, ZeroFirst

from .wire import NotPlain, codec, field_codecs, fields_getter

FEW = 4
"""With fewer integers than this, a block saves nothing."""


class Packing(NamedTuple):
    """How one annotation crosses as part of a question."""

    dump: Callable[[Any], Any]
    """Value to what `marshal` writes. Raise NotPlain if it does not fit."""
    load: Callable[[Any], Any]
    """What `marshal` reads to a fresh value."""


@cache
def packing(annotation: Any) -> Packing:
    """Return the packing of a plain-data annotation; raise TypeError if it is not plain data."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        row = next((name for name, hint in hints.items() if _count(hint)), None)
        integers = [name for name, hint in hints.items() if hint == U64]
        if row is not None and len(integers) >= FEW:
            return _record(cast(Any, annotation), integers, row, _count(hints[row]))
    inner = codec(annotation)
    return Packing(inner.dump, inner.load)


def _count(hint: Any) -> int:
    """Return how many 64-bit integers a list of registers always has; 0 if it is none."""
    if get_origin(hint) is not Annotated:
        return 0
    inner, *marks = get_args(hint)
    if get_origin(inner) is not list or get_args(inner)[0] != U64 or ZeroFirst() not in marks:
        return 0
    return next((m.most for m in marks if isinstance(m, Length) and m.most == m.least), 0)


def _record(kind: type[Any], integers: list[str], row: str, count: int) -> Packing:
    """Pack a record with registers: block, then its other fields one by one."""
    whole, codecs = codec(cast(Any, kind)), field_codecs(cast(Any, kind))
    others = [(name, inner) for name, inner in codecs.items() if name not in (*integers, row)]
    block = struct.Struct(f"<{len(integers) + count}Q")
    numbers_of, row_of, end = fields_getter(integers), attrgetter(row), len(integers)
    arrived = [*integers, row, *(name for name, _ in others)]
    in_order = itemgetter(*map(arrived.index, codecs))

    def dump(value: Any) -> tuple[Any, ...]:
        try:
            registers = row_of(value)
            if type(value) is kind and type(registers) is list and registers[0] == 0:
                numbers = block.pack(*numbers_of(value), *registers)
                return numbers, *[inner.dump(getattr(value, name)) for name, inner in others]
        except (struct.error, AttributeError, IndexError):
            pass
        whole.dump(value)  # knows what is wrong
        raise NotPlain(f"is no {kind.__name__} that can be packed")

    def load(data: tuple[Any, ...]) -> Any:
        numbers = block.unpack(data[0])
        rest = [inner.load(each) for (_, inner), each in zip(others, data[1:], strict=True)]
        return kind(*in_order((*numbers[:end], list(numbers[end:]), *rest)))

    return Packing(dump, load)
