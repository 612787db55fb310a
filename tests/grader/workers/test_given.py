"""Parts that a course gives: imported once where workers come from; never a submission's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from vmlab.hart import HartState
from vmlab.link.interface import Interface
from vmlab.parts.traps import Part

from grader.zygote import Limits, Zygote

WHO = "import os\nPROCESS = os.getpid()\n"
PART = """
import os
from early import PROCESS, ANSWER

def choose_interrupt(hart):
    return ANSWER

def wakes(hart):
    return PROCESS == os.getpid()
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    course, submission = tmp_path / "course", tmp_path / "submission"
    course.mkdir()
    submission.mkdir()
    (course / "early.py").write_text(f"from late import ANSWER\n{WHO}")
    (course / "late.py").write_text("ANSWER = 1\n")
    (submission / "traps.py").write_text(PART)
    return course, submission


def answers(course: Path, submission: Path) -> list[tuple[int | None, bool]]:
    """Return, of two workers, what `late` says, and whether `early` was run by the worker."""
    given = [course / "early.py", course / "late.py"]
    found = []
    with Zygote(submission, "traps", Limits(), given=given) as zygote:
        for _ in range(2):
            with zygote.worker() as worker:
                part = worker.link(Interface.of(Part))
                found.append((part.choose_interrupt(HartState()), part.wakes(HartState())))
    return found


def test_the_course_s_are_imported_once(folders: tuple[Path, Path]) -> None:
    assert answers(*folders) == [(1, False)] * 2


@pytest.mark.parametrize("name", ["early", "late"])
def test_a_submission_s_own_are_run_by_workers_only(folders: tuple[Path, Path], name: str) -> None:
    _, submission = folders
    own = {"early": f"ANSWER = 2\n{WHO}", "late": "ANSWER = 2\n"}
    (submission / f"{name}.py").write_text(own[name])
    assert answers(*folders) == [(2, True)] * 2


def test_one_that_cannot_be_imported_is_told_of_by_the_worker(folders: tuple[Path, Path]) -> None:
    course, submission = folders
    (course / "early.py").write_text("import nowhere\n")
    with (
        Zygote(submission, "traps", Limits(), given=[course / "early.py"]) as zygote,
        zygote.worker() as worker,
        pytest.raises(Exception, match="nowhere"),
    ):
        worker.link(Interface.of(Part)).wakes(HartState())
