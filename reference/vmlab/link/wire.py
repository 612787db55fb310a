"""Plain data to JSON and back, as the annotations of an interface say.

Plain are `int`, `bool`, `str`, `bytes` (base64), `None`, enumerations (their values), `list[T]`,
`dict[str, T]`, `tuple[A, B]`, `T | None`, and dataclasses of these (objects with all their keys).
An `int` may carry a range and a list or a text a length (`vmlab.ranges`).

`dump` checks, since what it is given may be a student's; `load` takes what a `dump` made.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import types
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from operator import attrgetter, itemgetter
from reprlib import Repr
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from vmlab.ranges import PLAIN_BYTES, PLAIN_INT, PLAIN_LENGTH, Bits, Length, ZeroFirst

INTEGERS = {int}
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
SHORT = Repr()
SHORT.maxother = SHORT.maxstring = SHORT.maxlong = 40


class NotPlain(TypeError):
    """A value does not fit its annotation; the message says where in it, and why."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where

    def inside(self, place: str) -> NotPlain:
        """Say in which field or item of a larger value this one lies."""
        dot = "." if self.where and not self.where.startswith("[") else ""
        self.where = f"{place}{dot}{self.where}"
        return self

    def __str__(self) -> str:
        return f"{self.where} {self.reason}" if self.where else self.reason


class Nature(Enum):
    """Whether a value can change while it stays the same object."""

    FIXED = "fixed"
    LIST_OF_FIXED = "list of fixed"
    CHANGEABLE = "changeable"


@dataclass(frozen=True)
class Codec:
    """How one annotation crosses a link."""

    dump: Callable[[Any], Any]
    """Value to what `json` writes. Raise NotPlain if it does not fit."""
    load: Callable[[Any], Any]
    """What `json` reads to a value; containers in it may be taken over."""
    whole: range | None = None
    """The range, if the values are integers."""
    nature: Nature = Nature.CHANGEABLE


