"""The matrix that `grader prove` shows."""

from __future__ import annotations

from io import StringIO

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
