"""Courses of one assignment whose part runs in the session's own process.

It raises what a link to a worker raises, so that only the session is under test;
`test_grading.py` has real workers.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader.events import EVENT, Broken, Collected, Ended, Started

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
IMPORTS = """\
from gradescope_utils.autograder_utils.decorators import *
from hypothesis import given, settings, strategies as st
from vmlab.hart import HartState
from vmlab.testing import Mismatch, OutOfBudget, clause
from vmlab.trap import IllegalInstruction
"""
TOML = (HERE.parent / "toy_course/assignments/toy/assignment.toml").read_text(encoding="utf-8")

ONE_TEST = """\
@clause("T1")
@weight(2)
@number("1")
def test_it(part):
    "It is asked once."
    if not part.wakes(HartState()):
        raise Mismatch("a scenario", "True", "False", "a rule")
"""


class Toy:
    """A course of one assignment, whose tests and part are given as source."""

    TOML = TOML
    ONE_TEST = ONE_TEST

    def __init__(self, root, server):
        self.root = root
        self.server = server
        (root / "reference/solutions").mkdir(parents=True)
        (root / "assignments/toy/tests").mkdir(parents=True)
        self.settings(TOML)
        self.solution("")

    def settings(self, text):
        (self.root / "assignments/toy/assignment.toml").write_text(text, encoding="utf-8")

    def solution(self, source):
        (self.root / "reference/solutions/traps.py").write_text(source, encoding="utf-8")

    def tests(self, source, name="test_it.py"):
        path = self.root / "assignments/toy/tests" / name
        path.write_text(IMPORTS + textwrap.dedent(source), encoding="utf-8")

    def hidden(self, source):
        folder = self.root / "grader/hidden/toy"
        folder.mkdir(parents=True)
        (folder / "test_hidden.py").write_text(IMPORTS + textwrap.dedent(source))

    def events(self, part=""):
        """Run a session and return what it tells."""
        path = self.root / "part.py"
        path.write_text(
            "from vmlab.link.errors import *\nfrom vmlab.testing import *\n"
            + textwrap.dedent(part),
            encoding="utf-8",
        )
        return [EVENT.validate_json(line) for line in self.server.run(self.root, path)]

    def outcomes(self, part=""):
        """Return the outcome of each test, by name; each must have begun and ended once."""
        first, *rest = self.events(part)
        assert isinstance(first, Collected), first
        wanted = [test.id for test in first.tests]
        assert [event.id for event in rest if isinstance(event, Started)] == wanted
        ended = [event for event in rest if isinstance(event, Ended)]
        assert [event.id for event in ended] == wanted
        return {event.id.rpartition("::")[2]: event.outcome for event in ended}

    def broken(self):
        (event,) = [event for event in self.events() if isinstance(event, Broken)]
        return event.message


class Server:
    """A process that has imported all a session needs, and forks for each one."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "scripted_session.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
        )

    def run(self, *arguments):
        self.process.stdin.write(json.dumps([str(a) for a in arguments]) + "\n")
        self.process.stdin.flush()
        return iter(self.process.stdout.readline, "end\n")

    def close(self):
        self.process.communicate(timeout=10)


@pytest.fixture(scope="package")
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def toy(tmp_path, server):
    return Toy(tmp_path / "course", server)
