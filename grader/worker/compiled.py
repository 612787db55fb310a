"""A submission's code, compiled once for all its workers, since that takes longer than a fork.

Compiling runs none of it, but what the compiler is fed is a student's all the same: it happens in a
process of its own behind the walls, and what comes out is opened by workers only.
"""

from __future__ import annotations

import marshal
import os
import signal
import warnings
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from . import walls
from .descriptors import close_all_but

CPU_SECONDS, WALL_SECONDS = 2, 10
MOST = 32 << 20
"""Bytes of compiled code that are kept."""


def compile_apart(config: dict[str, Any], ruleset: int | None) -> bytes:
    """Return the submission's compiled code, as `use` takes it; nothing if that fails."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _compile_behind_walls(config, ruleset, writing)
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        code = pipe.read(MOST)
    _, status = os.waitpid(pid, 0)
    return code if status == 0 else b""


def use(code: bytes) -> None:
    """Have imports take compiled code where there is some; what it lacks is compiled as ever."""
    if not code:
        return
    ready: dict[str, bytes] = marshal.loads(code)
    compile_source = SourceFileLoader.source_to_code

    def source_to_code(self: SourceFileLoader, data: Any, path: Any, **options: Any) -> Any:
        body = ready.get(path)
        return compile_source(self, data, path, **options) if body is None else marshal.loads(body)

    SourceFileLoader.source_to_code = source_to_code  # type: ignore[method-assign, assignment]


def _compile_behind_walls(config: dict[str, Any], ruleset: int | None, writing: int) -> None:
    os.dup2(1, 2)
    close_all_but({0, 1, 2, writing} if ruleset is None else {0, 1, 2, writing, ruleset})
    signal.alarm(WALL_SECONDS)
    policy = dict(config["walls"])
    if policy["seccomp"]:
        policy["seccomp"] = {**policy["seccomp"], "listen": ""}  # nobody would listen
    limits = {**config["limits"], "cpu_seconds": CPU_SECONDS}
    walls.raise_around_self(policy, ruleset, None, limits, None)
    # Whatever is to be said about a source is said where it is imported.
    warnings.simplefilter("error")
    done = {}
    for path in Path(config["submission"]).rglob("*.py"):
        try:
            done[str(path)] = marshal.dumps(
                compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            )
        except (SyntaxError, ValueError, OverflowError, RecursionError):
            continue
    with open(writing, "wb") as pipe:
        pipe.write(marshal.dumps(done))