@cache
def codec(annotation: Any) -> Codec:
    """Return the codec of a plain-data annotation; raise TypeError if it is not one."""
    annotation, marks = _unwrap(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return Codec(_dump_none, _same, nature=Nature.FIXED)
    if annotation is bool:
        return Codec(_dump_bool, _same, nature=Nature.FIXED)
    if annotation is int:
        return int_codec(_bounds(marks))
    if annotation is str:
        check = _sized(str, "a str", _length(marks, PLAIN_LENGTH))
        return Codec(check, _same, nature=Nature.FIXED)
    if annotation is bytes:
        check = _sized(bytes, "bytes", _length(marks, PLAIN_BYTES))
        return Codec(
            lambda value: base64.b64encode(check(value)).decode(),
            base64.b64decode,
            nature=Nature.FIXED,
        )
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _enum_codec(annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _record_codec(annotation)
    if origin is list:
        return _list_codec(codec(arguments[0]), _length(marks, PLAIN_LENGTH), ZeroFirst() in marks)
    if origin is dict and arguments[0] is str:
        return _dict_codec(codec(arguments[1]), _length(marks, PLAIN_LENGTH))
    if origin is tuple and Ellipsis not in arguments:
        return _tuple_codec([codec(argument) for argument in arguments])
    if origin in (Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        return _optional_codec(codec(next(a for a in arguments if a is not type(None))))
    raise TypeError(f"{annotation} is not plain data")


def describe(value: object) -> str:
    """Name a value and its type in a few words, whatever its `__repr__` does."""
    try:
        shown = SHORT.repr(value)
    except Exception:
        shown = "something"
    return f"{without_addresses(shown)} ({type(value).__name__})"


def without_addresses(text: str) -> str:
    """Drop what differs from run to run in Python's own texts: "<f at 0x7f01>" is "<f>"."""
    return ADDRESS.sub("", text)


def _unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return inner, tuple(marks)
    return annotation, ()


def _bounds(marks: tuple[Any, ...]) -> range:
    return next((range(1 << m.width) for m in marks if isinstance(m, Bits)), PLAIN_INT)


def _length(marks: tuple[Any, ...], default: Length) -> Length:
    return next((mark for mark in marks if isinstance(mark, Length)), default)


def _same(value: Any) -> Any:
    return value


def _dump_none(value: Any) -> None:
    if value is not None:
        raise NotPlain(f"is {describe(value)}, not None")


def _dump_bool(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise NotPlain(f"is {describe(value)}, not a bool")


@cache
def int_codec(bounds: range) -> Codec:
    """Return the codec of integers in a range."""
    low, high = bounds.start, bounds.stop

    def dump(value: Any) -> int:
        if type(value) is int and low <= value < high:
            return value
        if not isinstance(value, int) or isinstance(value, bool):
            raise NotPlain(f"is {describe(value)}, not an int")
        number = int.__int__(value)  # an IntEnum member, say
        if not low <= number < high:
            kind = "unsigned " if low == 0 else ""
            raise NotPlain(
                f"is {describe(value)}, not an {kind}integer of {(high - 1).bit_length()} bits"
            )
        return number

    return Codec(dump, _same, bounds, Nature.FIXED)


def fit(values: Collection[Any], bounds: range) -> bool:
    """Tell, fast, whether all values are plain integers in the range."""
    return not values or (
        set(map(type, values)) == INTEGERS
        and min(values) >= bounds.start
        and max(values) < bounds.stop
    )


def _sized(kind: type, name: str, length: Length) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise NotPlain(f"is {describe(value)}, not {name}")
        count = len(value)  # type: ignore[arg-type]
        if not length.least <= count <= length.most:
            raise NotPlain(f"has {count} items, not {_span(length)}")
        return value

    return check


def _span(length: Length) -> str:
    if length.least == length.most:
        return str(length.most)
    return f"{length.least} to {length.most}"


def _enum_codec(kind: type[Enum]) -> Codec:
    def dump(value: Any) -> Any:
        if type(value) is kind:
            return value._value_  # `value` is a property in Python, which takes a while
        if issubclass(kind, int) and isinstance(value, int) and not isinstance(value, bool):
            try:
                return kind(value).value
            except ValueError:
                pass
        raise NotPlain(f"is {describe(value)}, not a {kind.__name__}")

    members = {member.value: member for member in kind}
    return Codec(dump, members.__getitem__, nature=Nature.FIXED)


def _record_codec(kind: type[Any]) -> Codec:
    codecs: dict[str, Codec] = field_codecs(cast(Any, kind))
    groups: dict[range, list[str]] = {}
    for name, inner in codecs.items():
        if inner.whole is not None:
            groups.setdefault(inner.whole, []).append(name)
    # Most fields of most records are integers of one width: those are checked all at once.
    bounds, uniform = max(groups.items(), key=lambda item: len(item[1]), default=(range(0), []))
    together = fields_getter(uniform)
    others = [(name, inner.dump) for name, inner in codecs.items() if name not in uniform]
    singly = [(name, inner.dump) for name, inner in codecs.items()]
    loads = [(name, inner.load) for name, inner in codecs.items() if inner.load is not _same]

    def dump(value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise NotPlain(f"is {describe(value)}, not a {kind.__name__}")
        data: dict[str, Any] = {}
        integers = together(value)
        if fit(integers, bounds):
            data.update(zip(uniform, integers))  # noqa: B905  (hot, and of one length)
        for name, inner in others if data else singly:
            try:
                data[name] = inner(getattr(value, name))
            except NotPlain as problem:
                raise problem.inside(name) from None
        return data

    in_order = itemgetter(*codecs) if len(codecs) > 1 else lambda data: tuple(data.values())

    def load(data: dict[str, Any]) -> Any:
        for name, inner in loads:
            data[name] = inner(data[name])
        return kind(*in_order(data))

    return Codec(dump, load)


@cache
def field_codecs(kind: Any) -> dict[str, Codec]:
    """Return the codecs of a record's fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: codec(hints[field.name]) for field in dataclasses.fields(kind)}


def fields_getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a fast function from an object to a tuple of these attributes."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _list_codec(item: Codec, length: Length, zero_first: bool) -> Codec:
    check = _sized(list, "a list", length)

    def dump(value: Any) -> list[Any]:
        check(value)
        if item.whole is not None and fit(value, item.whole):
            dumped = list(value)
        else:
            dumped = []
            try:
                dumped.extend(map(item.dump, value))
            except NotPlain as problem:
                raise problem.inside(f"[{len(dumped)}]") from None
        if zero_first and dumped[0] != 0:
            raise NotPlain(f"is {describe(value[0])}, not 0", "[0]")
        return dumped

    nature = Nature.LIST_OF_FIXED if item.nature is Nature.FIXED else Nature.CHANGEABLE
    if item.load is _same:
        return Codec(dump, _same, nature=nature)
    return Codec(dump, lambda data: [item.load(each) for each in data], nature=nature)


def _dict_codec(item: Codec, length: Length) -> Codec:
    check = _sized(dict, "a dict", length)
    key = codec(str)

    def dump(value: Any) -> dict[str, Any]:
        dumped = {}
        for name, each in check(value).items():
            try:
                dumped[key.dump(name)] = item.dump(each)
            except NotPlain as problem:
                raise problem.inside(f"[{describe(name)}]") from None
        return dumped

    return Codec(dump, lambda data: {name: item.load(each) for name, each in data.items()})


def _tuple_codec(items: list[Codec]) -> Codec:
    check = _sized(tuple, "a tuple", Length(len(items), len(items)))

    def dump(value: Any) -> list[Any]:
        dumped: list[Any] = []
        try:
            for item, each in zip(items, check(value), strict=True):
                dumped.append(item.dump(each))
        except NotPlain as problem:
            raise problem.inside(f"[{len(dumped)}]") from None
        return dumped

    def load(data: list[Any]) -> tuple[Any, ...]:
        return tuple(item.load(each) for item, each in zip(items, data, strict=True))

    return Codec(dump, load)


def _optional_codec(inner: Codec) -> Codec:
    return Codec(
        lambda value: None if value is None else inner.dump(value),
        lambda data: None if data is None else inner.load(data),
        nature=Nature.FIXED if inner.nature is Nature.FIXED else Nature.CHANGEABLE,
    )
