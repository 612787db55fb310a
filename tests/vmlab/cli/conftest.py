"""Run a command in this process."""

from __future__ import annotations

import pytest
from vmlab.cli import main


@pytest.fixture
def vmlab(monkeypatch, capfd):
    """Return a function that runs `vmlab ARGUMENTS` and gives (status, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["vmlab", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capfd.readouterr()
        return caught.value.code, out, err

    return run
