"""The clauses, the handout, the hints and the tests speak of the same things."""

import re
from collections import Counter

import pytest
from vmlab.testing import Mismatch

from grader.assignment import load_hints
from grader.splice import Overlay


@pytest.fixture(scope="module")
def handout(assignment):
    return (assignment / "README.md").read_text(encoding="utf-8")


def test_each_clause_has_its_heading(handout, clauses):
    headings = re.findall(r"^### (.*)$", handout, re.MULTILINE)
    assert headings == [f"{name} {clause.title}" for name, clause in clauses.items()]


def test_each_clause_has_a_hint(assignment, clauses):
    hints = load_hints(assignment / "hints.toml")
    assert list(hints) == list(clauses)
    for hint in hints.values():
        assert all(len(tier.strip()) > 20 for tier in (hint.concept, hint.rule, hint.place))


def test_each_clause_has_public_and_hidden_tests(public_tests, hidden_tests, clauses):
    assert {test.clause for test in public_tests} == set(clauses)
    assert {test.clause for test in hidden_tests} == set(clauses)


def test_numbers_are_unique_and_of_their_clause(public_tests, hidden_tests):
    tests = [*public_tests, *hidden_tests]
    assert [n for n, count in Counter(t.number for t in tests).items() if count > 1] == []
    for test in tests:
        assert test.number.split(".")[0] == test.clause[1:]


def test_the_points_of_the_handout(handout, public_tests, hidden_tests, clauses):
    points = Counter()
    for test in (*public_tests, *hidden_tests):
        points[clauses[test.clause].step] += test.weight
    assert sum(points.values()) == 100
    table = re.findall(r"^\| (\d+) \| .* \| (\d+) \|$", handout, re.MULTILINE)
    assert {int(step): int(number) for step, number in table} == points
    public = sum(test.weight for test in public_tests)
    assert f"the public tests, {public:g} points" in handout
    assert f"The hidden tests, {100 - public:g} points" in handout
    easy = sum(points[step] for step in range(1, 7))
    assert f"Steps 1 to 6 are {easy:g} of them" in handout


def test_steps_go_on_from_each_other(clauses):
    assert sorted({clause.step for clause in clauses.values()}) == list(range(1, 11))


def test_every_test_says_a_sentence(public_tests, hidden_tests):
    for test in (*public_tests, *hidden_tests):
        sentence = test.function.__doc__
        assert sentence, test.number
        assert sentence.endswith("."), test.number


def test_the_example_of_a_failure_is_one(
    handout, public_tests, tmp_path, solutions, clauses, root, assignment
):
    """What the handout shows of a failed test is what a student gets to see."""
    path = root / "reference" / "flawed" / "virtual_disk" / "rest_of_the_cluster_lost.py"
    overlay = Overlay.read(path.name, path.read_text(encoding="utf-8"), clauses)
    (tmp_path / "disk.py").write_text(solutions["disk.py"], encoding="utf-8")
    flawed = overlay.splice(solutions["qcow2.py"])
    (tmp_path / "qcow2.py").write_text(flawed, encoding="utf-8")
    (test,) = (test for test in public_tests if test.number == "13.1")
    with pytest.raises(Mismatch) as failure:
        test.run(tmp_path)
    error = failure.value
    for text in (error.scenario, error.expected, error.got, clauses["D13"].rule):
        assert text in handout
