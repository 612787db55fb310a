"""The matrix that `grader prove` shows."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.cases import Case, Kind
from grader.prove import Judged, Proof


def test_the_matrix_tells_named_missing_and_surplus_apart(unit):
    from grader.cli.prove import matrix

    flawed = Case("flawed", Kind.FLAWED, {}, frozenset({"T1"}))
    skeleton = Case("skeleton", Kind.SKELETON, {})
    proof = Proof(
        [
            Judged(flawed, frozenset({"T1"}), 50.0, []),
            Judged(flawed, frozenset({"T2"}), None, ["something"]),
            Judged(skeleton, frozenset({"T1", "T2"}), 0.0, []),
        ]
    )
    text = StringIO()
    Console(file=text, width=100).print(matrix(unit, proof))
    rows = [line.split() for line in text.getvalue().splitlines()]
    assert rows[-4:] == [
        ["submission", "T1", "T2", "score"],
        ["flawed", "x", "·", "50", "ok"],
        ["flawed", "!", "+", "none", "no"],
        ["skeleton", "x", "x", "0", "ok"],
    ]


SKELETON = '''"""Nothing is written yet."""


def wakes(hart):
    raise NotImplementedError("T1: wakes")


def choose_interrupt(hart):
    raise NotImplementedError("T2: choice")
'''
FLAWED = '''"""Never wakes."""

FAILS = {"T1", "T2"}


def wakes(hart):
    return False
'''


def test_a_course_is_graded_and_judged_from_end_to_end(unit, grader, tmp_path, monkeypatch):
    shutil.copytree(unit.course.root, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    Path("assignments/toy/traps.py").write_text(SKELETON)
    Path("reference/flawed/toy").mkdir(parents=True)
    Path("reference/flawed/toy/never_wakes.py").write_text(FLAWED)
    status, out, _ = grader("prove", "toy", "--runs", "1")
    assert status == 1
    rows = [line.split() for line in out.splitlines()]
    assert ["reference", "·", "·", "10", "ok"] in rows
    assert ["skeleton", "x", "x", "0", "ok"] in rows
    assert ["never_wakes", "x", "!", "4", "no"] in rows
    assert "  never_wakes: does not fail T2\n" in out
    assert "  T1 has no hidden test\n" in out
    assert "  the points sum to 10, not 100\n" in out
    assert out.endswith("complaints above.\n")


def test_a_part_that_is_none_is_told_in_a_sentence(grader):
    status, _, err = grader("prove", "toy", "--part", "4/3")
    assert status == 2
    assert "'4/3' is no part; write 2/3 for the second of three." in err
