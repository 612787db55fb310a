"""pytest in this process, on the folder's public tests, with nothing printed by it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from vmlab.testing.assignment import Assignment

from .problem import Problem

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter


class _Terminal:
    """Stands for pytest's reporter: what strikes when a test's time is over asks for its writer."""

    def __init__(self, writer: TerminalWriter) -> None:
        self._tw = writer


def run_tests(assignment: Assignment, plugin: object) -> None:
    """Run the tests that `plugin` leaves. Raise Problem if there are none, Abort for Ctrl-C.

    In this process, so that a debugger steps from the test into the part.
    """
    import pytest  # only here: the other commands start without it
    from _pytest._io import TerminalWriter

    tests = assignment.folder / "tests"
    if not tests.is_dir():
        raise Problem(f"{assignment.folder} has no folder tests/ with the public tests")

    class Terminal:
        @staticmethod
        def pytest_configure(config: pytest.Config) -> None:
            config.pluginmanager.register(_Terminal(TerminalWriter(sys.stderr)), "terminalreporter")

    # The settings of a project around this folder must not change what a check says; the part
    # may print at import while pytest collects, which belongs to nobody's report.
    options = [str(tests), f"--rootdir={assignment.folder}", "-c", os.devnull]
    options += ["--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:terminal"]
    options += ["-p", "vmlab.testing.plugin"]
    sys.dont_write_bytecode = True
    status = pytest.main(options, plugins=[plugin, Terminal()])
    broken = getattr(plugin, "broken", "")
    if status == pytest.ExitCode.INTERRUPTED and not broken:
        raise typer.Abort
    if broken:
        raise Problem(f"the tests cannot be loaded: {broken}")
