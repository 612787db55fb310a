"""A disk that is really full: one sentence, nothing half written, nobody graded who was not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import walls

ROOT = Path(__file__).parent.parent.parent
TOY = Path(__file__).parent / "toy_course"
SOLUTION = (TOY / "reference/solutions/traps.py").read_text()
KINDS = {"good": (SOLUTION, 10), "wrong": (SOLUTION.replace("bool(", "not bool("), None)}
BYTES = 4 << 20

lacking = walls.missing()
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(lacking), reason=f"walls missing: {', '.join(lacking)}"),
]


@pytest.fixture
def disk(tmp_path):
    """A file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={BYTES},mode=1777", "tmpfs", str(place)],
        capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"no file system can be mounted: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def grade(tmp_path):
    """Grade a class of four, with scratch folders in one place and reports in another."""
    folder = tmp_path / "class"
    for number in range(2):
        for kind, (source, _) in KINDS.items():
            (folder / f"{kind}{number}").mkdir(parents=True)
            (folder / f"{kind}{number}" / "traps.py").write_text(source)

    def run(scratch, out):
        code = "from grader.cli import main; main()"
        path = f"{ROOT / 'reference'}{os.pathsep}{ROOT}"
        done = subprocess.run(
            [
                *(sys.executable, "-B", "-c", code, "--course", str(TOY), "grade", "toy"),
                *(str(folder), "--out", str(out), "--isolation", "process", "--jobs", "2"),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(scratch)},
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def fill(disk, left=0):
    """Leave `left` bytes free."""
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - left)))


def scores(out):
    """Return the score of each report there is; each must be whole."""
    found = {}
    for path in out.rglob("results.json"):
        given = json.loads(path.read_text())
        found[path.parent.name] = given.get("score")
    return found


@pytest.mark.parametrize("left", [0, 8192, 24_576])
def test_reports_on_a_full_disk(disk, grade, tmp_path, left):
    scratch, out = tmp_path / "scratch", disk / "out"
    scratch.mkdir()
    fill(disk, left)
    done = grade(scratch, out)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert "disk is full" in said, said
    kept = scores(out)
    assert all(score == 10 for name, score in kept.items() if name.startswith("good"))
    assert not list(out.rglob("*.tmp*"))
    (disk / "ballast").unlink()
    assert grade(scratch, out).returncode == 0
    whole = scores(out)
    assert len(whole) == 4
    assert kept.items() <= whole.items()


@pytest.mark.parametrize("left", [0, 65_536, 1 << 20])
def test_scratch_on_a_full_disk(disk, grade, tmp_path, left):
    out = tmp_path / "out"
    fill(disk, left)
    done = grade(disk, out)
    kept = scores(out)
    # Whoever has a score has the right one; who has none is told that it is no fault of theirs.
    for name, score in kept.items():
        assert score is None or not name.startswith("good") or score == 10
        if score is None:
            assert "fault of the grader" in (next(out.rglob(f"{name}/results.json"))).read_text()
    if None in kept.values() or len(kept) < 4:
        assert done.returncode != 0
        assert "full" in done.stdout + done.stderr
    (disk / "ballast").unlink()
    again = tmp_path / "again"
    shutil.rmtree(out, ignore_errors=True)
    assert grade(tmp_path, again).returncode == 0
    whole = scores(again)
    assert len(whole) == 4
    assert {n: s for n, s in kept.items() if s is not None}.items() <= whole.items()
