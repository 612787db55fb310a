"""The submissions that an assignment is proven with, each with what must come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grader.course import Unit
from grader.problem import Problem
from grader.skeletons import skeletons
from grader.splice import Overlay


class Kind(str, Enum):
    """What is expected of a case."""

    REFERENCE = "reference"
    """All points."""
    ALTERNATIVE = "alternative"
    """All points, written differently."""
    SKELETON = "skeleton"
    """No points, and every test stopped at a hole."""
    FLAWED = "flawed"
    """Exactly the clauses that it names fail."""
    ATTACK = "attack"
    """No points, no fault of ours, and the instructor is told."""


@dataclass(frozen=True)
class Case:
    """A submission as data; it can be sent to another process."""

    name: str
    kind: Kind
    files: dict[str, bytes]
    fails: frozenset[str] = frozenset()
    """Clauses that must fail; of an attack: those whose points it wants, if it is choosy."""
    mistake: str = ""
    """Of a flawed submission, as its docstring has it."""
    tells: str = ""
    """Of an attack: what the instructor must be told of it; empty if it looks like a mistake."""

    def write(self, folder: Path) -> None:
        """Put the files into an empty folder."""
        for name, data in self.files.items():
            (folder / name).write_bytes(data)


def cases(unit: Unit) -> list[Case]:
    """Make up every case of an assignment. Raise Problem if one does not fit any more."""
    solution = {s.path.name: read(unit.course.solutions / s.path.name) for s in skeletons(unit)}
    texts = {name: data.decode("utf-8") for name, data in solution.items()}
    part = unit.solution.name
    found = [
        Case("reference", Kind.REFERENCE, solution),
        Case("skeleton", Kind.SKELETON, {s: read(unit.folder / s) for s in solution}),
    ]
    for path in sorted((unit.course.root / "tests" / "alternatives" / unit.name).glob("[!_.]*")):
        # One file, or a folder with all that is handed in.
        if path.is_dir():
            own = {name: read(path / name) for name in solution}
        else:
            own = {**solution, part: read(path)}
        found.append(Case(path.stem, Kind.ALTERNATIVE, own))
    for path in sorted(unit.flawed.glob("*.py")):
        text = read(path).decode("utf-8", errors="replace")
        overlay = Overlay.read(path.name, text, unit.settings.clauses)
        files = {name: text.encode() for name, text in overlaid(texts, overlay, part).items()}
        found.append(Case(path.stem, Kind.FLAWED, files, overlay.fails, overlay.mistake))
    return found


def overlaid(solution: dict[str, str], overlay: Overlay, part: str) -> dict[str, str]:
    """Lay an overlay over that file of the solution which it fits; over `part` if it fits none.

    Raises SpliceError, which tells what does not fit.
    """
    target = next((name for name, text in solution.items() if overlay.fits(text)), part)
    return {**solution, target: overlay.splice(solution[target])}


def read(path: Path) -> bytes:
    """Return a file's contents. Raise Problem."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None
