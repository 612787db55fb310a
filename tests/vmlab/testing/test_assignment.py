"""The student's side of assignment.toml and hints.toml."""

from __future__ import annotations

import pytest
from vmlab.testing.assignment import Assignment, AssignmentError

GOOD = """
title = "Trap handling"
part = "traps"
[limits]
wall_seconds = 7
[clauses.T1]
title = "Destination"
rule = "norm:a"
[clauses.T2]
title = "Entry"
"""


def test_it_is_found_from_a_folder_below(tmp_path):
    (tmp_path / "assignment.toml").write_text(GOOD)
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    found = Assignment.find(tmp_path / "tests" / "deep")
    assert (found.folder, found.part, found.file) == (tmp_path.resolve(), "traps", "traps.py")
    assert found.wall_seconds == 7
    assert [(c.name, c.title, c.rule) for c in found.clauses.values()] == [
        ("T1", "Destination", "norm:a"),
        ("T2", "Entry", ""),
    ]


def test_no_assignment_is_a_sentence(tmp_path):
    with pytest.raises(AssignmentError, match=r"no assignment.toml in .* or above it"):
        Assignment.find(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "is broken"),
        ('title = "x"\npart = "traps"\n', "'clauses' is missing"),
        ('title = "x"\npart = "traps"\nclauses = 3\n', "does not have the form"),
        ('title = "x"\npart = "traps"\n[clauses.T1]\n', "'title' is missing"),
        (GOOD.replace("= 7", '= "soon"'), "does not have the form"),
        ("\x00", "is broken"),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path, text, message):
    (tmp_path / "assignment.toml").write_text(text)
    with pytest.raises(AssignmentError, match=message):
        Assignment.load(tmp_path)


def test_bytes_that_are_no_text_are_a_sentence(tmp_path):
    (tmp_path / "assignment.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(AssignmentError, match="is broken"):
        Assignment.load(tmp_path)


def test_hints_come_in_their_tiers(tmp_path):
    (tmp_path / "assignment.toml").write_text(GOOD)
    hints = '[T1]\nplace = "c"\nconcept = "a"\nrule = """\nb\n"""\n'
    (tmp_path / "hints.toml").write_text(hints)
    assignment = Assignment.load(tmp_path)
    assert assignment.hints("T1") == ("a", "b", "c")
    with pytest.raises(AssignmentError, match="no hint for T2"):
        assignment.hints("T2")
    with pytest.raises(AssignmentError, match="no clause T3 here; the clauses are T1, T2"):
        assignment.hints("T3")
