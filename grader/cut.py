"""Cut a skeleton out of a solution: what stands between its marks becomes a hole.

# BEGIN SOLUTION T2: state on entry          raise NotImplementedError("T2: state on entry")
hart.mepc = hart.pc                    ==>
# END SOLUTION
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass

from grader.problem import Problem

MARK = re.compile(r"# (BEGIN|END) SOLUTION(?: (\S.*))?")
NEARLY = re.compile(r"#+\s*(begin|end)[\s_-]*soluti?on", re.IGNORECASE)


class CutError(Problem):
    """A solution's marks are wrong; the message is one sentence with the line's number."""


@dataclass(frozen=True)
class Hole:
    """One marked region; `first` and `last` are the lines of its marks, counted from 1."""

    first: int
    last: int
    indent: str
    text: str


def holes(source: str, name: str = "<solution>") -> list[Hole]:
    """Find the marked regions of a solution.

    Raises CutError for marks that are nested, unbalanced, misspelt or not alone on their line.
    """
    found: list[Hole] = []
    opened: tuple[int, str, str] | None = None
    for line, indent, word, text in _marks(source, name):
        where = f"{name}:{line}"
        if word == "BEGIN":
            if opened:
                raise CutError(f"{where}: BEGIN SOLUTION inside the one of line {opened[0]}")
            opened = (line, indent, text)
            continue
        if not opened:
            raise CutError(f"{where}: END SOLUTION without a BEGIN SOLUTION")
        if indent != opened[1]:
            raise CutError(f"{where}: END SOLUTION is not indented as its BEGIN, line {opened[0]}")
        found.append(Hole(opened[0], line, indent, opened[2]))
        opened = None
    if opened:
        raise CutError(f"{name}:{opened[0]}: BEGIN SOLUTION without an END SOLUTION")
    return found


def _marks(source: str, name: str) -> list[tuple[int, str, str, str]]:
    """List (line, indent, BEGIN or END, text). Only comments count, not text in a string."""
    found = []
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise CutError(f"{name}:{error.lineno}: not Python: {error.msg}") from None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not NEARLY.match(token.string):
            continue
        line, column = token.start
        mark = MARK.fullmatch(token.string.rstrip())
        indent = token.line[:column]
        if mark is None or indent.strip() or (mark[1] == "END" and mark[2]):
            raise CutError(
                f"{name}:{line}: a mark stands alone on its line and reads "
                "'# BEGIN SOLUTION T1: what is missing' or '# END SOLUTION'"
            )
        found.append((line, indent, mark[1], (mark[2] or "").strip()))
    return found


def cut(source: str, name: str = "<solution>") -> str:
    """Return the skeleton of a solution. Raises CutError if it would not be a Python module.

    A region in a function becomes a raise; one at the level of the module leaves nothing.
    """
    lines = source.splitlines(keepends=True)
    raises: set[int] = set()
    kept: list[str] = []
    position = 0
    for hole in holes(source, name):
        kept += lines[position : hole.first - 1]
        position = hole.last
        if hole.indent:
            call = f'("{_escaped(hole.text)}")' if hole.text else ""
            kept.append(f"{hole.indent}raise NotImplementedError{call}\n")
            raises.add(len(kept))
        else:
            position = _close_gap(kept, lines, position)
    kept += lines[position:]
    skeleton = "".join(kept).rstrip("\n") + "\n"
    _check(skeleton, raises, name)
    return skeleton


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _close_gap(kept: list[str], lines: list[str], position: int) -> int:
    """Skip blank lines after a removed region where there are blank lines before it."""
    if not kept or not kept[-1].strip():
        while position < len(lines) and not lines[position].strip():
            position += 1
    return position


def _check(skeleton: str, raises: set[int], name: str) -> None:
    try:
        tree = ast.parse(skeleton)
    except SyntaxError as error:
        raise CutError(f"{name}: without its regions this is not Python: {error}") from None
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside |= {n.lineno for n in ast.walk(node) if isinstance(n, ast.Raise)}
    if raises - inside:
        raise CutError(f"{name}: a region outside a function must not be indented")
