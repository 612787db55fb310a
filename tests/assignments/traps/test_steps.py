"""The ladder of the handout holds: each step's holes, filled in order, make its clauses pass."""

import pytest

from grader.cut import cut, holes

NOT_IN_A_STEP = ("T13", "T17", "T21", "T22")
"""Clauses without a hole: T17 is written together with what is refused, the others ask for nothing
new."""


def filled(source, steps, last):
    """Return the solution with the holes of later steps than `last` cut out of it."""
    kept = source.splitlines(keepends=True)
    for hole in holes(source):
        if steps[hole.text.partition(":")[0]] <= last:
            for line in (hole.first, hole.last):
                kept[line - 1] = "\n"
    return cut("".join(kept))


@pytest.fixture(scope="module")
def steps(clauses):
    return {name: clause.step for name, clause in clauses.items()}


def test_every_clause_but_some_has_a_hole(solutions, clauses):
    named = {hole.text.partition(":")[0] for hole in holes(solutions["traps.py"])}
    assert set(clauses) - named == set(NOT_IN_A_STEP)


@pytest.mark.parametrize("step", range(1, 13))
def test_step(step, steps, solutions, public_tests, tmp_path):
    source = filled(solutions["traps.py"], steps, step)
    (tmp_path / "traps.py").write_text(source, encoding="utf-8")
    done = [test for test in public_tests if steps[test.clause] <= step]
    assert any(steps[test.clause] == step for test in done)
    for test in done:
        test.run(tmp_path)


@pytest.mark.parametrize("step", range(1, 12))
def test_a_step_does_not_give_the_next_away(step, steps, solutions, public_tests, tmp_path):
    source = filled(solutions["traps.py"], steps, step)
    (tmp_path / "traps.py").write_text(source, encoding="utf-8")
    for test in public_tests:
        if steps[test.clause] > step and test.clause not in NOT_IN_A_STEP:
            with pytest.raises(NotImplementedError):
                test.run(tmp_path)


def test_the_skeleton_stops_at_holes(assignment, public_tests):
    for test in public_tests:
        with pytest.raises(NotImplementedError):
            test.run(assignment)
