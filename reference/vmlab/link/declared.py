"""The exceptions that may cross a link: those of `vmlab.trap`, `vmlab.image` and `vmlab.vm`.

Such an exception is an answer, like a result. Its fields are the parameters of its `__init__`,
kept as attributes of the same names.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

from vmlab import image, trap, vm

from .wire import Codec, codec

DECLARED: dict[str, type[Exception]] = {
    name: kind
    for module in (trap, image, vm)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module.__name__
}


def fields_of(name: str) -> dict[str, Any]:
    """Return the annotations of a declared exception's fields."""
    init = vars(DECLARED[name]).get("__init__")
    hints = {} if init is None else get_type_hints(init, include_extras=True)
    hints.pop("return", None)
    return hints


def dump(error: Exception) -> tuple[str, dict[str, Any]]:
    """Return a declared exception's name and its fields. Raise NotPlain."""
    name = next(name for name, kind in DECLARED.items() if isinstance(error, kind))
    return name, {
        field: inner.dump(getattr(error, field, None))
        for field, inner in fields_codecs(name).items()
    }


def load(name: str, fields: dict[str, Any]) -> Exception:
    """Make the exception that `dump` took apart."""
    codecs = fields_codecs(name)
    return DECLARED[name](**{field: inner.load(fields[field]) for field, inner in codecs.items()})


@cache
def fields_codecs(name: str) -> dict[str, Codec]:
    """Return how the fields of a declared exception cross."""
    return {field: codec(annotation) for field, annotation in fields_of(name).items()}
