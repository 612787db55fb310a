"""`grader release` of this project's own course, and by a release alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Course

ROOT = Path(__file__).resolve().parents[3]
UNITS = Course(ROOT).names


@pytest.fixture(scope="module", params=UNITS)
def released(request, tmp_path_factory):
    from grader.release import release

    folder = tmp_path_factory.mktemp("release")
    return release(Course(ROOT).unit(request.param), folder / "student")


def run(folder, *arguments):
    """Run Python in a folder with nothing of this project in its reach but that folder."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**env, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_skeleton_scores_0_in_the_release(released):
    done = run(released, "-m", "vmlab", "check")
    assert done.returncode == 1, done.stderr
    assert "Not written yet" in done.stdout
    assert done.stdout.split("Not written yet")[0].split()[-3:-1] == ["0", "/"]


def test_vmlab_is_the_release_s_own(released):
    done = run(released, "-c", "import vmlab; print(vmlab.__file__)")
    assert Path(done.stdout.strip()).resolve().is_relative_to(released)
    for word in ("grader", "solutions"):
        assert run(released, "-S", "-c", f"import {word}").returncode == 1


def test_the_solution_is_green_in_the_release(released, tmp_path):
    folder = tmp_path / "student"
    shutil.copytree(released, folder)
    for path in released.glob("*.py"):
        shutil.copy(Course(ROOT).solutions / path.name, folder / path.name)
    done = run(folder, "-m", "vmlab", "check")
    assert done.returncode == 0, done.stdout
    plain = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert plain.returncode == 0, plain.stdout


def test_the_command_writes_a_zip_and_refuses_a_second(grader, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    target = tmp_path / "student.zip"
    for name in UNITS[:1]:
        status, out, err = grader("release", name, "-o", target)
        assert (status, err) == (0, "")
        assert out == f"{name} is released in {target}\n"
        status, out, err = grader("release", name, "-o", target)
        assert (status, out) == (2, "")
        assert "exists already" in err
