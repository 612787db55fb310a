"""What `make` says when it cannot set itself up; and it leaves nothing half made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def make(tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)

    def call(*arguments):
        done = subprocess.run(
            ["make", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert not (tmp_path / ".venv").exists()
        return done.returncode, done.stdout, done.stderr

    return call


def program(tmp_path, text):
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_help(make):
    status, out, _ = make()
    assert status == 0
    assert all(f"make {target}" in out for target in ("grade", "test", "lint"))


@pytest.mark.parametrize("target", ["grade", "test", "lint"])
def test_no_python(make, target):
    status, _, err = make(target, "PYTHON=")
    assert status == 2
    assert "make: no Python >= 3.10 found; install one" in err


def test_python_without_venv(make, tmp_path):
    broken = program(tmp_path, '[ "$1" = -c ] && exit 0; mkdir -p .venv/bin; exit 1\n')
    status, _, err = make("grade", f"PYTHON={broken}")
    assert status == 2
    assert "cannot make a virtual environment" in err
    assert "apt install python3-venv" in err


def test_python_too_old_is_told(make, tmp_path):
    old = program(tmp_path, "exit 1\n")
    status, _, err = make("grade", f"PYTHON={old}")
    assert status == 2
    assert f"make: {old} is no Python >= 3.10" in err
