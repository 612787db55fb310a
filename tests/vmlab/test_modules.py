from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from vmlab.modules import another

SOURCE = """count = 0
def more():
    global count
    count += 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "keeps_state.py").write_text(
        "count = 0\ndef more():\n    global count\n    count += 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("keeps_state", None)


def test_each_copy_has_a_state_of_its_own(folder: Path) -> None:
    one, two = another("keeps_state"), another("keeps_state")
    one.more()
    one.more()
    two.more()
    assert (one.count, two.count, sys.modules["keeps_state"].count) == (2, 1, 0)


def test_errors_name_the_file(folder: Path) -> None:
    assert another("keeps_state").more.__code__.co_filename == str(folder / "keeps_state.py")
