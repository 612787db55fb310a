"""What a grading session tells the process that started it: one JSON line an event."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from grader.report import Outcome, TestInfo


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Request(_Model):
    """What a session is to do; it comes as JSON on its standard input."""

    course: Path
    assignment: str
    submission: Path | None = None
    """The folder to grade; None to collect the tests only."""
    walls: list[str] | None = None
    """The walls to raise around the submission, by name; must be said if there is one."""
    seconds: float | None = None
    """What is left for all tests together, if that is less than the assignment gives."""
    only: list[str] | None = None
    """The tests to run; None: all that are found."""

    @model_validator(mode="after")
    def _never_by_default(self) -> Request:
        if self.submission is not None and self.walls is None:
            raise ValueError("a submission is only run with walls, or with none by name")
        return self


class Collected(_Model):
    """The tests that were found, before the first one runs."""

    event: Literal["collected"] = "collected"
    tests: list[TestInfo]


class Started(_Model):
    """A test begins."""

    event: Literal["started"] = "started"
    id: str


class Ended(_Model):
    """A test has its verdict."""

    event: Literal["ended"] = "ended"
    id: str
    outcome: Outcome


class Broken(_Model):
    """The tests, or what they need, are wrong: nothing can be graded with them."""

    event: Literal["broken"] = "broken"
    message: str
    traceback: str = ""


class NoRoom(_Model):
    """The disk is full: nothing can be graded now."""

    event: Literal["no room"] = "no room"
    where: str
    """The file that could not be written."""


class Done(_Model):
    """The session came to its end; without this it died."""

    event: Literal["done"] = "done"


Event = Annotated[
    Collected | Started | Ended | Broken | NoRoom | Done, Field(discriminator="event")
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
