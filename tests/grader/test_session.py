"""Every way a test can end becomes exactly one verdict, and the right one.

The parts here are in the session's own process and raise what a link to a worker raises, so that
only the session is under test; `test_grading.py` has real workers.
"""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader import session as session_module
from grader.events import EVENT, Broken, Collected, Ended, NoRoom, Request, Started

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
IMPORTS = """\
from gradescope_utils.autograder_utils.decorators import *
from hypothesis import given, settings, strategies as st
from vmlab.hart import HartState
from vmlab.testing import Mismatch, OutOfBudget, clause
from vmlab.trap import IllegalInstruction
"""
TOML = (HERE / "toy_course/assignments/toy/assignment.toml").read_text(encoding="utf-8")


class Toy:
    """A course of one assignment, whose tests and part are given as source."""

    def __init__(self, root, server):
        self.root = root
        self.server = server
        (root / "reference/solutions").mkdir(parents=True)
        (root / "assignments/toy/tests").mkdir(parents=True)
        self.settings(TOML)
        self.solution("")

    def settings(self, text):
        (self.root / "assignments/toy/assignment.toml").write_text(text, encoding="utf-8")

    def solution(self, source):
        (self.root / "reference/solutions/traps.py").write_text(source, encoding="utf-8")

    def tests(self, source, name="test_it.py"):
        path = self.root / "assignments/toy/tests" / name
        path.write_text(IMPORTS + textwrap.dedent(source), encoding="utf-8")

    def hidden(self, source):
        folder = self.root / "grader/hidden/toy"
        folder.mkdir(parents=True)
        (folder / "test_hidden.py").write_text(IMPORTS + textwrap.dedent(source))

    def events(self, part=""):
        """Run a session and return what it tells."""
        path = self.root / "part.py"
        path.write_text(
            "from vmlab.link.errors import *\nfrom vmlab.testing import *\n"
            + textwrap.dedent(part),
            encoding="utf-8",
        )
        return [EVENT.validate_json(line) for line in self.server.run(self.root, path)]

    def outcomes(self, part=""):
        """Return the outcome of each test, by name; each must have begun and ended once."""
        first, *rest = self.events(part)
        assert isinstance(first, Collected), first
        wanted = [test.id for test in first.tests]
        assert [event.id for event in rest if isinstance(event, Started)] == wanted
        ended = [event for event in rest if isinstance(event, Ended)]
        assert [event.id for event in ended] == wanted
        return {event.id.rpartition("::")[2]: event.outcome for event in ended}

    def broken(self):
        (event,) = [event for event in self.events() if isinstance(event, Broken)]
        return event.message


class Server:
    """A process that has imported all a session needs, and forks for each one."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "scripted_session.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT / 'reference'}{os.pathsep}{ROOT}",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
        )

    def run(self, *arguments):
        self.process.stdin.write(json.dumps([str(a) for a in arguments]) + "\n")
        self.process.stdin.flush()
        return iter(self.process.stdout.readline, "end\n")

    def close(self):
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def toy(tmp_path, server):
    return Toy(tmp_path / "course", server)


ONE_TEST = """\
@clause("T1")
@weight(2)
@number("1")
def test_it(part):
    "It is asked once."
    if not part.wakes(HartState()):
        raise Mismatch("a scenario", "True", "False", "a rule")
