"""What must not be in a release: looked for in what it holds, however it came there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from grader.course import Unit
from grader.cut import holes

TELLING = 25
"""Characters from which on a line of a solution is its own, and not what anybody would write."""
WHOLE = 200
"""Bytes from which on two equal files are one file, and not two that had little to say."""


def leaks(unit: Unit, files: Mapping[str, bytes]) -> list[str]:
    """Name each place of a release that gives away what is not for students."""
    private = _private_files(unit)
    secret = _secret_lines(unit)
    found = []
    for path, data in files.items():
        if data in private:
            found.append(f"{path}, which is {private[data]}")
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            text = line.strip()
            if text.startswith(("# BEGIN SOLUTION", "# END SOLUTION")):
                found.append(f"{path}:{number}, a mark of a solution")
            elif text in secret:
                found.append(f"{path}:{number}, a line of {secret[text]}")
        found += [f"{path}, which imports {name}" for name in _forbidden_imports(path, data)]
    return found


def _private_files(unit: Unit) -> dict[bytes, str]:
    """Map the contents of each file that stays with the instructor to its path."""
    root = unit.course.root
    given = {unit.course.solutions / f"{part}.py" for part in unit.settings.given}
    found = {}
    for folder in (root / "grader", unit.course.solutions, root / "reference" / "flawed"):
        for path in sorted(folder.rglob("*.py")):
            data = path.read_bytes()
            if len(data) >= WHOLE and path not in given:
                found[data] = str(path.relative_to(root))
    return found


def _secret_lines(unit: Unit) -> dict[str, str]:
    """Map each telling line of the solutions' holes to the file that it is from.

    Lines that also stand outside the holes are no secret: the skeleton shows them.
    """
    root = unit.course.root
    secret: dict[str, str] = {}
    public: set[str] = set()
    for path in sorted(unit.course.solutions.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = [line.strip() for line in source.splitlines()]
        if path.stem in unit.settings.given:
            public.update(lines)
            continue
        hidden = {n for hole in holes(source, str(path)) for n in range(hole.first, hole.last)}
        for index, line in enumerate(lines):
            if index not in hidden:
                public.add(line)
            elif len(line) >= TELLING:
                secret[line] = str(path.relative_to(root))
    return {line: path for line, path in secret.items() if line not in public}


def _forbidden_imports(path: str, data: bytes) -> list[str]:
    if Path(path).suffix != ".py":
        return []
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return []  # an example that is meant to be broken; it imports nothing either
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return sorted(n for n in names if n.split(".")[0] in ("grader", "solutions", "flawed"))
