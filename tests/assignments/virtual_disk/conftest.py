"""The assignment's own files, and its tests as plain functions that can be called here."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from vmlab.bench.disk import Bench
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.disk import Part
from vmlab.testing.loading import load_part

from grader.assignment import load_assignment
from grader.shrinking import use_profile

ROOT = Path(__file__).parents[3]
ASSIGNMENT = ROOT / "assignments" / "virtual_disk"
SOLUTIONS = ROOT / "reference" / "solutions"
FILES = ("disk.py", "qcow2.py")


@dataclass(frozen=True)
class PartTest:
    """A test of the assignment."""

    function: Callable[..., None]
    public: bool

    @property
    def clause(self) -> str:
        return str(self.function.__clause__)  # type: ignore[attr-defined]

    @property
    def number(self) -> str:
        return str(self.function.__number__)  # type: ignore[attr-defined]

    @property
    def weight(self) -> float:
        return float(self.function.__weight__)  # type: ignore[attr-defined]

    def run(self, folder: Path) -> None:
        """Run the test on the part in `folder`, as in a student's folder."""
        part = LocalLink(load_part(folder, "disk"), Interface.of(Part))
        extras = {"set_leaderboard_value": lambda value: None}
        wanted = inspect.signature(self.function).parameters
        self.function(
            bench=Bench(part), **{name: value for name, value in extras.items() if name in wanted}
        )


def _load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tests(folder: Path, public: bool) -> list[PartTest]:
    found = []
    for path in sorted(folder.glob("test_*.py")):
        module = _load(path, f"disk_{'public' if public else 'hidden'}_{path.stem}")
        for name, value in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(value):
                found.append(PartTest(value, public))
    return found


@pytest.fixture(scope="session")
def public_tests() -> list[PartTest]:
    return _tests(ASSIGNMENT / "tests", public=True)


@pytest.fixture(scope="session")
def hidden_tests() -> list[PartTest]:
    # Imported as in grading, so that no example of hypothesis's has to be drawn or done in time.
    settings.register_profile("before", settings.default)
    use_profile()
    try:
        return _tests(ROOT / "grader" / "hidden" / "virtual_disk", public=False)
    finally:
        settings.load_profile("before")


@pytest.fixture(scope="session")
def clauses() -> dict[str, Any]:
    return dict(load_assignment(ASSIGNMENT / "assignment.toml").clauses)


@pytest.fixture(scope="session")
def assignment() -> Path:
    return ASSIGNMENT


@pytest.fixture(scope="session")
def solutions() -> dict[str, str]:
    return {name: (SOLUTIONS / name).read_text(encoding="utf-8") for name in FILES}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def part() -> Any:
    """The solution, in this process."""
    return LocalLink(load_part(SOLUTIONS, "disk"), Interface.of(Part))


@pytest.fixture
def bench(part: Any) -> Bench:
    return Bench(part)
