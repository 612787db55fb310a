"""`vmlab view` in a student's folder: what a failure names is drawn, and bad use is a sentence."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from grader.release import contents
from grader.splice import Overlay


@pytest.fixture(scope="module")
def folder(tmp_path_factory, unit):
    """A release, without its check for leaks."""
    target = tmp_path_factory.mktemp("release")
    for path, data in contents(unit).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    return target


@pytest.fixture
def hand_in(folder, solutions, unit):
    """Return what puts a flawed submission there, or the solution."""

    def put(name="", extra=""):
        source = solutions["shadow.py"]
        if name:
            overlay = (unit.flawed / f"{name}.py").read_text(encoding="utf-8")
            source = Overlay.read(name, overlay, unit.settings.clauses).splice(source)
        (folder / "shadow.py").write_text(source + extra, encoding="utf-8")

    return put


@pytest.fixture
def vmlab(folder):
    def call(*arguments, where="", columns="80", **variables):
        environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": columns, **variables}
        environment.setdefault("PYTHONIOENCODING", "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "vmlab", *arguments],
            cwd=folder / where,
            env=environment,
            capture_output=True,
            timeout=100,
        )
        done.stdout = done.stdout.decode(errors="replace").replace("\r\n", "\n")
        done.stderr = done.stderr.decode(errors="replace").replace("\r\n", "\n")
        return done

    return call


def test_the_command_of_a_failure_draws_it(vmlab, hand_in):
    hand_in("fence_without_flush")
    checked = vmlab("check", "S10")
    commands = re.findall(r"^ +see it +(vmlab .*)$", checked.stdout, re.MULTILINE)
    assert commands == ["vmlab view tests/test_3_fences.py::test_fences"]
    done = vmlab(*shlex.split(commands[0])[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("S10  Fences: test_fences\n")
    assert "\n✗    7  ld at 0x400000: done, at guest-physical 0x80020000\n" in done.stdout
    assert (
        "✗ I5, S10: not in the shadow, but the MMU remembers it (no flush): stale:" in done.stdout
    )
    assert done.stdout.endswith("\n1 difference\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    wide = vmlab("view", "test_fences", columns="120").stdout
    assert 80 < max(map(len, wide.splitlines())) <= 120


def test_the_handout_shows_what_is_drawn(vmlab, hand_in, assignment):
    hand_in("fence_without_flush")
    drawn = vmlab("view", "test_fences").stdout.splitlines()
    handout = (assignment / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```\n(What was done\n.*?)^```$", handout, re.MULTILINE | re.DOTALL)
    assert shown is not None
    for line in shown[1].splitlines():
        assert line in drawn


def test_no_colour_and_no_unicode(vmlab, hand_in):
    hand_in("fence_without_flush")
    done = vmlab("view", "test_fences", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "\nX    7  ld at" in done.stdout
    assert "?" not in done.stdout
    coloured = vmlab("view", "test_fences", FORCE_COLOR="1", TERM="xterm").stdout
    assert "\x1b" in coloured
    assert (
        "\x1b"
        not in vmlab("view", "test_fences", FORCE_COLOR="1", NO_COLOR="1", TERM="dumb").stdout
    )


def test_a_step_before(vmlab, hand_in):
    hand_in("fence_without_flush")
    done = vmlab("view", "tests/test_3_fences.py::test_fences", "--step", "6")
    assert (done.returncode, done.stderr) == (0, "")
    assert "after      step 6" in done.stdout
    assert "     6  the guest fences everything" in done.stdout
    assert "     7  " not in done.stdout


def test_a_page(vmlab, hand_in, tmp_path):
    hand_in("superpage_low_bits_of_the_entry")
    file = tmp_path / "picture.html"
    done = vmlab("view", "test_a_superpage", "--html", str(file))
    assert (done.returncode, done.stdout) == (0, f"{file}: test_a_superpage, 1 difference\n")
    assert "I1, S8: loads and fetches at 0x80000000" in file.read_text(encoding="utf-8")
    done = vmlab("view", "test_a_superpage", "--html", str(tmp_path / "none" / "a.html"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_what_passes_can_be_drawn(vmlab, hand_in):
    hand_in()
    done = vmlab("view", "test_5_kernel.py", where="tests")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1  M-mode, pc 0x80000000: fetch fault at 0x80000000: RETRY" in done.stdout
    assert "are not shown" in done.stdout
    assert len(done.stdout.splitlines()) < 100
    done = vmlab("view", "test_fences", where="tests")
    assert "test       passes; this is its end" in done.stdout
    assert done.stdout.endswith("\nno difference\n")


def test_the_skeleton_can_be_drawn(vmlab, folder, assignment):
    (folder / "shadow.py").write_bytes((assignment / "shadow.py").read_bytes())
    done = vmlab("view", "test_a_mapped_page")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"to write   S\d+: ", done.stdout)
    assert "root stopped with NotImplementedError" in done.stdout
    assert done.stdout.endswith("\nno shadow\n")


def test_wrong_use_is_one_sentence_and_2(vmlab, hand_in, tmp_path):
    hand_in()
    for arguments, sentence in (
        (["test_fence"], "no public test is called test_fence; is it test_fences?"),
        (["tests/test_3_fences.py::test_x"], "no public test is called"),
        (["tests/test_3_fences.py"], "is 4 tests, name one of them: test_two_address_spaces,"),
        (["test_fences", "--step", "99"], "test_fences has 23 steps with this part"),
    ):
        done = vmlab("view", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("vmlab: ")
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
    done = vmlab("view", "test_fences", where=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("vmlab: no assignment.toml in")


def test_a_part_that_cannot_be_loaded_is_one_sentence_and_1(vmlab, hand_in):
    hand_in(extra="\ndef f(:\n")
    done = vmlab("view", "test_fences")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(r"vmlab: shadow\.py:\d+: SyntaxError: ", done.stderr)


def test_a_part_that_hangs_is_drawn_as_far_as_it_came(vmlab, hand_in, folder):
    settings = folder / "assignment.toml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before.replace("wall_seconds = 30", "wall_seconds = 1"), encoding="utf-8")
    hand_in(extra="\n\ndef fence(host, address, asid):\n    while True:\n        pass\n")
    done = vmlab("view", "test_fences")
    settings.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert "vmlab: test_fences does not end: no answer within 1 s\n" in done.stderr
    if sys.platform != "win32":
        assert "     6  the guest fences everything" in done.stdout


def test_another_assignment_has_no_pictures(vmlab, hand_in, folder, root, tmp_path):
    hand_in()
    for name in ("assignment.toml", "traps.py"):
        data = (root / "assignments" / "traps" / name).read_bytes()
        (tmp_path / name).write_bytes(data)
    done = vmlab("view", "test_x", where=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "there are no pictures of 'Traps" in done.stderr or "no pictures of" in done.stderr
    assert done.stderr.count("\n") == 1
