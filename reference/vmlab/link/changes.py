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
from itertools import compress
from operator import is_not
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
    fixed = [name for name, inner in codecs.items() if inner.nature is Nature.FIXED]
    fixed_of = fields_getter(fixed)
    lists = [name for name, inner in codecs.items() if inner.nature is Nature.LIST_OF_FIXED]
    others = [name for name, inner in codecs.items() if inner.nature is Nature.CHANGEABLE]

    def snapshot(value: Any) -> tuple[Any, ...]:
        # A list may be changed in place: what it held is kept apart.
        return fixed_of(value), [tuple(getattr(value, name)) for name in lists]

    def dump(before: tuple[Any, ...], value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise NotPlain(f"is {describe(value)}, not a {kind.__name__}")
        old_values, old_lists = before
        changed = list(compress(fixed, map(is_not, old_values, fixed_of(value))))
        for name, old in zip(lists, old_lists, strict=True):
            new = getattr(value, name)
            if type(new) is not list or len(old) != len(new) or any(map(is_not, old, new)):
                changed.append(name)
        data = {}
        for name in (*changed, *others):
            try:
                data[name] = codecs[name].dump(getattr(value, name))
            except NotPlain as problem:
                raise problem.inside(name) from None
        return data

    def load(data: dict[str, Any]) -> dict[str, Any]:
        return {name: codecs[name].load(new) for name, new in data.items()}

    return Tracker(snapshot, dump, load)
