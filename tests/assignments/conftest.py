"""What the tests of an assignment's own files share: the folder's name says which assignment."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.testing.loading import load_part

from grader.cases import overlaid
from grader.course import Course, Unit
from grader.shrinking import use_profile
from grader.splice import Overlay

COURSE = Course.find(Path(__file__).parents[2])


@dataclass(frozen=True)
class PartTest:
    """A test of the assignment, as a plain function that can be called here."""

    function: Callable[..., None]
    public: bool
    part: str

    @property
    def clause(self) -> str:
        return str(self.function.__clause__)  # type: ignore[attr-defined]

    @property
    def number(self) -> str:
        return str(self.function.__number__)  # type: ignore[attr-defined]

    @property
    def weight(self) -> float:
        return float(self.function.__weight__)  # type: ignore[attr-defined]

    @property
    def wanted(self) -> list[str]:
        """The fixtures that it asks for."""
        return list(inspect.signature(self.function).parameters)

    def run(self, folder: Path) -> None:
        """Run the test on the part in `folder`, as in a student's folder."""
        fixtures: dict[str, Any] = {
            "bench": make_bench(folder, self.part),
            "given": lambda name: load_part(COURSE.solutions, name),
            "set_leaderboard_value": lambda value: None,
        }
        self.function(**{name: fixtures[name] for name in self.wanted})


def make_part(folder: Path, name: str) -> LocalLink:
    """Load the part `name` of a folder, in this process."""
    protocol = importlib.import_module(f"vmlab.parts.{name}").Part
    return LocalLink(load_part(folder, name), Interface.of(protocol))


def make_bench(folder: Path, name: str) -> Any:
    """Return the bench of the part `name` of a folder."""
    return importlib.import_module(f"vmlab.bench.{name}").Bench(make_part(folder, name))


def _load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _tests(folder: Path, public: bool, part: str) -> list[PartTest]:
    found = []
    for path in sorted(folder.glob("test_*.py")):
        module = _load(path, f"{part}_{'public' if public else 'hidden'}_{path.stem}")
        for name, value in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(value):
                found.append(PartTest(value, public, part))
    return found


@pytest.fixture(scope="module")
def unit(request: pytest.FixtureRequest) -> Unit:
    return COURSE.unit(request.path.parent.name)


@pytest.fixture(scope="module")
def public_tests(unit: Unit) -> list[PartTest]:
    return _tests(unit.public_tests, True, unit.settings.part)


@pytest.fixture(scope="module")
def hidden_tests(unit: Unit) -> list[PartTest]:
    # Imported as in grading, so that no example of hypothesis's has to be drawn or done in time.
    settings.register_profile("before", settings.default)
    use_profile()
    try:
        return _tests(unit.hidden_tests, False, unit.settings.part)
    finally:
        settings.load_profile("before")


@pytest.fixture(scope="module")
def clauses(unit: Unit) -> dict[str, Any]:
    return dict(unit.settings.clauses)


@pytest.fixture(scope="module")
def assignment(unit: Unit) -> Path:
    return unit.folder


@pytest.fixture(scope="module")
def solutions(unit: Unit) -> dict[str, str]:
    """The files to hand in, complete: name to text."""
    folder = unit.course.solutions
    return {name: (folder / name).read_text(encoding="utf-8") for name in unit.settings.files}


@pytest.fixture(scope="session")
def root() -> Path:
    return COURSE.root


@pytest.fixture
def hand_in(unit: Unit, solutions: dict[str, str], tmp_path: Path) -> Callable[[str], Path]:
    """Return what writes the solution, under the overlay that is given as text, to a folder.

    The earlier parts, which the assignment is given, lie there too.
    """

    def write(overlay: str) -> Path:
        for part in unit.settings.given:
            shutil.copy(unit.course.solutions / f"{part}.py", tmp_path)
        laid = Overlay.read("overlay.py", overlay, unit.settings.clauses)
        for name, text in overlaid(solutions, laid, unit.solution.name).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def flawed(unit: Unit, hand_in: Callable[[str], Path]) -> Callable[[str], Path]:
    """Return what writes a flawed submission, by its name, to a folder."""
    return lambda name: hand_in((unit.flawed / f"{name}.py").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def load_bench() -> Callable[[Path, str], Any]:
    """Give the function that makes the bench of a part in a folder."""
    return make_bench


@pytest.fixture
def bench(unit: Unit) -> Any:
    """The bench of the solution."""
    return make_bench(unit.course.solutions, unit.settings.part)
