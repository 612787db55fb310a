"""What an assignment says of itself: `assignment.toml` and `hints.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from grader.tomlfile import load

Visible = Literal["visible", "hidden", "after_due_date", "after_published"]
"""Gradescope's visibility settings."""
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[a-z0-9]+$")]
ClauseName = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Limits(_Model):
    """What one submission may use. Counts are exact; seconds are a backstop."""

    cpu_seconds: Annotated[int, Field(ge=1, le=600)] = 5
    """Processor time of the part in one test."""
    wall_seconds: Annotated[int, Field(ge=1, le=3600)] = 20
    """Wall-clock time of one test."""
    memory_mib: Annotated[int, Field(ge=32, le=16384)] = 256
    """Address space of one worker, in MiB."""
    calls: Annotated[int, Field(ge=1)] = 50_000
    """Calls over the link in one test."""
    instructions: Annotated[int, Field(ge=1)] = 2_000_000
    """Instructions that a machine may retire in one test."""
    submission_seconds: Annotated[int, Field(ge=1, le=86400)] = 120
    """Wall-clock time of all tests together."""


class Visibility(_Model):
    """What students see of which tests."""

    public: Visible = "visible"
    hidden: Visible = "visible"
    detail: Literal["clause", "scenario", "full"] = "scenario"
    """How much a failed hidden test tells: which clause; and in which scenario; or everything."""


class Gradescope(_Model):
    """What holds on Gradescope only."""

    deadline_seconds: Annotated[int, Field(ge=60, le=2400)] = 540
    """For everything. Gradescope itself ends an autograder after 10 minutes unless told otherwise,
    and then there is no result at all."""
    submissions: Annotated[int, Field(ge=1)] | None = None
    """How many of a student's are graded in `hours`; not given: all."""
    hours: Annotated[int, Field(ge=1)] = 24


class Clause(_Model):
    """One numbered sentence of the handout's contract."""

    title: str
    rule: str = ""
    """Tag of the manual's rule, or its section."""
    step: Annotated[int, Field(ge=0)] = 0
    """The step of the handout in which it is written."""


class Assignment(_Model):
    """The contents of `assignment.toml`."""

    title: str
    part: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    """`vmlab.parts.PART` declares the interface, `vmlab.bench.PART` drives it."""
    files: Annotated[list[FileName], Field(min_length=1)]
    """To hand in."""
    optional_files: list[FileName] = []
    """Accepted if present."""
    given: list[str] = []
    """Earlier parts that the release includes."""
    limits: Limits = Limits()
    visibility: Visibility = Visibility()
    gradescope: Gradescope = Gradescope()
    clauses: Annotated[dict[ClauseName, Clause], Field(min_length=1)]

    @field_validator("files")
    @classmethod
    def _no_twins(cls, files: list[str]) -> list[str]:
        if len({name.lower() for name in files}) != len(files):
            raise ValueError("a file is named twice")
        return files

    @property
    def accepted(self) -> list[str]:
        """Every file name that is taken from a submission."""
        return [*self.files, *self.optional_files]


class Hint(_Model):
    """The three tiers of help with one clause."""

    concept: str
    rule: str
    place: str


def load_assignment(path: Path) -> Assignment:
    """Read an `assignment.toml`. Raise Problem, with the line, if it is not one."""
    return load(path, Assignment)


def load_hints(path: Path) -> dict[str, Hint]:
    """Read a `hints.toml`: clause name to hint. Raise Problem, with the line, if it is not one."""
    return load(path, dict[ClauseName, Hint])
