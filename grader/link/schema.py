"""What a worker may answer, as pydantic schemas: exact types, all keys, no others, ranges, sizes.

Made from the annotations that `vmlab.link.wire` reads at the other end. Not
pydantic's own reading of them: that would fill in the defaults of fields that are missing, and take
`true` for a mode of 1.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import types
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic_core import CoreSchema, core_schema
from vmlab.ranges import PLAIN_BYTES, PLAIN_INT, PLAIN_LENGTH, Bits, Length, ZeroFirst


@cache
def schema(annotation: Any) -> CoreSchema:
    """Return the schema of a plain-data annotation; raise TypeError if it is not one."""
    marks: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *rest = get_args(annotation)
        marks = tuple(rest)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return core_schema.none_schema()
    if annotation is bool:
        return core_schema.bool_schema(strict=True)
    if annotation is int:
        return _int(next((range(1 << m.width) for m in marks if isinstance(m, Bits)), PLAIN_INT))
    if annotation is str:
        return _text(_length(marks, PLAIN_LENGTH))
    if annotation is bytes:
        return _bytes(_length(marks, PLAIN_BYTES))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum(annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _record(annotation)
    if origin is list:
        return _list(schema(arguments[0]), _length(marks, PLAIN_LENGTH), ZeroFirst() in marks)
    if origin is dict and arguments[0] is str:
        length = _length(marks, PLAIN_LENGTH)
        return core_schema.dict_schema(
            _text(PLAIN_LENGTH), schema(arguments[1]), max_length=length.most, strict=True
        )
    if origin is tuple and Ellipsis not in arguments:
        return core_schema.tuple_schema([schema(argument) for argument in arguments], strict=True)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        return core_schema.nullable_schema(
            schema(next(a for a in arguments if a is not type(None))), strict=True
        )
    raise TypeError(f"{annotation} is not plain data")


def changes(annotation: Any) -> CoreSchema:
    """Return the schema of what comes back of an in-out argument (`vmlab.link.changes`)."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        names = [field.name for field in dataclasses.fields(annotation)]
        return record({name: schema(hints[name]) for name in names}, all_keys=False)
    return schema(annotation)


def record(fields: dict[str, CoreSchema], all_keys: bool = True) -> CoreSchema:
    """Return the schema of an object with these keys, all of them or some, and no others."""
    return core_schema.typed_dict_schema(
        {
            name: core_schema.typed_dict_field(inner, required=all_keys)
            for name, inner in fields.items()
        },
        extra_behavior="forbid",
        strict=True,
    )


def _length(marks: tuple[Any, ...], default: Length) -> Length:
    return next((mark for mark in marks if isinstance(mark, Length)), default)


def _int(bounds: range) -> CoreSchema:
    return core_schema.int_schema(ge=bounds.start, le=bounds.stop - 1, strict=True)


def _text(length: Length) -> CoreSchema:
    return core_schema.str_schema(min_length=length.least, max_length=length.most, strict=True)


def _bytes(length: Length) -> CoreSchema:
    def decode(text: str) -> bytes:
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"not base64: {error}") from None
        if not length.least <= len(data) <= length.most:
            raise ValueError(f"{len(data)} bytes")
        return data

    most = (length.most + 2) // 3 * 4
    return core_schema.no_info_after_validator_function(
        decode, core_schema.str_schema(max_length=most, strict=True)
    )


def _enum(kind: type[Enum]) -> CoreSchema:
    values = [member.value for member in kind]
    # pydantic's own enumerations take 1.0 and true for 1.
    inner = _int(PLAIN_INT) if all(type(v) is int for v in values) else _text(PLAIN_LENGTH)
    return core_schema.no_info_after_validator_function(kind, inner)


def _record(kind: type[Any]) -> CoreSchema:
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in dataclasses.fields(kind)]
    arguments = core_schema.dataclass_args_schema(
        kind.__name__,
        [core_schema.dataclass_field(name, schema(hints[name]), kw_only=False) for name in names],
    )
    return core_schema.dataclass_schema(
        kind,
        arguments,
        names,
        slots="__slots__" in vars(kind),
        config=core_schema.CoreConfig(extra_fields_behavior="forbid", strict=True),
    )


def _list(item: CoreSchema, length: Length, zero_first: bool) -> CoreSchema:
    whole = core_schema.list_schema(
        item, min_length=length.least, max_length=length.most, strict=True
    )
    if not zero_first:
        return whole
    return core_schema.no_info_after_validator_function(_zero_first, whole)


def _zero_first(values: list[int]) -> list[int]:
    if values[0] != 0:
        raise ValueError("the first is not 0")
    return values
