"""Limits on how often is graded go by when submissions were made."""

from datetime import datetime, timedelta, timezone

import pytest

from grader.assignment import Gradescope
from grader.gradescope.metadata import Metadata
from grader.gradescope.rate import BEFORE, TIMES, graded_before, refusal

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
RULE = Gradescope(submissions=2, hours=24)


def at(hours_ago, **more):
    moment = NOW - timedelta(hours=hours_ago)
    return {"submission_time": moment.isoformat(), "score": 40.0, **more}


def metadata(*previous, created=NOW):
    latest = {"results": {"score": 40.0, "tests": [], "output": "fine"}}
    listed = [*previous[:-1], {**latest, **previous[-1]}] if previous else []
    return Metadata.model_validate(
        {"created_at": created.isoformat(), "previous_submissions": listed}
    )


@pytest.mark.parametrize(
    "previous",
    [
        [],
        [at(1)],
        [at(30), at(25), at(1)],
        [at(2, autograder_error=True), at(1)],
        [at(24), at(1)],
    ],
)
def test_within_the_limit(previous):
    assert refusal(RULE, metadata(*previous)) is None


def test_over_the_limit_the_last_result_stays():
    given = refusal(RULE, metadata(at(30), at(20), at(1)))
    assert given["score"] == 40.0
    assert given["tests"] == []
    assert given["output"].startswith("Not graded: 2 submissions in 24 hours are graded")
    assert "from 2026-03-01 16:00 UTC on" in given["output"]
    assert given["output"].endswith("\n\nfine")


def test_no_limit_no_refusal():
    assert refusal(Gradescope(), metadata(at(3), at(2), at(1))) is None


def test_without_a_time_everything_is_graded():
    told = metadata(at(3), at(2), at(1)).model_copy(update={"created_at": None})
    assert refusal(RULE, told) is None


def test_running_it_again_later_gives_the_same():
    # Whatever the clock says, and whatever was handed in since.
    later = at(-5)
    now, afterwards = metadata(at(20), at(1)), metadata(at(20), at(1), later)
    assert graded_before(afterwards) == graded_before(now)
    assert refusal(RULE, afterwards)["score"] == refusal(RULE, now)["score"] == 40.0
    assert refusal(RULE, metadata(at(1), later)) is None


def test_refused_ones_do_not_count():
    """Who keeps trying is not locked out for ever: the graded ones are handed on."""
    first = refusal(RULE, metadata(at(20), at(10)))
    second = metadata(at(20), at(10), at(0.5, results=first), created=NOW + timedelta(hours=1))
    again = refusal(RULE, second)
    assert again["output"].count("Not graded") == 1
    assert again["extra_data"][TIMES] == first["extra_data"][TIMES]
    assert again["extra_data"][BEFORE] == "fine"
    free = metadata(at(20), at(10), at(-1, results=again), created=NOW + timedelta(hours=5))
    assert refusal(RULE, free) is None
    assert len(graded_before(free)) == 2


@pytest.mark.parametrize("kept", [None, 5, ["x", None, "2026-01-01T00:00:00"], {}])
def test_a_list_that_is_none_cannot_break_it(kept):
    previous = at(1, results={"score": 1.0, "extra_data": {TIMES: kept}})
    assert refusal(RULE, metadata(at(2), previous)) is None or kept in (None, 5, {})


def test_a_latest_without_results_keeps_its_score():
    given = refusal(RULE, metadata(at(2), at(1, results=None)))
    assert given["score"] == 40.0
    assert refusal(RULE, metadata(at(2), at(1, results=None, score=None))) is None
