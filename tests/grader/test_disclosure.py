"""What a student is told of a test that did not pass."""

import importlib.util
from pathlib import Path

import pytest

from grader.disclosure import FIELD_LIMIT, common_crash, rows_for

spec = importlib.util.spec_from_file_location("reports", Path(__file__).parent / "reports.py")
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
result, report, MISMATCH = made.result, made.report, made.MISMATCH


def settings(unit, detail):
    return unit.settings.model_copy(
        update={"visibility": unit.settings.visibility.model_copy(update={"detail": detail})}
    )


def labels(unit, test, detail="clause"):
    return [label for label, _ in rows_for(test, settings(unit, detail))]


def test_a_public_mismatch_is_told_whole(unit):
    test = result(**MISMATCH, output="debug\n")
    assert rows_for(test, settings(unit, "clause")) == [
        ("test", "1.1  A hart wakes."),
        ("scenario", "mip=2, mie=2"),
        ("expected", "wakes"),
        ("got", "sleeps on"),
        ("rule", "norm:wfi: pending and enabled"),
        ("printed", "debug"),
        ("hint", "vmlab hint T1"),
    ]


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("clause", ["test", "got", "rule", "hint"]),
        ("scenario", ["test", "scenario", "rule", "hint"]),
        ("full", ["test", "scenario", "expected", "got", "rule", "printed", "hint"]),
    ],
)
def test_a_hidden_mismatch_is_told_as_far_as_detail_says(unit, detail, told):
    test = result(public=False, **MISMATCH, output="debug")
    assert labels(unit, test, detail) == told


@pytest.mark.parametrize(
    ("detail", "secret"),
    [("clause", "12345"), ("clause", "traceback"), ("scenario", "printed")],
)
def test_nothing_of_a_hidden_crash_slips_out(unit, detail, secret):
    test = result(
        "crashed",
        public=False,
        message="ValueError: 12345",
        traceback="traceback line",
        output="printed",
    )
    assert secret not in str(rows_for(test, settings(unit, detail)))


def test_a_hidden_crash_tells_where_in_the_part(unit):
    test = result("crashed", public=False, message="ValueError: x", traceback="line 3")
    rows = dict(rows_for(test, settings(unit, "scenario")))
    assert rows["got"] == "crashed: ValueError: x"
    assert rows["traceback"] == "line 3"


def test_hidden_errors_are_replaced(unit):
    test = result(**MISMATCH, output="debug", hide_errors="Ask us.")
    assert rows_for(test, settings(unit, "full")) == [
        ("test", "1.1  A hart wakes."),
        ("got", "Ask us."),
        ("hint", "vmlab hint T1"),
    ]


@pytest.mark.parametrize("public", [True, False])
def test_of_an_internal_error_only_whose_fault_it_is(unit, public):
    test = result("internal_error", public=public, message="KeyError", traceback="/home/secret")
    rows = rows_for(test, settings(unit, "full"))
    assert rows[1:] == [
        ("got", "internal error: the grader itself failed; this is not your fault"),
    ]


def test_a_gigabyte_is_cut_and_cleaned(unit):
    test = result("crashed", message="m", output="\x1b[31m" + "x" * 100_000)
    printed = dict(rows_for(test, settings(unit, "full")))["printed"]
    assert len(printed) < FIELD_LIMIT + 100
    assert "\x1b" not in printed


def test_what_stops_every_test_is_found_once():
    crash = {"message": "SyntaxError: line 3", "traceback": "here"}
    same = [result("crashed", number=str(n), **crash) for n in range(3)]
    assert common_crash(report(*same)) == "SyntaxError: line 3\nhere"
    assert common_crash(report(*same, result("failed", number="9"))) is None
    assert common_crash(report(*same, result("crashed", number="9", message="x"))) is None
    assert common_crash(report(same[0])) is None


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("mret raised NotImplementedError: T7: mret (traps.py, line 5)", "T7: mret"),
        ("mret raised NotImplementedError (traps.py, line 5)", "the function that was called"),
        ("mret raised NotImplementedError", "the function that was called"),
    ],
)
def test_a_hole_is_no_crash_to_its_reader(unit, message, told):
    test = result("crashed", message=message, traceback="line 5")
    assert rows_for(test, settings(unit, "full")) == [
        ("test", "1.1  A hart wakes."),
        ("to write", told),
        ("rule", "norm:wfi"),
        ("hint", "vmlab hint T1"),
    ]


def test_only_a_public_scenario_can_be_drawn(unit):
    """A hidden one is not in the student's folder."""
    drawn = settings(unit, "full").model_copy(update={"part": "shadow"})
    public = result(**MISMATCH, id="public/test_1.py::test_x[a b]")
    assert ("see it", "vmlab view 'tests/test_1.py::test_x[a b]'") in rows_for(public, drawn)
    assert "see it" not in dict(rows_for(public, settings(unit, "full")))
    hidden = result(**MISMATCH, id="hidden/test_1.py::test_x", public=False)
    assert "see it" not in dict(rows_for(hidden, drawn))
