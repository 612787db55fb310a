"""In-out arguments on their way back: what the callee has changed of them.

A record comes back as the fields that are other objects than before, since most calls change few;
a list or dict comes back whole. No value is asked whether it is equal to another: that could be a
student's own `__eq__`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import is_
from typing import Any

from .wire import Codec, Nature, NotPlain, codec, describe, field_codecs, fields_getter


@dataclass(frozen=True)
class Tracker:
    """How one in-out annotation comes back."""

    snapshot: Callable[[Any], Any]
    """What to keep of a value before the call."""
    dump: Callable[[Any, Any], Any]
    """Snapshot and value to what `json` writes. Raise NotPlain."""
    load: Callable[[Any], Any]
    """What `json` reads to changes that `assign` takes."""


@cache
def tracker(annotation: Any) -> Tracker:
    """Return the tracker of an in-out annotation; raise TypeError if it is not plain data."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _record_tracker(annotation, field_codecs(annotation))
    inner = codec(annotation)
    return Tracker(lambda value: None, lambda before, value: inner.dump(value), inner.load)


def assign(target: Any, changes: Any) -> None:
    """Carry changes out on the caller's object; it, and the lists in it, stay the same objects."""
    if isinstance(target, list):
        target[:] = changes
    elif isinstance(target, dict):
        target.clear()
        target.update(changes)
    else:
        for name, value in changes.items():
            if isinstance(value, list):
                getattr(target, name)[:] = value
            else:
                setattr(target, name, value)


def _record_tracker(kind: type[Any], codecs: dict[str, Codec]) -> Tracker:
    names = list(codecs)
    values_of = fields_getter(names)
    unchanged = [_unchanged(inner) for inner in codecs.values()]

    def snapshot(value: Any) -> list[Any]:
        # A list may be changed in place: what it held is kept apart.
        return [tuple(v) if type(v) is list else v for v in values_of(value)]

    def dump(before: list[Any], value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise NotPlain(f"is {describe(value)}, not a {kind.__name__}")
        data = {}
        for name, same, old, new in zip(names, unchanged, before, values_of(value)):  # noqa: B905
            if not same(old, new):
                try:
                    data[name] = codecs[name].dump(new)
                except NotPlain as problem:
                    raise problem.inside(name) from None
        return data

    def load(data: dict[str, Any]) -> dict[str, Any]:
        return {name: codecs[name].load(new) for name, new in data.items()}

    return Tracker(snapshot, dump, load)


def _unchanged(inner: Codec) -> Callable[[Any, Any], bool]:
    if inner.nature is Nature.FIXED:
        return is_
    if inner.nature is Nature.LIST_OF_FIXED:
        return _same_items
    return lambda old, new: False


def _same_items(old: Any, new: Any) -> bool:
    return type(new) is list and len(old) == len(new) and all(map(is_, old, new))
