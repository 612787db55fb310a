"""Import a part from its file, and say in a sentence what stops that."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType


class PartUnreadable(Exception):
    """The part's file cannot be imported; the message says where and why, with the line of code."""


def load_part(folder: Path, name: str) -> ModuleType:
    """Run `folder/name.py` as a fresh module, so that nothing is left of an earlier test.

    Other modules of the folder (earlier parts) are run afresh too when the part imports them.
    Raises PartUnreadable, whatever the file does.
    """
    path = folder.resolve() / f"{name}.py"
    _forget(path.parent)
    if str(path.parent) in sys.path:
        sys.path.remove(str(path.parent))
    sys.path.insert(0, str(path.parent))  # before other folders with files of the same names
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # Compiled here, not by the import system: no __pycache__ that could be stale.
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    except KeyboardInterrupt:
        raise
    except OSError as error:
        if error.filename == str(path):
            raise PartUnreadable(f"{name}.py cannot be read: {error.strerror}") from None
        raise PartUnreadable(_where(error, path)) from None
    except BaseException as error:  # the file may raise anything, SystemExit too
        raise PartUnreadable(_where(error, path)) from None
    return module


def own_frames(tb: TracebackType | None, folder: Path) -> list[traceback.FrameSummary]:
    """Return the traceback's frames in Python files of `folder` itself, outermost first."""
    folder = folder.resolve()
    return [f for f in traceback.extract_tb(tb) if Path(f.filename).resolve().parent == folder]


def said(error: BaseException) -> str:
    """Return an exception's type and text; a student's own class may be unable to tell its text."""
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return kind
    return f"{kind}: {text}" if text else kind


def _forget(folder: Path) -> None:
    inside = str(folder)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        where, base = os.path.split(file)
        # One of another folder with the same name would be taken for this folder's.
        known = os.path.splitext(base)[0] == name and os.path.isfile(os.path.join(inside, base))
        if where == inside or known:
            del sys.modules[name]


def _where(error: BaseException, path: Path) -> str:
    line: int | None = None
    file, code = path.name, ""
    what = said(error)
    frames = own_frames(error.__traceback__, path.parent)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        file, line, code = Path(error.filename).name, error.lineno, error.text or ""
        what = f"{type(error).__name__}: {error.msg}"
    elif frames:
        file, line, code = Path(frames[-1].filename).name, frames[-1].lineno, frames[-1].line or ""
    head = f"{file}:{line}: {what}" if line else f"{file}: {what}"
    return f"{head}\n    {code.strip()}" if code.strip() else head