"""


def test_passed(toy):
    toy.tests(ONE_TEST)
    outcome = toy.outcomes("def wakes(hart): return True")["test_it"]
    assert (outcome.verdict, outcome.score) == ("passed", 2)


def test_failed(toy):
    toy.tests(ONE_TEST)
    outcome = toy.outcomes("def wakes(hart): return False")["test_it"]
    assert (outcome.verdict, outcome.score) == ("failed", 0)
    told = (outcome.scenario, outcome.expected, outcome.got, outcome.rule)
    assert told == ("a scenario", "True", "False", "a rule")


@pytest.mark.parametrize(
    ("raised", "verdict", "message"),
    [
        ("BadAnswer('wakes: 2 is no bool')", "failed", "wakes: 2 is no bool"),
        ("MissingFunction('no wakes')", "crashed", "no wakes"),
        ("PartRaised('ZeroDivisionError: x', 'line 3')", "crashed", "ZeroDivisionError: x"),
        ("PartExited('it exited')", "crashed", "it exited"),
        ("PartTimeout('5 s')", "timeout", "5 s"),
        ("PartOutOfMemory('256 MiB')", "out_of_memory", "256 MiB"),
        ("WallHit('it opened a socket')", "wall_hit", "it opened a socket"),
        ("OutOfBudget('instructions', 1000)", "out_of_budget", "1,000 instructions were not"),
        ("LinkFailure('ours')", "internal_error", "LinkFailure: ours"),
        ("KeyError('ours')", "internal_error", "KeyError: 'ours'"),
        ("AssertionError('ours')", "internal_error", "AssertionError: ours"),
        ("SystemExit(0)", "internal_error", "SystemExit: 0"),
        ("GeneratorExit()", "internal_error", "GeneratorExit"),
        ("RecursionError('deep')", "internal_error", "RecursionError: deep"),
        ("MemoryError()", "internal_error", "MemoryError"),
    ],
)
@pytest.mark.parametrize("by_property", [False, True])
def test_what_a_call_raises(toy, raised, verdict, message, by_property):
    test = ONE_TEST
    if by_property:
        test = test.replace("(part)", "(part, n)").replace("def ", "@given(st.integers())\ndef ")
    toy.tests(test)
    outcome = toy.outcomes(f"def wakes(hart): raise {raised}")["test_it"]
    assert (outcome.verdict, outcome.score) == (verdict, 0)
    assert outcome.message.startswith(message)
    if verdict == "internal_error":
        assert "Traceback" in outcome.traceback
    if "line 3" in raised:
        assert outcome.traceback == "line 3"


def test_declared_exception_where_none_is_allowed_is_the_parts_fault(toy):
    toy.tests(ONE_TEST)
    outcome = toy.outcomes(
        "from vmlab.trap import IllegalInstruction\ndef wakes(hart): raise IllegalInstruction"
    )["test_it"]
    assert outcome.verdict == "failed"
    assert "IllegalInstruction was raised by wakes" in outcome.message


def test_our_own_declared_exception_is_ours(toy):
    toy.tests(ONE_TEST.replace("    if not", "    raise IllegalInstruction\n    if not"))
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_part_that_ended_ends_the_test_even_if_the_test_goes_on(toy):
    toy.tests(
        ONE_TEST.replace(
            "    if not part.wakes(HartState()):",
            "    try:\n        part.wakes(HartState())\n    except Exception: pass\n    if 0:",
        )
    )
    assert toy.outcomes("def wakes(hart): raise PartExited('gone')")["test_it"].verdict == "crashed"


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("fixture", "@pytest.fixture\ndef part(): raise OSError('ours')\n"),
        (
            "end of a fixture",
            "@pytest.fixture\ndef more():\n    yield\n    raise OSError('ours')\n",
        ),
        ("no such fixture", ""),
    ],
)
def test_errors_of_ours_around_a_test(toy, where, source):
    test = ONE_TEST if where == "fixture" else ONE_TEST.replace("(part)", "(part, more)")
    toy.tests("import pytest\n" + source + test)
    outcome = toy.outcomes("def wakes(hart): return True")["test_it"]
    assert (outcome.verdict, outcome.score) == ("internal_error", 0)


@pytest.mark.parametrize(
    "line", ["pytest.skip('not today')", "pytest.xfail('broken')", "pytest.fail('no')"]
)
def test_a_test_must_not_vanish(toy, line):
    toy.tests("import pytest\n" + ONE_TEST.replace("    if not", f"    {line}\n    if not"))
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_skipped_mark_is_an_internal_error(toy):
    toy.tests("import pytest\n@pytest.mark.skip\n" + ONE_TEST)
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_failure_that_is_expected_is_an_internal_error(toy):
    toy.tests("import pytest\n@pytest.mark.xfail\n" + ONE_TEST)
    assert toy.outcomes("def wakes(hart): return False")["test_it"].verdict == "internal_error"


def test_wall_clock_ends_a_test_once_and_for_all(toy):
    toy.settings(TOML.replace("wall_seconds = 30", "wall_seconds = 1"))
    endless = "def wakes(hart):\n    while True: pass"
    by_property = ONE_TEST.replace(
        "def test_it(part)", "@given(st.booleans())\ndef test_it(part, n)"
    )
    toy.tests(ONE_TEST, "test_a.py")
    toy.tests(by_property.replace('"1"', '"2"').replace("test_it", "test_given"), "test_b.py")
    outcomes = toy.outcomes(endless)
    for outcome in outcomes.values():
        assert outcome.verdict == "timeout"
        assert outcome.message == "the test did not end within 1.25 seconds"


def test_time_of_a_submission_used_up(toy):
    toy.settings(TOML.replace("submission_seconds = 300", "submission_seconds = 4"))
    second = ONE_TEST.replace('"1"', '"2"').replace("test_it", "test_second")
    toy.tests(ONE_TEST + second)
    outcomes = toy.outcomes("def wakes(hart):\n    while True: pass")
    used_up = "the 4 seconds that a submission has for all tests were used up"
    assert outcomes["test_it"].verdict == "timeout"
    assert outcomes["test_it"].message == f"{used_up} during this one"
    assert outcomes["test_second"].verdict == "timeout"
    assert outcomes["test_second"].message == f"not run: {used_up} before it"


# Property-based tests

PROPERTY = """\
@clause("T1")
@weight(2)
@number("1")
@settings(max_examples=200)
@given(n=st.integers(0, 10**6))
def test_it(part, reference, n):
    "It is the same for all."
    got, wanted = part.choose_interrupt(HartState(mip=n)), reference.choose_interrupt(HartState())
    if got != wanted:
        raise Mismatch(f"mip={n}", str(wanted), str(got))
