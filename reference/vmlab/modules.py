"""More than one copy of a module that keeps its state in itself."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType


def another(name: str) -> ModuleType:
    """Return a fresh copy of a module of the folder, such as "shadow", with a state of its own.

    A pager, say, keeps what it knows of its guest in its module; so a VMM takes one for each VM.
    """
    spec, code = _compiled(importlib.import_module(name))
    module = importlib.util.module_from_spec(spec)
    exec(code, vars(module))
    return module


@cache
def _compiled(module: ModuleType) -> tuple[ModuleSpec, CodeType]:
    """Return how to make a module again; compiling takes longer than running it."""
    spec = module.__spec__
    assert spec is not None
    assert isinstance(spec.loader, InspectLoader)
    code = spec.loader.get_code(spec.name)
    assert code is not None
    return spec, code
