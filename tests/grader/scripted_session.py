"""A grading session whose part is a module in the same process: for tests of the session alone.

Run as a program: COURSE ASSIGNMENT PART.py. The part's functions may raise what a link to a real
worker raises. Events are printed, one JSON line each.
"""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path

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
    def worker(self):
        spec = importlib.util.spec_from_file_location("scripted_part", self._path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield ScriptedWorker(module)


def main():
    course, assignment, part = sys.argv[1:]
    out = sys.stdout.buffer

    def send(event):
        out.write(event.model_dump_json().encode() + b"\n")
        out.flush()

    workers = None if part == "-" else ScriptedWorkers(Path(part))
    run_tests(Course(Path(course)).unit(assignment), workers, send)


if __name__ == "__main__":
    main()
