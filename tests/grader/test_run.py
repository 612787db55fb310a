"""Whatever a session does, every collected test has one verdict, and nothing is left running."""

import os
import signal
import sys
import textwrap
import threading
import time

import pytest

from grader import run
from grader.events import Request
from grader.isolation import local
from grader.problem import Problem, Stopped
from grader.report import TestInfo
from grader.run import collect, grade_submission
from grader.verdict import Verdict

HEAD = """\
import json, os, sys, time
channel = int(sys.argv[1])
request = json.loads(sys.stdin.read())
def send(**event): os.write(channel, json.dumps(event).encode() + b"\\n")
def ended(id, **outcome): send(event="ended", id=id, outcome={"verdict": "passed", **outcome})
"""


def info(number):
    return TestInfo(
        id=f"test{number}",
        title="It is.",
        number=str(number),
        clause="T1",
        max_score=1.0,
        public=True,
        visibility="visible",
    )


TESTS = [info(1), info(2)]


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Put a program of the test's own in the place of a session."""

    def put(source):
        path = tmp_path / "session.py"
        path.write_text(HEAD + textwrap.dedent(source))
        monkeypatch.setattr(local, "COMMAND", (str(path),))

    return put


def graded(unit, tmp_path, tests=TESTS, **more):
    return grade_submission(unit, tmp_path, tests, name="ada", isolation=local.Local([]), **more)


def verdicts(report):
    return [(test.id, test.verdict.value, test.score) for test in report.tests]


def test_a_whole_session(session, unit, tmp_path):
    session(
        """
        send(event="started", id="test1"); ended("test1", score=1.0)
        send(event="started", id="test2"); ended("test2", verdict="failed")
        send(event="done")
        """
    )
    report = graded(unit, tmp_path)
    assert verdicts(report) == [("test1", "passed", 1.0), ("test2", "failed", 0.0)]
    assert report.graded
    assert report.score == 1.0


def test_ctrl_c_in_a_session_s_first_moment_is_no_fault_of_ours(session, unit, tmp_path):
    session("""
        import signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    """)
    with pytest.raises(Stopped):
        graded(unit, tmp_path)


LAST = """send(event="started", id="test1"); ended("test1", score=1.0)
send(event="started", id="test2")
"""


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os._exit(0)", "the session ended during this test: the session died"),
        ("os.kill(os.getpid(), 9)", "the session ended during this test: the session died"),
        ("print('last words'); sys.exit(3)", "last words"),
        ("raise RuntimeError('oh')", "RuntimeError: oh"),
        ("os.close(channel); time.sleep(60)", "the session died"),
        ("send(event='nonsense')", "the session died"),
        ("os.write(channel, b'\\xff\\n')", "the session died"),
        ("send(event='broken', message='no bench', traceback='here')", "no bench\nhere"),
        ("send(event='done')", "the session ended during this test"),
    ],
)
def test_a_session_that_ends_early(session, unit, tmp_path, end, said):
    session(LAST + end)
    report = graded(unit, tmp_path)
    assert verdicts(report) == [("test1", "passed", 1.0), ("test2", "internal_error", 0.0)]
    assert said in report.tests[1].message
    assert not report.graded
    assert report.score is None


def test_a_test_that_vanishes(session, unit, tmp_path):
    session("ended('test2', score=1.0); send(event='done')")
    report = graded(unit, tmp_path)
    assert verdicts(report) == [("test1", "internal_error", 0.0), ("test2", "passed", 1.0)]
    assert report.tests[0].message == "no verdict"


def test_a_test_that_ends_twice(session, unit, tmp_path):
    session("ended('test1'); ended('test1', score=1.0); ended('test2'); send(event='done')")
    assert graded(unit, tmp_path).tests[0].verdict is Verdict.INTERNAL_ERROR


def test_a_test_that_was_not_collected_does_not_count(session, unit, tmp_path):
    session("ended('test1'); ended('test2'); ended('other', score=99.0); send(event='done')")
    report = graded(unit, tmp_path)
    assert [test.id for test in report.tests] == ["test1", "test2"]
    assert report.score == 0


def test_a_session_that_hangs_is_ended_with_its_children(session, unit, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "GRACE", -1e6)
    session(LAST + "time.sleep(600)")
    report = graded(unit, tmp_path)
    assert report.tests[1].verdict is Verdict.INTERNAL_ERROR


def test_a_deaf_session_is_killed_with_its_children(session, unit, tmp_path, monkeypatch):
    monkeypatch.setattr(
        local, "PATIENCE", ((None, 0.1), (signal.SIGTERM, 0.1), (signal.SIGKILL, None))
    )
    session(
        f"""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            os.close(channel)
            time.sleep(600)
        open({str(tmp_path / "child")!r}, "w").write(str(child))
        os.close(channel)
        time.sleep(600)
        """
    )
    graded(unit, tmp_path)
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        state = _state(child)
        if state in ("", "Z"):
            break
        threading.Event().wait(0.01)
    assert state in ("", "Z")


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def test_stop(session, unit, tmp_path):
    session(LAST + "time.sleep(600)")
    stop = threading.Event()
    stop.set()
    begin = time.monotonic()
    with pytest.raises(Stopped):
        graded(unit, tmp_path, stop=stop)
    assert time.monotonic() - begin < 60


def test_nothing_of_the_environment_reaches_a_session(session, unit, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x")
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    session("send(event='broken', message=' '.join(sorted(os.environ)))")
    with pytest.raises(Problem) as caught:
        graded(unit, tmp_path, None)
    names = set(str(caught.value).split())
    assert names <= {
        "HOME", "LC_CTYPE", "PATH", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTHONHASHSEED",
        "PYTHONPATH", "PYTHONUTF8", "TMPDIR",
    }  # fmt: skip


def test_the_list_of_tests_may_come_from_the_session(session, unit, tmp_path):
    tests = [info(10).model_dump(), info(9).model_dump()]
    session(f"send(event='collected', tests={tests!r}); ended('test9'); send(event='done')")
    report = graded(unit, tmp_path, None)
    assert [test.id for test in report.tests] == ["test9", "test10"]
    session("send(event='done')")
    with pytest.raises(Problem):
        graded(unit, tmp_path, None)


def test_collecting(unit):
    tests = collect(unit)
    assert [test.number for test in tests] == ["1.1", "1.2", "1.10", "2.1", "2.2"]
    assert tests[0].id == "public/test_waking.py::test_wakes"
    assert tests[3].id == "hidden/test_choice.py::test_choice_anywhere"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("send(event='broken', message='No tests found.', traceback='')", "No tests found."),
        ("sys.exit('oh no')", "could not be collected.\noh no"),
    ],
)
def test_collecting_fails(session, unit, source, said):
    session(source)
    with pytest.raises(Problem) as caught:
        collect(unit)
    assert said in str(caught.value)


def test_no_scratch_and_no_descriptor_is_left(session, unit, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    session("send(event='done')")
    before = sorted(os.listdir("/proc/self/fd")) if sys.platform == "linux" else []
    graded(unit, tmp_path)
    assert os.listdir(scratch) == []
    if before:
        assert sorted(os.listdir("/proc/self/fd")) == before


def test_nothing_runs_without_walls_unless_asked_by_name(session, unit, tmp_path):
    session("send(event='broken', message=f'walls: {request[\"walls\"]}')")
    with pytest.raises(Problem, match=r"walls: \[\]"):
        graded(unit, tmp_path, None)
    with pytest.raises(ValueError, match="only run with walls"):
        Request(course=tmp_path, assignment="toy", submission=tmp_path)