"""
NONE = "def choose_interrupt(hart): return None"


def test_a_property_fails_with_its_smallest_example(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes("def choose_interrupt(hart): return 5 if hart.mip >= 4321 else None")
    assert outcome["test_it"].verdict == "failed"
    assert outcome["test_it"].scenario == "mip=4321"


def test_a_property_runs_the_same_every_time(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    part = "def choose_interrupt(hart): return 5 if hart.mip % 7 == 3 else None"
    assert toy.events(part) == toy.events(part)


def test_shrinking_is_bounded_by_count(toy):
    toy.tests(
        PROPERTY.replace("n=st.integers(0, 10**6)", "n=st.lists(st.integers(0, 9**9), min_size=9)")
        .replace("mip=n)", "mip=sum(n) % 2**64)")
        .replace("mip={n}", "an example")
    )
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            with open(__file__ + ".calls", "w") as file:
                file.write(str(calls))
            return 5 if hart.mip * 2654435761 >> 16 & 7 == 3 and hart.mip > 9**8 else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert 150 < int((toy.root / "part.py.calls").read_text()) < 200


def test_only_a_mismatch_is_made_smaller(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            raise OutOfBudget("calls", calls)
        """
    )["test_it"]
    assert outcome.verdict == "out_of_budget"
    assert outcome.message.startswith("1 calls were not enough")


def test_a_part_that_contradicts_itself(toy):
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        calls = 0
        def choose_interrupt(hart):
            global calls
            calls += 1
            return 5 if calls == 9 else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert outcome.got == "5"
    assert "answered differently" in outcome.message


def test_the_first_failure_of_a_property_is_the_verdict(toy):
    # A worker that is gone fails in its own way at every smaller example.
    toy.tests(PROPERTY)
    toy.solution(NONE)
    outcome = toy.outcomes(
        """
        gone = False
        def choose_interrupt(hart):
            global gone
            if gone:
                raise PartExited("gone")
            gone = hart.mip > 0
            return 5 if gone else None
        """
    )["test_it"]
    assert outcome.verdict == "failed"
    assert outcome.got == "5"


