"""A part's folder: what its `assignment.toml` and `hints.toml` say to the student's own tools."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST = "assignment.toml"
TIERS = ("concept", "rule", "place")
"""A hint's tiers, the vaguest first."""


class AssignmentError(Exception):
    """The folder is not, or does not hold, what was looked for; the message is one sentence."""


@dataclass(frozen=True)
class Clause:
    """One numbered sentence of the handout's contract."""

    name: str
    title: str
    rule: str = ""
    """The manual's rule tag, or section, that the clause restates."""


@dataclass(frozen=True)
class Assignment:
    """The fields of `assignment.toml` that the student's tools use."""

    folder: Path
    title: str
    part: str
    """Names the interface `vmlab.parts.<part>` and the bench `vmlab.bench.<part>`."""
    file: str
    """The file that holds the part's functions."""
    clauses: Mapping[str, Clause]
    wall_seconds: float
    """Backstop for a part that never answers, seconds of real time a test."""

    @classmethod
    def find(cls, start: Path) -> Assignment:
        """Load the assignment of the first folder at or above `start` that holds one.

        Raises AssignmentError if there is none, or if its file cannot be used.
        """
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / MANIFEST).is_file():
                return cls.load(folder)
        raise AssignmentError(
            f"no {MANIFEST} in {start} or above it; go to the assignment's folder first"
        )

    @classmethod
    def load(cls, folder: Path) -> Assignment:
        """Load the assignment of `folder`. Raises AssignmentError if it cannot be used."""
        path = folder / MANIFEST
        table = _toml(path)
        try:
            part = str(table["part"])
            clauses = {
                name: Clause(name, str(row["title"]), str(row.get("rule", "")))
                for name, row in table["clauses"].items()
            }
            return cls(
                folder=folder,
                title=str(table["title"]),
                part=part,
                file=f"{part}.py",
                clauses=clauses,
                wall_seconds=float(table.get("limits", {}).get("wall_seconds", 20)),
            )
        except KeyError as missing:
            raise AssignmentError(f"{path}: {missing.args[0]!r} is missing") from None
        except (AttributeError, TypeError, ValueError):
            raise AssignmentError(f"{path} does not have the form of an assignment") from None

    def clause(self, name: str) -> Clause:
        """Return a clause by name. Raises AssignmentError, which lists the names, if unknown."""
        try:
            return self.clauses[name]
        except KeyError:
            known = ", ".join(self.clauses)
            raise AssignmentError(f"no clause {name} here; the clauses are {known}") from None

    def hints(self, name: str) -> tuple[str, ...]:
        """Return the tiers of a clause's hint that were written. Raises AssignmentError."""
        table = _toml(self.folder / "hints.toml").get(self.clause(name).name, {})
        found = tuple(str(table[tier]).strip() for tier in TIERS if table.get(tier))
        if not found:
            raise AssignmentError(f"there is no hint for {name}")
        return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} is broken: {error}") from None
    return table
