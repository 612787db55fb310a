"""Images of the toy course on a real engine; without one these tests are skipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader.course import Course
from grader.image.build import GRADESCOPE_BASE, HOME_BASE, build
from grader.image.engine import engine
from grader.problem import Problem

ROOT = Path(__file__).parent.parent.parent.parent
TOY = Path(__file__).parent.parent / "toy_course"
TAG = "vmlab-grader:tests"


@pytest.fixture(scope="session")
def client():
    try:
        with engine(patience=600) as client:
            yield client
    except Problem as problem:
        pytest.skip(str(problem))


def _built(client, base, *arguments, **more):
    from docker.errors import DockerException

    try:
        client.images.get(base)
    except DockerException:
        try:
            client.images.pull(base)
        except DockerException as error:
            pytest.skip(f"the base image {base} cannot be had: {error}")
    return build(client, *arguments, **more)


@pytest.fixture(scope="session")
def home(client):
    """The image to grade the toy course with."""
    return _built(client, HOME_BASE, Course(TOY), tag=TAG)


@pytest.fixture(scope="session")
def custom(client):
    """The image for Gradescope."""
    course = Course(TOY)
    tag = "vmlab-toy:gradescope-tests"
    return _built(client, GRADESCOPE_BASE, course, course.unit("toy"), tag=tag)


class Grader:
    """The command line, in a folder of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / "class"

    def hand_in(self, **sources: str) -> None:
        for name, source in sources.items():
            (self.folder / name).mkdir(parents=True)
            (self.folder / name / "traps.py").write_text(textwrap.dedent(source))

    def command(self, *arguments: str) -> list[str]:
        code = "from grader.cli import main; main()"
        whole = [sys.executable, "-c", code, "--course", str(TOY), "grade", "toy"]
        return [*whole, str(self.folder), *arguments]

    def options(self) -> dict:
        path = f"{ROOT / 'reference'}{os.pathsep}{ROOT}"
        environment = {**os.environ, "PYTHONPATH": path}
        return {"cwd": self.place, "env": environment, "text": True}

    def grade(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments), **self.options(), capture_output=True, timeout=280
        )

    def results(self, out: str) -> dict[str, str]:
        found = {}
        for path in sorted((self.place / out).rglob("results.json")):
            found[path.parent.name] = self.timeless(path.read_text())
        return found

    @staticmethod
    def timeless(text: str) -> str:
        """Return a results.json without the only thing that may differ."""
        json.loads(text)
        return "\n".join(line for line in text.splitlines() if '"execution_time"' not in line)


@pytest.fixture
def grader(tmp_path):
    return Grader(tmp_path)
