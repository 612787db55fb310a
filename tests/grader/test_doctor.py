"""The doctor finds what is there, and says what to do about what is not."""

from __future__ import annotations

import sys

import pytest

from grader import doctor


def finding(name):
    return next(f for f in doctor.examine() if f.name == name)


def test_every_look_finds_something_to_say():
    found = doctor.examine()
    assert len({f.name for f in found}) == len(found) == len(doctor.LOOKS)
    assert all(f.found for f in found)
    assert all(f.good or f.remedy for f in found)


def test_python_is_this_one():
    assert finding("Python").good
    assert finding("Python").found == ".".join(map(str, sys.version_info[:3]))


def test_missing_programs_are_told_with_their_packages(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert not finding("bubblewrap").good
    assert finding("bubblewrap").remedy == "apt install bubblewrap"
    assert not finding("QEMU").good
    assert finding("QEMU").remedy == "apt install qemu-system-misc"


def test_a_program_that_hangs_or_is_gone_does_not_stand(monkeypatch):
    monkeypatch.setattr(doctor, "PATIENCE", 0.05)
    assert not doctor._runs([sys.executable, "-c", "while True: pass"])
    assert not doctor._runs(["/no/such/program"])


def test_a_full_disk_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.tempfile, "gettempdir", lambda: str(tmp_path))
    usage = doctor.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    assert not finding("disk").good
    assert "TMPDIR" in finding("disk").remedy


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_landlock_is_asked_of_the_kernel():
    found = finding("Landlock")
    assert found.found.startswith("ABI ") == found.good
