"""Lay a flawed submission's overlay over the solution.

An overlay is a small module. Its docstring tells the mistake, `FAILS = {"T5"}` names the clauses
that must fail, and its other definitions replace those of the same name in the solution.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import libcst as cst

from grader.problem import Problem

FAILS = "FAILS"
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


class SpliceError(Problem):
    """An overlay is not one, or no longer fits; the message is one sentence."""


@dataclass(frozen=True)
class Overlay:
    """A flawed submission as data."""

    name: str
    mistake: str
    """The first line of its docstring."""
    fails: frozenset[str]
    source: str

    @classmethod
    def read(cls, name: str, source: str, clauses: Collection[str]) -> Overlay:
        """Read an overlay's docstring and FAILS. Raises SpliceError if either is not as it must."""
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError) as error:
            raise SpliceError(f"{name} is not Python: {error}") from None
        docstring = ast.get_docstring(tree)
        if not docstring:
            raise SpliceError(f"{name} has no docstring that tells the mistake")
        fails = _fails(name, tree)
        if unknown := sorted(fails - set(clauses)):
            raise SpliceError(f"{name}: FAILS names {', '.join(unknown)}, not a clause")
        return cls(name, inspect.cleandoc(docstring).splitlines()[0], fails, source)

    def fits(self, solution: str) -> bool:
        """Tell whether all that this overlay defines stands in one file of the solution."""
        return _names(self.source) - {FAILS} <= _names(solution)

    def splice(self, solution: str) -> str:
        """Return the solution with this overlay's definitions in place of its own.

        Raises SpliceError if the solution has no such name any more, or has it more than once.
        """
        base = _parsed(solution)
        names = [_defined(statement) for statement in base.body]
        body = list(base.body)
        imports: list[cst.SimpleStatementLine] = []
        seen: set[str] = set()
        for statement in cst.parse_module(self.source).body:
            if _is_import(statement):
                imports.append(cst.ensure_type(statement, cst.SimpleStatementLine))
                continue
            name = _defined(statement)
            if name == FAILS or _is_docstring(statement):
                continue
            if name is None:
                raise SpliceError(
                    f"{self.name}: only functions, classes, constants and imports can be laid over"
                )
            if name in seen or names.count(name) != 1:
                times = "twice in the overlay" if name in seen else _times(names.count(name))
                raise SpliceError(f"{self.name}: {name} stands {times}")
            seen.add(name)
            old = body[names.index(name)]
            body[names.index(name)] = statement.with_changes(leading_lines=old.leading_lines)
        if not seen:
            raise SpliceError(f"{self.name} changes nothing")
        return _with_imports(base.with_changes(body=body), imports).code


@cache
def _parsed(solution: str) -> cst.Module:
    # Many overlays are laid over one solution, and parsing it is most of the work.
    return cst.parse_module(solution)


def _times(count: int) -> str:
    return "nowhere in the solution" if count == 0 else f"{count} times in the solution"


def _fails(name: str, tree: ast.Module) -> frozenset[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == [FAILS]:
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                break
            if isinstance(value, set) and value and all(isinstance(v, str) for v in value):
                return frozenset(value)
    raise SpliceError(f'{name} has no FAILS = {{"T1"}} that names the clauses it fails')


@cache
def _names(source: str) -> frozenset[str]:
    """Return what a module defines with `def`, `class` or `=`, fast."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return frozenset(names)


def _defined(statement: cst.CSTNode) -> str | None:
    """Return the one name that a statement at module level defines, if it is of such a kind."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return statement.name.value
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        small = statement.body[0]
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            target = small.targets[0].target
        elif isinstance(small, cst.AnnAssign):
            target = small.target
        else:
            return None
        if isinstance(target, cst.Name):
            return target.value
    return None


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )


def _is_import(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )


def _with_imports(module: cst.Module, imports: list[cst.SimpleStatementLine]) -> cst.Module:
    """Add what is not imported yet after the module's own imports, or after its docstring."""
    bare = cst.Module([])
    have = {bare.code_for_node(_bare(s)) for s in module.body if _is_import(s)}
    new = [_bare(s) for s in imports if bare.code_for_node(_bare(s)) not in have]
    body = list(module.body)
    after = max((i + 1 for i, s in enumerate(body) if _is_import(s)), default=0)
    if after == 0 and body and _is_docstring(body[0]):
        after = 1
    first = [s for s in new if "__future__" in bare.code_for_node(s)]
    rest = [s for s in new if s not in first]
    start = next((i for i, s in enumerate(body) if _is_import(s)), after)
    return module.with_changes(
        body=[*body[:start], *first, *body[start:after], *rest, *body[after:]]
    )


def _bare(statement: cst.CSTNode) -> cst.SimpleStatementLine:
    line = cst.ensure_type(statement, cst.SimpleStatementLine)
    return line.with_changes(leading_lines=(), trailing_whitespace=cst.TrailingWhitespace())
