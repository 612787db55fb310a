"""The exercise `type2.py`: the VMM as a program, on files and a terminal of the host."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vmlab.block import SECTOR
from vmlab.testing.loading import load_part

ROOT = Path(__file__).parents[3]
SOLUTIONS = ROOT / "reference" / "solutions"
TESTS = ROOT / "assignments" / "vmm" / "tests"
NUMBERED = b"".join(bytes([number]) * SECTOR for number in range(1, 33))


def type2(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, SOLUTIONS / "type2.py", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "reference"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["hello", "timer", "processes"])
def test_a_guest_prints_in_the_terminal(name: str) -> None:
    done = type2(TESTS / f"{name}.S")
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout == (TESTS / f"{name}.txt").read_bytes()


def test_its_disk_is_a_file(tmp_path: Path) -> None:
    image, before = tmp_path / "disk.img", NUMBERED
    image.write_bytes(before)
    done = type2(TESTS / "disk.S", "--disk", image)
    assert (done.stderr, done.returncode) == (b"", 0)
    assert done.stdout == (TESTS / "disk.txt").read_bytes()
    after = image.read_bytes()
    assert len(after) == len(before)
    # It writes sectors 1 to 4.
    assert (after[:512], after[2560:]) == (before[:512], before[2560:])
    assert after[512:2560] != before[512:2560]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nothing.S",), b"type2: nothing.S cannot be read"),
        ((TESTS / "hello.S", "--disk", "nothing.img"), b"type2: [Errno 2] No such file"),
        ((TESTS / "hello.S", "--pages", "0"), b"type2: VM guest has 0 pages"),
        ((TESTS / "console.S",), b"type2: the guest waits for what never comes"),
    ],
)
def test_bad_use_is_a_sentence(arguments: tuple[object, ...], sentence: bytes) -> None:
    done = type2(*arguments)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith(sentence)
    assert done.stderr.count(b"\n") == 1


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Any]:
    made = load_part(SOLUTIONS, "type2").Folder(tmp_path)
    yield made
    made.close()


def test_the_store(tmp_path: Path, folder: Any) -> None:
    assert folder.size("a") is None
    folder.resize("a", 10)
    assert folder.write("a", 8, b"1234") == 4
    folder.flush("a")
    assert (folder.size("a"), folder.read("a", 6, 100)) == (12, b"\0\0" + b"1234")
    assert folder.read("a", 12, 1) == b""
    assert (tmp_path / "a").read_bytes() == bytes(8) + b"1234"
    folder.resize("a", 9)
    assert folder.size("a") == 9
    with pytest.raises(Exception, match="missing: No such file"):
        folder.read("missing", 0, 1)


def test_locks(folder: Any) -> None:
    assert folder.lock("a", exclusive=False)
    assert folder.lock("a", exclusive=False)
    assert not folder.lock("a", exclusive=True)
    folder.unlock("a")
    assert not folder.lock("a", exclusive=True)
    folder.unlock("a")
    assert folder.lock("a", exclusive=True)
    assert not folder.lock("a", exclusive=False)
    folder.unlock("a")
    assert folder.lock("a", exclusive=False)
