"""From the meaning of an instruction to Python source, for engines that make functions of it."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any


def expression(meaning: Callable[..., int], operands: dict[str, str]) -> str:
    """Return the source of the expression that `meaning` returns.

    Each parameter becomes the source that `operands` gives for it. Functions that the meaning calls
    are inlined too if they have one `return`, and use each parameter only once.

    Raises:
        ValueError: if the meaning is more than one `return`.
    """
    body = returned(meaning)
    if body is None:
        raise ValueError(f"{meaning.__name__} is not one return statement")
    names = {name: ast.parse(source, mode="eval").body for name, source in operands.items()}
    return ast.unparse(_Substitute(names, meaning.__globals__).visit(copy.deepcopy(body)))


@cache
def returned(function: Callable[..., Any]) -> ast.expr | None:
    """Return what a function returns; None if it is not made of a single `return`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    statements = tree.body[1:] if ast.get_docstring(tree) else tree.body
    match statements:
        case [ast.Return(value=ast.expr() as value)]:
            return value
    return None


@cache
def _inlinable(function: Callable[..., Any]) -> bool:
    if not inspect.isfunction(function):
        return False
    body = returned(function)
    if body is None:
        return False
    used = [node.id for node in ast.walk(body) if isinstance(node, ast.Name)]
    return all(used.count(name) <= 1 for name in inspect.signature(function).parameters)


class _Substitute(ast.NodeTransformer):
    def __init__(self, names: dict[str, ast.expr], scope: dict[str, Any]) -> None:
        self._names = names
        self._scope = scope

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._names.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        arguments = [self.visit(argument) for argument in node.args]
        called = self._scope.get(node.func.id) if isinstance(node.func, ast.Name) else None
        body = returned(called) if called and _inlinable(called) else None
        if called is None or body is None:
            node.args = arguments
            return node
        names = dict(zip(inspect.signature(called).parameters, arguments, strict=True))
        inlined: ast.expr = _Substitute(names, called.__globals__).visit(copy.deepcopy(body))
        return inlined
