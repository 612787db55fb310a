"""What can be called over a link, derived from a part's typed protocol.

Both ends of a link read the same `Interface`, so a part's functions are declared once.
"""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from types import NoneType
from typing import (
    Annotated,
    Any,
    Generic,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from .block import Block, block
from .changes import Tracker, tracker
from .compact import Compact
from .packed import Packing, packing
from .wire import Codec, codec

T = TypeVar("T")


class Callback(Protocol):
    """Base of a protocol whose object stays with the caller; the part gets a proxy of it."""


class _InOut:
    """Marks an argument that the part changes and that travels back with the result."""


class _Shared:
    """Marks memory that both ends of a link see; it is not sent."""


InOut = Annotated[T, _InOut]
Shared = Annotated[memoryview, _Shared]
"""The guest's RAM: the same bytes at both ends, read and written at once, never copied."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method; `type` is a plain-data type, or a Callback protocol."""

    name: str
    type: Any
    inout: bool
    callback: bool
    shared: bool = False

    @property
    def sent(self) -> bool:
        """Whether the argument travels by value."""
        return not (self.callback or self.shared)


@dataclass(frozen=True)
class Method:
    """One function of an interface."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Any
    doc: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    # How its parts cross a link, worked out once.

    @cached_property
    def sent(self) -> tuple[tuple[str, Codec], ...]:
        """The parameters that travel by value."""
        return tuple((p.name, codec(p.type)) for p in self.parameters if p.sent)

    @cached_property
    def packed(self) -> tuple[tuple[str, Packing], ...]:
        """The same, for a question to a worker."""
        return tuple((p.name, packing(p.type)) for p in self.parameters if p.sent)

    @cached_property
    def compact(self) -> Compact | None:
        """The same, for a call out of a worker; None if it goes as a document."""
        return Compact.of([(p.name, p.type) for p in self.parameters if p.sent])

    @cached_property
    def nested(self) -> tuple[tuple[str, Method], ...]:
        """What may be called meanwhile: the parameter and the method of each."""
        callbacks = [(p.name, Interface.of(p.type)) for p in self.parameters if p.callback]
        return tuple((name, each) for name, found in callbacks for each in found.methods.values())

    @cached_property
    def inout(self) -> tuple[tuple[str, Tracker], ...]:
        """The parameters whose changes travel back, but for those that are blocks."""
        return tuple(
            (p.name, tracker(p.type)) for p in self.parameters if p.inout and not block(p.type)
        )

    @cached_property
    def blocks(self) -> tuple[tuple[str, Block], ...]:
        """The parameters whose changes travel back as blocks."""
        found = ((p.name, block(p.type)) for p in self.parameters if p.inout)
        return tuple((name, integers) for name, integers in found if integers is not None)

    @cached_property
    def lent(self) -> tuple[Parameter, ...]:
        """The other parameters: objects that stay with the caller, and memory."""
        return tuple(p for p in self.parameters if not p.sent)

    @cached_property
    def silence(self) -> dict[str, Any]:
        """What `calls.perform` returns if there is nothing to tell, or nothing but of blocks."""
        return {"kind": "return", "result": None, "inout": {}}

    @cached_property
    def answer(self) -> Codec:
        """The result, in a document."""
        return codec(self.result)

    @cached_property
    def reply(self) -> Packing:
        """The result, on its way to a worker."""
        return packing(self.result)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Name the arguments of a call. Raise TypeError if they are not the parameters."""
        names = self.names
        if not kwargs and len(args) == len(names):
            return dict(zip(names, args))  # noqa: B905  (hot, and of one length)
        values = {**dict(zip(names, args)), **kwargs}  # noqa: B905  (compared below)
        if len(args) + len(kwargs) != len(names) or values.keys() != set(names):
            raise TypeError(f"{self.name} takes ({', '.join(names)})")
        return {name: values[name] for name in names}


@dataclass(frozen=True)
class Interface(Generic[T]):
    """All the functions of a protocol, by name."""

    name: str
    methods: dict[str, Method]

    @classmethod
    def of(cls, protocol: type[T]) -> Interface[T]:
        """Read a protocol's annotations. Raise TypeError if one is missing."""
        return cls(protocol.__module__.rpartition(".")[2], _methods(cast(Hashable, protocol)))


@cache
def _methods(protocol: Any) -> dict[str, Method]:
    return {
        name: _method(name, function)
        for each in reversed(protocol.__mro__)
        for name, function in vars(each).items()
        if inspect.isfunction(function) and not name.startswith("_")
    }


def _method(name: str, function: Any) -> Method:
    hints = get_type_hints(function, include_extras=True)
    names = [n for n in inspect.signature(function).parameters if n != "self"]
    for wanted in (*names, "return"):
        if wanted not in hints:
            raise TypeError(f"{function.__qualname__}: {wanted} has no annotation")
    result = hints["return"]
    return Method(
        name,
        tuple(_parameter(n, hints[n]) for n in names),
        None if result is NoneType else result,
        inspect.getdoc(function) or "",
    )


def _parameter(name: str, annotation: Any) -> Parameter:
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    inout = _InOut in marks
    kind = annotation
    if inout:
        kind, *others = (mark for mark in get_args(annotation) if mark is not _InOut)
        kind = reduce(lambda inner, mark: Annotated[inner, mark], others, kind)
    return Parameter(
        name, kind, inout, Callback in getattr(kind, "__mro__", ()), shared=_Shared in marks
    )