def test_impossible_data_is_our_fault(toy):
    toy.tests(PROPERTY.replace("st.integers(0, 10**6)", "st.integers().filter(lambda n: False)"))
    assert toy.outcomes(NONE)["test_it"].verdict == "internal_error"


# Partial credit and leaderboards

PARTIAL = """\
RUNS = []

@clause("T1")
@partial_credit(4)
@number("{0}")
def test_{0}(part, set_score=None):
    "A part of it may be reached."
    value = part.choose_interrupt(HartState(mip={0}))
    if value is not None:
        set_score(value)
    if not part.wakes(HartState(mip={0})):
        raise Mismatch("s", "e", "g")
"""


@pytest.mark.parametrize(
    ("part", "verdict", "score"),
    [
        ("def choose_interrupt(h): return None\ndef wakes(h): return True", "passed", 4),
        ("def choose_interrupt(h): return 3\ndef wakes(h): return True", "passed", 3),
        ("def choose_interrupt(h): return 3\ndef wakes(h): return False", "failed", 3),
        ("def choose_interrupt(h): return None\ndef wakes(h): return False", "failed", 0),
        ("def choose_interrupt(h): return 3\ndef wakes(h): raise PartRaised('x')", "crashed", 0),
        ("def choose_interrupt(h): return 3\ndef wakes(h): raise PartTimeout('x')", "timeout", 0),
        ("def choose_interrupt(h): return 5\ndef wakes(h): return True", "internal_error", 0),
    ],
)
def test_partial_credit(toy, part, verdict, score):
    toy.tests(PARTIAL.format(1))
    outcome = toy.outcomes(part)["test_1"]
    assert (outcome.verdict, outcome.score) == (verdict, score)


def test_credit_of_an_earlier_run_does_not_stay(toy):
    # The same function twice; only at its second run does the part crash before a score is set.
    toy.tests(
        """
        import pytest

        def common(part, set_score=None):
            "A part of it may be reached."
            set_score(4)
            if not part.wakes(HartState()):
                raise Mismatch("s", "e", "g")

        test_1 = clause("T1")(number("1")(partial_credit(4)(common)))
        test_1(type("P", (), {"wakes": lambda self, hart: True})())  # leaves a score behind
        """
    )
    assert toy.outcomes("def wakes(h): raise PartRaised('x')")["test_1"].score == 0
    outcome = toy.outcomes("def wakes(h): return False")["test_1"]
    assert (outcome.verdict, outcome.score) == ("failed", 4)


def test_credit_left_by_import_is_wiped(toy):
    toy.tests(PARTIAL.format(1) + "\ntest_1.__score__ = 4\n")
    outcome = toy.outcomes("def choose_interrupt(h): return None\ndef wakes(h): return False")
    assert outcome["test_1"].score == 0


RANKED = """\
@clause("T1")
@weight(0)
@number("1")
@leaderboard("fewest", "asc")
def test_it(part, set_leaderboard_value=None):
    "It is ranked."
    set_leaderboard_value(part.choose_interrupt(HartState()))
    if not part.wakes(HartState()):
        raise Mismatch("s", "e", "g")
"""


def test_leaderboard(toy):
    toy.tests(RANKED)
    choose = "def choose_interrupt(h): return 7\n"
    ranking = toy.outcomes(choose + "def wakes(h): return True")["test_it"].ranking
    assert json.loads(ranking.model_dump_json()) == {"name": "fewest", "value": 7, "order": "asc"}
    assert toy.outcomes(choose + "def wakes(h): return False")["test_it"].ranking is None


def test_leaderboard_and_partial_credit_together(toy):
    toy.tests(
        RANKED.replace("@weight(0)", "@partial_credit(4)")
        .replace("=None):", "=None, set_score=None):\n    set_score(2)")
        .replace('    "It is ranked."\n', "")
        .replace("    set_score(2)", '    "It is ranked."\n    set_score(2)')
    )
    outcome = toy.outcomes("def choose_interrupt(h): return 7\ndef wakes(h): return True")[
        "test_it"
    ]
    assert (outcome.score, outcome.ranking.value) == (2, 7)


