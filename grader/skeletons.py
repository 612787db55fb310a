"""The committed skeletons and the solutions that they are cut from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from grader.course import Unit
from grader.cut import cut
from grader.problem import Problem


@dataclass(frozen=True)
class Skeleton:
    """A file to hand in: where it stands, and what the solution's cut gives."""

    path: Path
    text: str

    @property
    def current(self) -> bool:
        """Tell whether the file holds exactly the cut, byte for byte."""
        return self.path.is_file() and self.path.read_bytes() == self.text.encode()

    def diff(self) -> str:
        """Return a unified diff from the file to the cut; empty if they are the same."""
        old = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        return "".join(
            difflib.unified_diff(
                old.splitlines(keepends=True),
                self.text.splitlines(keepends=True),
                str(self.path),
                "cut from the solution",
            )
        )

    def write(self) -> None:
        """Put the cut in the file's place. Raise Problem if it cannot be written."""
        try:
            self.path.write_bytes(self.text.encode())
        except OSError as error:
            raise Problem(f"{self.path} cannot be written: {error.strerror}.") from None


def skeletons(unit: Unit) -> list[Skeleton]:
    """Cut every file of an assignment. Raise Problem if a solution is missing or badly marked."""
    made = []
    for name in unit.settings.accepted:
        solution = unit.course.solutions / name
        if name in unit.settings.optional_files and not solution.exists():
            continue
        try:
            source = solution.read_text(encoding="utf-8")
        except OSError as error:
            raise Problem(f"{solution} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise Problem(f"{solution} is not UTF-8 text; save it as UTF-8.") from None
        made.append(Skeleton(unit.folder / name, cut(source, str(solution))))
    return made
