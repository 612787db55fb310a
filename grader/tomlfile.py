"""TOML files into models, with errors that name the line and what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from grader.problem import Problem
from grader.text import one_line

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


def load(path: Path, model: type[T]) -> T:
    """Read the TOML file `path` as a `model`. Raise Problem if it is missing, broken or wrong."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise Problem(f"{path} does not exist; create it.") from None
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Problem(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(_syntax(path, text, str(error))) from None
    try:
        loaded: T = TypeAdapter(model).validate_python(data)
    except ValidationError as error:
        raise Problem(_wrong(path, text, error)) from None
    return loaded


def _syntax(path: Path, text: str, message: str) -> str:
    # tomllib puts the place at the end: "... (at line 3, column 7)" or "(at end of document)".
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    reason = re.sub(r"\s*\(at .*\)$", "", message)
    line = int(found.group(1)) if found else text.count("\n") + 1
    return f"{path}, line {line}: this is not TOML ({reason}); correct that line."


def _wrong(path: Path, text: str, error: ValidationError) -> str:
    details = error.errors(include_url=False)
    first = details[0]
    # pydantic marks a wrong key of a mapping by a last step "[key]", which is no key of the file.
    keys = [str(step) for step in first["loc"] if step != "[key]"]
    name = ".".join(keys)
    if first["type"] == "missing":
        what = f"{name} is missing; add it"
    elif first["type"] == "extra_forbidden":
        what = f"{name} is not a known setting; remove it, or correct its name"
    else:
        what = (
            f"{name} is wrong: {_lower(first['msg'])} (it is {one_line(repr(first['input']), 60)})"
        )
    more = f" {len(details) - 1} more like it." if len(details) > 1 else ""
    return f"{path}, line {line_of(text, keys)}: {what}.{more}"


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def line_of(text: str, keys: list[str]) -> int:
    """Return the number of the line that sets `keys`, or of the nearest table around it; else 1."""
    table: list[str] = []
    seen: dict[str, int] = {}  # index of the last table of each [[array of tables]]
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
        setting = re.match(r"""\s*([\w."'-]+)\s*=""", line)
        if header:
            name = header.group(1)
            table = _keys(name)
            if line.lstrip().startswith("[["):
                seen[name] = seen.get(name, -1) + 1
                table = [*table, str(seen[name])]
            here = table
        elif setting:
            here = table + _keys(setting.group(1))
        else:
            continue
        shared = 0
        while shared < min(len(here), len(keys)) and here[shared] == keys[shared]:
            shared += 1
        # Only a line whose whole path leads to the field; the deepest one wins, the first of those.
        if shared == len(here) and shared > depth:
            best, depth = number, shared
    return best


def _keys(dotted: str) -> list[str]:
    return [key.strip().strip("\"'") for key in dotted.split(".")]
