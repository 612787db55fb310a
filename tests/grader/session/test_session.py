import errno
import io
import os
import signal
import sys

from grader import session as session_module
from grader.events import EVENT, NoRoom, Request


def test_students_plugin_does_not_take_over(toy):
    (toy.root / "assignments/toy/tests/conftest.py").write_text(
        'pytest_plugins = ["vmlab.testing.plugin"]\n'
    )
    toy.tests(toy.ONE_TEST)
    assert toy.outcomes("def wakes(hart): return True")["test_it"].verdict == "passed"


def test_configuration_around_a_course_is_not_read(toy):
    (toy.root / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (toy.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--nonsense'\n")
    toy.tests(toy.ONE_TEST)
    assert toy.outcomes("def wakes(hart): return True")["test_it"].verdict == "passed"


def test_what_the_part_printed_is_kept(toy):
    toy.tests(toy.ONE_TEST)
    outcome = toy.outcomes("OUTPUT = 'hello'\ndef wakes(hart): return True")["test_it"]
    assert outcome.output == "hello"


def test_an_earlier_part_is_at_hand(toy):
    (toy.root / "reference/solutions/early.py").write_text("def answer():\n    return 42\n")
    toy.tests("""
    @clause("T1")
    @weight(2)
    @number("1")
    def test_it(part, given):
        "It is the complete one, in this process."
        assert given("early").answer() == 42
    """)
    assert toy.outcomes()["test_it"].verdict == "passed"


RAM = """
@clause("T1")
@weight(2)
@number("1")
def test_it(part, bench, ram):
    "Bench and part see the same bytes, where the bench wants that."
    if ram is None:
        raise Mismatch("a bench without memory", "some", "none")
    _, memory = ram
    assert bench.vm().frames.ram is memory
    memory.write(0, 8, 0x1234)
    assert part.root(None) == 0x1234
"""
SHARES = """
import mmap

def start(memory, guest): pass

def root(host):
    return int.from_bytes(mmap.mmap(DESCRIPTOR, 1 << 12)[:8], "little")
"""


def test_memory_is_shared_where_the_bench_wants_it(toy):
    toy.settings(toy.TOML.replace('part = "traps"', 'part = "shadow"'))
    toy.tests(RAM)
    outcome = toy.outcomes(SHARES)["test_it"]
    assert (outcome.verdict, outcome.message) == ("passed", "")


def test_no_memory_is_shared_where_the_bench_wants_none(toy):
    toy.tests(RAM)
    assert toy.outcomes(SHARES)["test_it"].got == "none"


def test_a_full_disk_is_told_apart_from_a_broken_session(tmp_path, monkeypatch):
    def full(request, send):
        raise OSError(errno.ENOSPC, "No space left on device", "/kit/vmlab/hart.py")

    reading, writing = os.pipe()
    request = Request(course=tmp_path, assignment="traps")
    monkeypatch.setattr(session_module, "serve", full)
    monkeypatch.setattr(sys, "argv", ["session", str(writing)])
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(request.model_dump_json().encode()))
    )
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert session_module.main() == 0
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(writing)
    with open(reading, "rb") as told:
        assert EVENT.validate_json(told.read()) == NoRoom(where="/kit/vmlab/hart.py")
