"""`vmlab timeline` in a student's folder: what a failure names is drawn; bad use is a sentence."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course import Course
from grader.release import contents

ROOT = Path(__file__).parents[3]
SOLUTION = ROOT / "reference" / "solutions" / "vmm.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A release, without its check for leaks, with a VMM that forgets signs."""
    target = tmp_path_factory.mktemp("release")
    for path, data in contents(Course(ROOT).unit("vmm")).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    source = SOLUTION.read_text(encoding="utf-8")
    signs = "        value = extended(value, decoded.instruction.width)\n"
    flawed = source.replace(signs, "        pass\n")
    assert flawed != source
    (target / "vmm.py").write_text(flawed, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def vmlab(folder):
    def call(*arguments, columns="80", **variables):
        environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": columns, **variables}
        environment.setdefault("PYTHONIOENCODING", "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "vmlab", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=100,
        )
        done.stdout = done.stdout.decode(errors="replace").replace("\r\n", "\n")
        done.stderr = done.stderr.decode(errors="replace").replace("\r\n", "\n")
        return done

    return call


def test_the_command_of_a_failure_draws_it(vmlab):
    checked = vmlab("check", "V4")
    commands = re.findall(r"^ +see it +(vmlab .*)$", checked.stdout, re.MULTILINE)
    assert commands == ["vmlab timeline tests/test_2_devices.py::test_widths_and_signs"]
    done = vmlab(*shlex.split(commands[0])[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("V4  Loads and stores of devices: test_widths_and_signs\n")
    assert "VM 1: load page fault at 0x10000007 -> emulated" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert "see it" not in done.stdout


def test_a_stretch_a_wide_terminal_and_plain_letters(vmlab):
    done = vmlab("timeline", "test_hello", "--from", "100", "--to", "150", columns="120")
    assert "Host time 100 to 150; a column is 1 tick" in done.stdout
    assert 80 < max(map(len, done.stdout.splitlines())) <= 120
    plain = vmlab("timeline", "test_hello", PYTHONIOENCODING="ascii").stdout
    assert plain.isascii()
    assert re.search(r"^VM 1 vm1 +@+", plain, re.MULTILINE)


def test_a_page(vmlab, folder):
    done = vmlab("timeline", "test_hello", "--html", "picture.html")
    assert done.stdout == "picture.html: test_hello, 1 VM, 28 exits\n"
    text = (folder / "picture.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<pre>hello from 5eed\n</pre>" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["timeline", "test_routes"], "nothing to draw: test_routes runs no VM"),
        (["timeline", "test_hallo"], "no public test is called test_hallo; is it test_hello?"),
        (["timeline", "test_hello", "--from", "9999"], "nothing to draw: host time ends at 198"),
        (
            ["view", "test_hello"],
            "there are no pictures of 'A virtual machine monitor'; use vmlab timeline",
        ),
    ],
)
def test_bad_use_is_a_sentence(vmlab, arguments, sentence):
    done = vmlab(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"vmlab: {sentence}\n")
