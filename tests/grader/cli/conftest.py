"""Run a command in this process."""

from __future__ import annotations

import pytest


@pytest.fixture
def grader(monkeypatch, capfd):
    """Return a function that runs `grader ARGUMENTS` and gives (status, stdout, stderr)."""
    from grader.cli import main

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["grader", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capfd.readouterr()
        return caught.value.code, out, err

    return run
