"""Grading sessions whose part is a module in the same process: for tests of the session alone.

Reads lines [COURSE, PART.py] of JSON from standard input, forks for each a process that runs the
tests of the assignment `toy`, and prints that one's events, a line each, and a line "end". The
part's functions may raise what a link to a real worker raises.
"""

import importlib.util
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import hypothesis  # noqa: F401  here once, not in every child
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink

from grader.course import Course
from grader.session import run_tests


class ScriptedWorker:
    def __init__(self, module):
        self._module = module
        self.output = getattr(module, "OUTPUT", "")

    def link(self, interface: Interface):
        if hasattr(self._module, "link"):
            return self._module.link()
        return LocalLink(self._module, interface)


class ScriptedWorkers:
    def __init__(self, path: Path):
        self._path = path

    @contextmanager
    def worker(self, ram=None):
        spec = importlib.util.spec_from_file_location("scripted_part", self._path)
        module = importlib.util.module_from_spec(spec)
        module.DESCRIPTOR = ram
        spec.loader.exec_module(module)
        yield ScriptedWorker(module)


def run(course, part):
    out = sys.stdout.buffer

    def send(event):
        out.write(event.model_dump_json().encode() + b"\n")
        out.flush()

    run_tests(Course(Path(course)).unit("toy"), ScriptedWorkers(Path(part)), send)


def main():
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                run(*json.loads(line))
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.waitpid(child, 0)
        print("end", flush=True)


if __name__ == "__main__":
    main()
