"""A file is whole, or it is as it was."""

import errno
import os

import pytest

from grader.atomic import write_text


def test_it_replaces_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "results.json"
    write_text(path, "one")
    write_text(path, "zwölf \ud800")
    assert path.read_text(encoding="utf-8") == "zwölf ?"
    assert os.listdir(path.parent) == ["results.json"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "results.json"
    write_text(path, "old")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["results.json"]


def test_ctrl_c_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_text(path, "old")

    def struck(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", struck)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["results.json"]
