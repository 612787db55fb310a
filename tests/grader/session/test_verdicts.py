"""Every way a test can end becomes exactly one verdict, and the right one."""

import pytest


def test_passed(toy):
    toy.tests(toy.ONE_TEST)
    outcome = toy.outcomes("def wakes(hart): return True")["test_it"]
    assert (outcome.verdict, outcome.score) == ("passed", 2)


def test_failed(toy):
    toy.tests(toy.ONE_TEST)
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
    test = toy.ONE_TEST
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


@pytest.mark.parametrize(
    ("module", "raised"), [("trap", "IllegalInstruction()"), ("vm", "VmRefused('VM one is odd.')")]
)
def test_declared_exception_where_none_is_allowed_is_the_parts_fault(toy, module, raised):
    toy.tests(toy.ONE_TEST)
    name = raised.partition("(")[0]
    outcome = toy.outcomes(f"from vmlab.{module} import {name}\ndef wakes(hart): raise {raised}")[
        "test_it"
    ]
    assert outcome.verdict == "failed"
    assert f"{name} was raised by wakes" in outcome.message


def test_our_own_declared_exception_is_ours(toy):
    toy.tests(toy.ONE_TEST.replace("    if not", "    raise IllegalInstruction\n    if not"))
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_part_that_ended_ends_the_test_even_if_the_test_goes_on(toy):
    toy.tests(
        toy.ONE_TEST.replace(
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
    test = toy.ONE_TEST if where == "fixture" else toy.ONE_TEST.replace("(part)", "(part, more)")
    toy.tests("import pytest\n" + source + test)
    outcome = toy.outcomes("def wakes(hart): return True")["test_it"]
    assert (outcome.verdict, outcome.score) == ("internal_error", 0)


@pytest.mark.parametrize(
    "line", ["pytest.skip('not today')", "pytest.xfail('broken')", "pytest.fail('no')"]
)
def test_a_test_must_not_vanish(toy, line):
    toy.tests("import pytest\n" + toy.ONE_TEST.replace("    if not", f"    {line}\n    if not"))
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_skipped_mark_is_an_internal_error(toy):
    toy.tests("import pytest\n@pytest.mark.skip\n" + toy.ONE_TEST)
    assert toy.outcomes()["test_it"].verdict == "internal_error"


def test_a_failure_that_is_expected_is_an_internal_error(toy):
    toy.tests("import pytest\n@pytest.mark.xfail\n" + toy.ONE_TEST)
    assert toy.outcomes("def wakes(hart): return False")["test_it"].verdict == "internal_error"


def test_wall_clock_ends_a_test_once_and_for_all(toy):
    toy.settings(toy.TOML.replace("wall_seconds = 30", "wall_seconds = 1"))
    endless = "def wakes(hart):\n    while True: pass"
    by_property = toy.ONE_TEST.replace(
        "def test_it(part)", "@given(st.booleans())\ndef test_it(part, n)"
    )
    toy.tests(toy.ONE_TEST, "test_a.py")
    toy.tests(by_property.replace('"1"', '"2"').replace("test_it", "test_given"), "test_b.py")
    outcomes = toy.outcomes(endless)
    for outcome in outcomes.values():
        assert outcome.verdict == "timeout"
        assert outcome.message == "the test did not end within 1.25 seconds"


def test_time_of_a_submission_used_up(toy):
    toy.settings(toy.TOML.replace("submission_seconds = 300", "submission_seconds = 4"))
    second = toy.ONE_TEST.replace('"1"', '"2"').replace("test_it", "test_second")
    toy.tests(toy.ONE_TEST + second)
    outcomes = toy.outcomes("def wakes(hart):\n    while True: pass")
    used_up = "the 4 seconds that a submission has for all tests were used up"
    assert outcomes["test_it"].verdict == "timeout"
    assert outcomes["test_it"].message == f"{used_up} during this one"
    assert outcomes["test_second"].verdict == "timeout"
    assert outcomes["test_second"].message == f"not run: {used_up} before it"