# What tests must say of themselves


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('@clause("T1")\n', "", "names no clause; add @clause"),
        ('"T1"', '"T9"', "checks clause 'T9', which assignment.toml does not have"),
        ("@weight(2)\n", "", "has no points; add @weight"),
        ("@weight(2)", "@weight(-1)", "has -1 points; give it 0 or more"),
        ("@weight(2)", "@weight(float('nan'))", "has nan points"),
        ('@number("1")\n', "", "has no number; add @number"),
        ('    "It is asked once."\n', "", "has no docstring"),
        ("@weight(2)", "@weight(2)\n@visibility('secret')", "has the visibility 'secret'"),
        ("def test_it", "def check_it", "No tests found in"),
        ("@clause", "import nothing_of_this_name\n@clause", "cannot be imported; correct"),
        ("@clause", "1 / 0\n@clause", "cannot be imported; correct"),
        ("@clause", "def broken(\n@clause", "cannot be imported; correct"),
    ],
)
def test_tests_that_are_wrong(toy, old, new, said):
    assert old in ONE_TEST
    toy.tests(ONE_TEST.replace(old, new))
    assert said in toy.broken()


def test_two_tests_of_one_number(toy):
    toy.tests(ONE_TEST)
    toy.hidden(ONE_TEST.replace("test_it", "test_other"))
    assert "both have @number('1')" in toy.broken()


def test_what_is_known_of_tests_before_they_run(toy):
    toy.settings(TOML.replace('hidden = "visible"', 'hidden = "after_published"'))
    toy.tests(
        ONE_TEST.replace("@weight(2)", "@weight(0.5)\n@tags('a', 'b')\n@hide_errors('no')").replace(
            '"It is asked once."', '"""It is\n    asked once.\n\n    And more."""'
        )
    )
    toy.hidden(
        ONE_TEST.replace('"1"', '"2"')
        + ONE_TEST.replace('"1"', '"3"')
        .replace("test_it", "test_b")
        .replace("@weight", "@visibility('hidden')\n@weight")
    )
    (event,) = [event for event in toy.events() if isinstance(event, Collected)]
    public, hidden, invisible = event.tests
    assert public.model_dump() == {
        "id": "public/test_it.py::test_it",
        "title": "It is asked once.",
        "number": "1",
        "clause": "T1",
        "max_score": 0.5,
        "public": True,
        "visibility": "visible",
        "tags": ["a", "b"],
        "hide_errors": "no",
    }
    assert (hidden.id, hidden.public) == ("hidden/test_hidden.py::test_it", False)
    assert hidden.visibility == "after_published"
    assert invisible.visibility == "hidden"


def test_students_plugin_does_not_take_over(toy):
    (toy.root / "assignments/toy/tests/conftest.py").write_text(
        'pytest_plugins = ["vmlab.testing.plugin"]\n'
    )
    toy.tests(ONE_TEST)
    assert toy.outcomes("def wakes(hart): return True")["test_it"].verdict == "passed"


def test_configuration_around_a_course_is_not_read(toy):
    (toy.root / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (toy.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--nonsense'\n")
    toy.tests(ONE_TEST)
    assert toy.outcomes("def wakes(hart): return True")["test_it"].verdict == "passed"


def test_what_the_part_printed_is_kept(toy):
    toy.tests(ONE_TEST)
    outcome = toy.outcomes("OUTPUT = 'hello'\ndef wakes(hart): return True")["test_it"]
    assert outcome.output == "hello"


def test_a_full_disk_is_told_apart_from_a_broken_session(monkeypatch):
    def full(request, send):
        raise OSError(errno.ENOSPC, "No space left on device", "/kit/vmlab/hart.py")

    reading, writing = os.pipe()
    request = Request(course=ROOT, assignment="traps")
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
