"""`results.json`, field by field, and the text report."""

import importlib.util
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from grader.render import report_text
from grader.report import Ranking
from grader.results import GradescopeTest, Results, results_of

spec = importlib.util.spec_from_file_location("reports", Path(__file__).parent / "reports.py")
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
result, report, MISMATCH = made.result, made.report, made.MISMATCH


def mixed():
    return report(
        result("passed", number="1.1", score=2.0, tags=["warm-up"]),
        result("failed", number="1.2", score=0.5, **MISMATCH),
        result("timeout", number="2.1", clause="T2", public=False, message="5 s"),
        result(
            "passed",
            number="2.2",
            clause="T2",
            public=False,
            max_score=0.0,
            ranking=Ranking(name="fewest", value=7.0, order="asc"),
        ),
        notes=["helper.py was not used."],
    )


def as_json(graded, unit):
    return json.loads(results_of(graded, unit.settings).text())


def test_every_field(unit):
    data = as_json(mixed(), unit)
    assert set(data) == {
        "score",
        "execution_time",
        "output",
        "output_format",
        "test_output_format",
        "test_name_format",
        "stdout_visibility",
        "extra_data",
        "tests",
        "leaderboard",
    }
    assert data["score"] == 2.5
    assert data["execution_time"] == 1.23
    assert data["output_format"] == data["test_output_format"] == data["test_name_format"] == "text"
    assert data["stdout_visibility"] == "hidden"
    assert data["extra_data"] == {"assignment": "toy", "graded": True}
    assert data["leaderboard"] == [{"name": "fewest", "value": 7.0, "order": "asc"}]
    assert data["tests"][0] == {
        "score": 2.0,
        "max_score": 2.0,
        "status": "passed",
        "name": "T1: A hart wakes.",
        "name_format": "text",
        "number": "1.1",
        "output": "",
        "output_format": "text",
        "tags": ["T1", "warm-up"],
        "visibility": "visible",
        "extra_data": {"clause": "T1", "verdict": "passed"},
    }
    assert [test["status"] for test in data["tests"]] == ["passed", "failed", "failed", "passed"]
    assert sum(test["score"] for test in data["tests"]) == data["score"]
    assert "expected   wakes" in data["tests"][1]["output"]
    assert "helper.py was not used." in data["output"]


def test_without_rankings_the_leaderboard_is_empty(unit):
    assert as_json(report(result("passed")), unit)["leaderboard"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": float("nan")},
        {"score": -1.0},
        {"visibility": "secret"},
        {"stdout_visibility": "yes"},
        {"output_format": "rtf"},
        {"points": 1},
    ],
)
def test_what_gradescope_does_not_know_is_not_written(wrong):
    with pytest.raises(ValidationError):
        Results(**wrong)


@pytest.mark.parametrize("wrong", [{"status": "skipped"}, {"name_format": "x"}, {"score": "1"}])
def test_nor_in_a_test(wrong):
    with pytest.raises(ValidationError):
        GradescopeTest(**wrong)


def test_strange_text_stays_one_document(unit):
    text = results_of(
        report(result("crashed", message="a\ud800b\u2028\x00", title="\u202ex\ny")), unit.settings
    ).text()
    data = json.loads(text.encode("utf-8"))
    assert data["tests"][0]["name"] == "T1: �x y"
    assert "a?b��" in data["tests"][0]["output"]


def test_an_internal_error_leaves_the_score_open(unit):
    graded = report(result("passed", score=2.0), result("internal_error", number="2"))
    assert graded.score is None
    data = as_json(graded, unit)
    assert "score" not in data
    assert "tests" not in data
    assert "not of yours" in data["output"]
    assert data["extra_data"]["graded"] is False
    assert "not of yours" in report_text(graded, unit.settings)
    assert "/" not in report_text(graded, unit.settings).partition("\n")[2]


def test_what_cannot_be_read_has_no_score_and_a_reason(unit):
    refused = report(result("crashed"), problem="a.zip is not a zip; hand in a .zip.", graded=False)
    data = as_json(refused, unit)
    assert "score" not in data
    assert data["output"].splitlines() == [
        "This submission could not be graded, because it could not be read.",
        "a.zip is not a zip; hand in a .zip.",
    ]


def test_a_missing_file_has_no_points_and_a_reason(unit):
    incomplete = report(result("crashed", max_score=40.0), problem="traps.py is missing.")
    data = as_json(incomplete, unit)
    assert data["score"] == 0
    assert data["tests"][0]["output"] == "Not run; see the top of the page."
    assert data["output"].splitlines()[:2] == ["score  0 / 40", "traps.py is missing."]


REPORT = """\
Toy (toy) — Ada Okafor

score  2.5 / 6
helper.py was not used.

clause           passed         points
T1    Waking      1 / 2        2.5 / 4
T2    Choice      1 / 2          0 / 2

T1  Waking                                                                 0.5 / 2
    test       1.2  A hart wakes.
    scenario   mip=2, mie=2
    expected   wakes
    got        sleeps on
    rule       norm:wfi: pending and enabled
    hint       vmlab hint T1

T2  Choice                                                                   0 / 2
    test       2.1  A hart wakes.
    got        timeout: 5 s
    rule       norm:choice
    hint       vmlab hint T2
"""


def test_the_text_report(unit):
    assert report_text(mixed(), unit.settings) == REPORT


def test_what_stops_every_test_is_told_once(unit):
    crashes = [result("crashed", number=str(n), message="SyntaxError: x") for n in range(20)]
    text = report_text(report(*crashes), unit.settings)
    assert text.count("SyntaxError") == 1
    assert "Every test stopped in the same way:" in text
    data = as_json(report(*crashes), unit)
    assert data["output"].count("SyntaxError") == 1
    assert "SyntaxError" not in data["tests"][0]["output"]


def test_tests_that_are_shown_later_are_not_told_of_now(unit):
    graded = report(
        result("passed", score=2.0),
        result("failed", number="2", visibility="after_published", title="Secret.", **MISMATCH),
        result("failed", number="3", visibility="hidden", title="Secret.", **MISMATCH),
    )
    text = report_text(graded, unit.settings)
    assert "Secret" not in text
    assert "score of the tests shown here  2 / 2" in text
    assert "2 more tests are not shown here." in text
    data = as_json(graded, unit)
    assert "Secret" not in data["output"]
    assert [test["visibility"] for test in data["tests"]] == [
        "visible",
        "after_published",
        "hidden",
    ]


def test_points_do_not_depend_on_their_order():
    tests = [result("passed", number=str(n), score=0.1, max_score=0.1) for n in range(10)]
    assert report(*tests).score == report(*reversed(tests)).score == 1.0


def test_half_a_surrogate_pair_does_not_stop_a_report():
    test = result("crashed", message="a\ud800b", output="\udcff")
    assert json.loads(test.model_dump_json())["message"] == "a?b"
