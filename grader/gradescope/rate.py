"""How often a student is graded: counted by when submissions were made, never by a clock.

Running an old submission again thus gives what it gave, as Gradescope's documentation asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from grader.assignment import Gradescope
from grader.gradescope.metadata import Metadata, Previous

TIMES, BEFORE = "graded_at", "output_before"
"""Keys of `extra_data`: when submissions were graded, and what stood above the tests.

Gradescope hands back the results of the latest earlier submission only, and does not tell which of
the others were refused; so each keeps the list for the next.
"""


def graded_before(metadata: Metadata) -> list[datetime]:
    """Return when earlier submissions of this student were graded, oldest first."""
    now = metadata.created_at
    latest = _latest(metadata)
    extra = (latest.results or {}).get("extra_data") if latest is not None else None
    kept = extra.get(TIMES) if isinstance(extra, dict) else None
    times: list[datetime] = []
    if isinstance(kept, list):
        for text in kept:
            try:
                times.append(datetime.fromisoformat(text))
            except (TypeError, ValueError):
                continue
        times = [time for time in times if time.tzinfo is not None]
    else:
        times = [
            each.submission_time
            for each in metadata.previous_submissions
            if each.submission_time is not None and not each.autograder_error
        ]
    return sorted(time for time in times if now is not None and time < now)


def refusal(rule: Gradescope, metadata: Metadata) -> dict[str, Any] | None:
    """Return the results to give in place of grading; None: grade it.

    The last score stays, with a sentence above it that says when the next is graded.
    """
    now = metadata.created_at
    if rule.submissions is None or now is None:
        return None
    window = timedelta(hours=rule.hours)
    recent = [time for time in graded_before(metadata) if time > now - window]
    latest = _latest(metadata)
    if len(recent) < rule.submissions or latest is None:
        return None
    results = dict(latest.results or {})
    if "score" not in results and "tests" not in results:
        if latest.score is None:
            return None  # nothing to keep: better one too many than none
        results["score"] = latest.score
    extra = results.get("extra_data")
    extra = dict(extra) if isinstance(extra, dict) else {}
    before = extra.get(BEFORE, results.get("output", ""))
    times = "submission" if rule.submissions == 1 else "submissions"
    again = recent[-rule.submissions] + window
    said = (
        f"Not graded: {rule.submissions} {times} in {rule.hours} hours are graded, and you have "
        f"had them. The next one is graded from {again:%Y-%m-%d %H:%M %Z} on. Until then you keep "
        "the result below."
    )
    results["output"] = f"{said}\n\n{before}".rstrip()
    results["output_format"] = "text"
    results["extra_data"] = {
        **extra,
        BEFORE: before,
        TIMES: [time.isoformat() for time in graded_before(metadata)],
    }
    return results


def _latest(metadata: Metadata) -> Previous | None:
    dated = [
        each
        for each in metadata.previous_submissions
        if each.submission_time is not None
        and not each.autograder_error
        and (metadata.created_at is None or each.submission_time < metadata.created_at)
    ]
    return max(dated, key=lambda each: each.submission_time or datetime.min, default=None)
