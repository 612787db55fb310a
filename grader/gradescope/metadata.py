"""`/autograder/submission_metadata.json`, as far as it is needed; nothing in it is relied on.

https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/ says of itself that it
may change. So whatever is missing, or not of the form told there, counts as not told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, WrapValidator

T = TypeVar("T")
MOST = 16 << 20
"""Bytes of a file that are looked at."""


def _if_it_fits(value: Any, validate: Callable[[Any], Any]) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


def _with_zone(value: Any, validate: Callable[[Any], Any]) -> Any:
    time = _if_it_fits(value, validate)
    if isinstance(time, datetime) and time.tzinfo is None:
        return time.replace(tzinfo=timezone.utc)
    return time


def _those_that_fit(value: Any, validate: Callable[[Any], Any]) -> Any:
    found = []
    for each in value if isinstance(value, list) else []:
        try:
            found += validate([each])
        except ValidationError:
            continue
    return found


Maybe = Annotated[T | None, WrapValidator(_if_it_fits)]
Time = Annotated[datetime | None, WrapValidator(_with_zone)]
Those = Annotated[list[T], WrapValidator(_those_that_fit)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Dates(_Model):
    """When something is due."""

    release_date: Time = None
    due_date: Time = None
    late_due_date: Time = None


class AssignmentThere(Dates):
    """The assignment, as Gradescope knows it."""

    title: Maybe[str] = None
    total_points: Maybe[float] = None
    """It comes as a string, "20.0"; manual grading included."""


class User(_Model):
    """One who handed it in; several, if it is a group's."""

    name: Maybe[str] = None
    email: Maybe[str] = None
    assignment: Maybe[Dates] = None
    """The student's own dates, if they differ."""


class Previous(_Model):
    """An earlier submission of the same student or group."""

    submission_time: Time = None
    score: Maybe[float] = None
    autograder_error: Maybe[bool] = None
    """True: it failed to run at no fault of the student."""
    results: Maybe[dict[str, Any]] = None
    """Its results.json; of the latest only."""


class Metadata(_Model):
    """What Gradescope tells of a submission."""

    created_at: Time = None
    assignment: Maybe[AssignmentThere] = None
    users: Those[User] = []
    previous_submissions: Those[Previous] = []

    @property
    def student(self) -> str:
        """The names of those who handed it in; empty if they are not told."""
        return ", ".join(user.name or user.email or "" for user in self.users).strip(", ")

    @property
    def due(self) -> datetime | None:
        """The last moment for this student: the latest of what is told."""
        told = [user.assignment for user in self.users if user.assignment is not None]
        of_all = self.assignment or Dates()
        dates = [date for each in told for date in (each.late_due_date, each.due_date) if date]
        return max(dates, default=of_all.late_due_date or of_all.due_date)


def read_metadata(path: Path) -> Metadata:
    """Read the file; without one, or with one that is none, nothing is known."""
    try:
        with path.open("rb") as file:
            return Metadata.model_validate_json(file.read(MOST))
    except (OSError, ValidationError):
        return Metadata()
