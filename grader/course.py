"""Where the things of a course lie: assignments, solutions, flawed submissions, hidden tests."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.assignment import Assignment, Hint, load_assignment, load_hints
from grader.problem import Problem

COURSE_VARIABLE = "GRADER_COURSE"
"""Environment variable that names the course's folder, as `grader --course` does."""


@dataclass(frozen=True)
class Unit:
    """One assignment and its folders."""

    course: Course
    name: str

    @property
    def folder(self) -> Path:
        """What students receive."""
        return self.course.root / "assignments" / self.name

    @property
    def public_tests(self) -> Path:
        """The tests that students receive."""
        return self.folder / "tests"

    @property
    def hidden_tests(self) -> Path:
        """The tests that never leave the instructor."""
        return self.course.root / "grader" / "hidden" / self.name

    @property
    def solution(self) -> Path:
        """The complete part, file `PART.py`; its folder holds all solutions."""
        return self.course.solutions / f"{self.settings.part}.py"

    @property
    def flawed(self) -> Path:
        """The known-bad submissions, one overlay a file."""
        return self.course.root / "reference" / "flawed" / self.name

    @cached_property
    def settings(self) -> Assignment:
        """The contents of `assignment.toml`. Raise Problem if it is wrong."""
        return load_assignment(self.folder / "assignment.toml")

    @cached_property
    def hints(self) -> dict[str, Hint]:
        """The contents of `hints.toml`. Raise Problem if it is wrong."""
        return load_hints(self.folder / "hints.toml")


@dataclass(frozen=True)
class Course:
    """The folder that holds `assignments/` and `reference/`."""

    root: Path

    @classmethod
    def find(cls, given: Path | None = None) -> Course:
        """Find the course at `given`, or else around the working folder, or around this package.

        Raises:
            Problem: there is none.
        """
        if given is None and os.environ.get(COURSE_VARIABLE):
            given = Path(os.environ[COURSE_VARIABLE])
        if given is not None:
            root = given.resolve()
            if not _is_course(root):
                raise Problem(
                    f"{given} is not a course: it must hold the folders assignments/ and "
                    "reference/; name another with --course."
                )
            return cls(root)
        here = Path.cwd().resolve()
        package = Path(__file__).resolve().parent.parent
        for candidate in (here, *here.parents, package):
            if _is_course(candidate):
                return cls(candidate)
        raise Problem(
            f"No course found at or above {here}: go to the folder that holds assignments/ and "
            "reference/, or name it with --course."
        )

    @property
    def reference(self) -> Path:
        """The folder that `vmlab` is imported from."""
        return self.root / "reference"

    @property
    def solutions(self) -> Path:
        """The complete parts."""
        return self.reference / "solutions"

    @property
    def secrets(self) -> list[Path]:
        """What no submission may read: hidden tests and solutions."""
        return [self.root / "grader" / "hidden", self.solutions]

    @property
    def names(self) -> list[str]:
        """Every assignment, in alphabetical order."""
        return sorted(p.parent.name for p in self.root.glob("assignments/*/assignment.toml"))

    @property
    def in_order(self) -> list[str]:
        """Every assignment, those first that build on the fewest others."""
        return sorted(self.names, key=lambda name: len(self.unit(name).settings.given))

    def unit(self, name: str) -> Unit:
        """Return the assignment `name`. Raise Problem, naming the nearest, if there is none."""
        names = self.names
        if name in names:
            return Unit(self, name)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        if near:
            advice = f"did you mean {near[0]}?"
        elif names:
            advice = f"there are: {', '.join(names)}."
        else:
            advice = f"{self.root / 'assignments'} holds no assignment.toml yet."
        raise Problem(f"There is no assignment {name!r}; {advice}")


def _is_course(folder: Path) -> bool:
    return (folder / "assignments").is_dir() and (folder / "reference").is_dir()
