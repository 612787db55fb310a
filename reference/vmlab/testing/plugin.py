"""The pytest plugin of a student's folder: fixtures `part` and `bench`, and failures that teach.

Loaded by the folder's `tests/conftest.py`. The grader has its own, with the same fixtures, in which
the part is at the far end of a link to a worker.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink

from .assignment import Assignment, AssignmentError, Clause
from .explain import Explanation, explain
from .loading import PartUnreadable, load_part
from .pictures import picture_command

ASSIGNMENT = pytest.StashKey[Assignment]()
BENCH = pytest.StashKey[Callable[[Any], Any]]()
"""In a session's configuration: what makes a bench of a part, in place of the part's own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names another folder's part."""
    parser.addoption(
        "--part-dir",
        type=Path,
        metavar="DIR",
        help="folder of the part to test (default: the one that holds the tests)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Find each test's assignment, and see once that the part can be imported at all."""
    found: dict[Path, Assignment] = {}
    try:
        for item in items:
            if item.path not in found:
                found[item.path] = _assignment(config, item.path)
            item.stash[ASSIGNMENT] = found[item.path]
        for assignment in {a.folder: a for a in found.values()}.values():
            load_part(part_folder(config, assignment), assignment.part)
    except (AssignmentError, PartUnreadable) as error:
        raise pytest.UsageError(str(error)) from None
    manager = config.pluginmanager
    if manager.hasplugin("timeout") or manager.hasplugin("pytest_timeout"):
        for item in items:
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(item.stash[ASSIGNMENT].wall_seconds))


def _assignment(config: pytest.Config, test: Path) -> Assignment:
    """Tests of the instructor's stand elsewhere; then the folder pytest was started in counts."""
    try:
        return Assignment.find(test.parent)
    except AssignmentError:
        return Assignment.find(config.invocation_params.dir)


def part_folder(config: pytest.Config, assignment: Assignment) -> Path:
    """Return the folder whose part is tested."""
    chosen: Path | None = config.getoption("--part-dir")
    return assignment.folder if chosen is None else chosen.resolve()


@pytest.fixture
def part(request: pytest.FixtureRequest) -> Any:
    """Return a link to the part of this folder, fresh for each test."""
    assignment = request.node.stash[ASSIGNMENT]
    module = load_part(part_folder(request.config, assignment), assignment.part)
    protocol = importlib.import_module(f"vmlab.parts.{assignment.part}").Part
    return LocalLink(module, Interface.of(protocol))


@pytest.fixture
def bench(request: pytest.FixtureRequest, part: Any, given: Callable[[str], Any]) -> Any:
    """Return the part's test bench; it has earlier parts, too, if it has room for `given`."""
    name = request.node.stash[ASSIGNMENT].part
    make = request.config.stash.get(BENCH, None)
    made = make(part) if make else importlib.import_module(f"vmlab.bench.{name}").Bench(part)
    if hasattr(made, "given"):
        made.given = given
    return made


@pytest.fixture
def given(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Return what gives an earlier part by name: the complete one that lies in the folder."""
    folder = request.node.stash[ASSIGNMENT].folder
    return lambda name: load_part(folder, name)


class Explained(TerminalRepr):
    """What pytest prints in place of a traceback."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation

    def __str__(self) -> str:
        """Return the whole text."""
        return str(self.explanation)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the text to pytest's terminal."""
        tw.line(str(self.explanation))


def clause_of(item: pytest.Item) -> Clause:
    """Return the clause that a test names."""
    name = getattr(_function(item), "__clause__", "?")
    return item.stash[ASSIGNMENT].clauses.get(name) or Clause(name, "")


def weight_of(item: pytest.Item) -> float:
    """Return the points of a test."""
    return float(getattr(_function(item), "__weight__", 0))


def _function(item: pytest.Item) -> Any:
    return getattr(item, "function", None)


def _picture(item: pytest.Item, assignment: Assignment) -> str:
    """Return the command that draws a test's scenario; empty if there is none."""
    if "bench" not in getattr(item, "fixturenames", ()):
        return ""
    if assignment.folder not in item.path.parents:
        return ""
    file = item.path.relative_to(assignment.folder).as_posix()
    return picture_command(assignment.part, f"{file}::{item.name}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the explanation in the place of the traceback."""
    report = yield
    assignment = item.stash.get(ASSIGNMENT, None)
    if not report.failed or call.excinfo is None or assignment is None:
        return report
    explanation = explain(
        call.excinfo.value,
        assignment,
        clause_of(item),
        weight_of(item),
        " ".join((inspect.getdoc(_function(item)) or "").split()),
        part_folder(item.config, assignment),
        _picture(item, assignment),
    )
    if explanation is not None:
        report.longrepr = Explained(explanation)
    return report
