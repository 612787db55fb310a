"""The clauses, the handout, the hints and the tests of an assignment speak of the same things."""

import re
from collections import Counter
from pathlib import Path

import pytest
from vmlab.testing import Mismatch

from grader.course import Course
from grader.cut import holes

COURSE = Course.find(Path(__file__).parents[2])
EXAMPLES = {
    "shadow_paging": ("fence_without_flush", "10.1"),
    "traps": ("priority_before_destination", "4.1"),
    "virtual_disk": ("rest_of_the_cluster_lost", "13.1"),
    "vmm": ("signs_not_extended", "4.1"),
}
"""The failure that a handout shows: of which flawed submission, in which public test."""


@pytest.fixture(scope="module", params=COURSE.names)
def unit(request):
    return COURSE.unit(request.param)


@pytest.fixture(scope="module")
def handout(assignment):
    return (assignment / "README.md").read_text(encoding="utf-8")


def test_each_clause_has_its_heading(handout, clauses):
    headings = re.findall(r"^### (.*)$", handout, re.MULTILINE)
    assert headings == [f"{name} {clause.title}" for name, clause in clauses.items()]


def test_each_clause_has_a_hint(unit, clauses):
    assert list(unit.hints) == list(clauses)
    for hint in unit.hints.values():
        assert all(len(tier.strip()) > 20 for tier in (hint.concept, hint.rule, hint.place))


def test_each_clause_has_public_and_hidden_tests(public_tests, hidden_tests, clauses):
    assert {test.clause for test in public_tests} == set(clauses)
    assert {test.clause for test in hidden_tests} == set(clauses)


def test_numbers_are_unique_and_of_their_clause(public_tests, hidden_tests):
    tests = [*public_tests, *hidden_tests]
    assert [n for n, count in Counter(t.number for t in tests).items() if count > 1] == []
    for test in tests:
        assert test.number.split(".")[0] == test.clause[1:]


def test_every_hole_names_a_clause(solutions, clauses):
    for source in solutions.values():
        assert {hole.text.partition(":")[0] for hole in holes(source)} <= set(clauses)


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


def test_about_two_thirds_of_the_points_are_in_the_first_steps(
    handout, public_tests, hidden_tests, clauses
):
    last, said = map(int, re.search(r"Steps 1 to (\d+).* are (\d+) of them", handout).groups())
    tests = (*public_tests, *hidden_tests)
    assert said == sum(test.weight for test in tests if clauses[test.clause].step <= last)
    assert 60 <= said <= 70


def test_steps_go_on_from_each_other(clauses):
    last = max(clause.step for clause in clauses.values())
    assert {clause.step for clause in clauses.values()} == set(range(1, last + 1))


def test_the_limits_of_the_handout(unit, handout):
    limits = unit.settings.limits
    said = f"{limits.cpu_seconds} seconds of processor time and {limits.memory_mib} MiB a test"
    assert said in " ".join(handout.split())


def test_every_test_says_a_sentence(public_tests, hidden_tests):
    for test in (*public_tests, *hidden_tests):
        sentence = test.function.__doc__
        assert sentence, test.number
        assert sentence.endswith("."), test.number


def test_the_example_of_a_failure_is_one(unit, handout, public_tests, flawed):
    """What the handout shows of a failed test is what a student gets to see."""
    submission, number = EXAMPLES[unit.name]
    (test,) = (test for test in public_tests if test.number == number)
    with pytest.raises(Mismatch) as failure:
        test.run(flawed(submission))
    rule = failure.value.rule or unit.settings.clauses[test.clause].rule
    plain = " ".join(handout.split())
    for text in (failure.value.scenario, failure.value.expected, failure.value.got, rule):
        assert " ".join(text.split()) in plain
