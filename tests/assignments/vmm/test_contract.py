"""The clauses, the handout, the hints and the tests speak of the same things."""

import importlib.util
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
from vmlab.bench.vmm import Bench
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.vmm import Part
from vmlab.testing import Mismatch
from vmlab.testing.loading import load_part
from vmlab.timeline.text import lines
from vmlab.timeline.vmm import Bench as Recorded
from vmlab.timeline.vmm import Recorder

from grader.assignment import load_assignment, load_hints
from grader.cut import holes

ROOT = Path(__file__).parents[3]
ASSIGNMENT = ROOT / "assignments" / "vmm"
HIDDEN = ROOT / "grader" / "hidden" / "vmm"
SOLUTIONS = ROOT / "reference" / "solutions"
EASY = range(1, 8)
"""The steps before the hard third."""


def functions(folder):
    found = []
    for path in sorted(folder.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"{folder.parent.name}_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        tests = [value for name, value in vars(module).items() if name.startswith("test_")]
        found += filter(inspect.isfunction, tests)
    return found


@pytest.fixture(scope="module")
def public_tests():
    return functions(ASSIGNMENT / "tests")


@pytest.fixture(scope="module")
def hidden_tests():
    return functions(HIDDEN)


@pytest.fixture(scope="module")
def clauses():
    return load_assignment(ASSIGNMENT / "assignment.toml").clauses


@pytest.fixture(scope="module")
def handout():
    return (ASSIGNMENT / "README.md").read_text(encoding="utf-8")


def link(folder):
    return LocalLink(load_part(folder, "vmm"), Interface.of(Part))


def test_each_clause_has_its_heading(handout, clauses):
    headings = re.findall(r"^### (.*)$", handout, re.MULTILINE)
    assert headings == [f"{name} {clause.title}" for name, clause in clauses.items()]


def test_each_clause_has_a_hint(clauses):
    hints = load_hints(ASSIGNMENT / "hints.toml")
    assert list(hints) == list(clauses)
    for hint in hints.values():
        assert all(len(tier.strip()) > 20 for tier in (hint.concept, hint.rule, hint.place))


def test_the_hints_and_the_steps_name_functions_that_there_are(handout, clauses):
    source = (SOLUTIONS / "vmm.py").read_text(encoding="utf-8")
    known = set(re.findall(r"def (\w+)", source))
    ladder = handout.partition("## The steps")[2].partition("## The contract")[0]
    rows = [row.split("|")[2] for row in ladder.splitlines() if re.match(r"\| \d", row)]
    named = {name.rpartition(".")[2] for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert named <= known
    assert len(named) > 30
    hints = load_hints(ASSIGNMENT / "hints.toml").values()
    places = [re.match(r"`(\w+)`:", hint.place) for hint in hints]
    assert {found[1] for found in places if found} <= known
    assert sum(map(bool, places)) > 10


def test_every_hole_names_a_clause(clauses):
    found = holes((SOLUTIONS / "vmm.py").read_text(encoding="utf-8"))
    assert {hole.text.partition(":")[0] for hole in found} <= set(clauses)


def test_each_clause_has_public_and_hidden_tests(public_tests, hidden_tests, clauses):
    assert {test.__clause__ for test in public_tests} == set(clauses)
    assert {test.__clause__ for test in hidden_tests} == set(clauses)


def test_numbers_are_unique_and_of_their_clause(public_tests, hidden_tests):
    tests = [*public_tests, *hidden_tests]
    assert [n for n, count in Counter(t.__number__ for t in tests).items() if count > 1] == []
    for test in tests:
        assert test.__number__.split(".")[0] == test.__clause__[1:]


def test_the_points_of_the_handout(handout, public_tests, hidden_tests, clauses):
    points = Counter()
    for test in (*public_tests, *hidden_tests):
        points[clauses[test.__clause__].step] += test.__weight__
    assert sum(points.values()) == 100
    table = re.findall(r"^\| (\d+) \| .* \| (\d+) \|$", handout, re.MULTILINE)
    assert {int(step): int(number) for step, number in table} == points
    public = sum(test.__weight__ for test in public_tests)
    assert f"the public tests, {public:g} points" in handout
    assert f"The hidden tests, {100 - public:g} points" in handout
    easy = sum(points[step] for step in EASY)
    assert f"Steps 1 to 7 are {easy:g} of them" in handout


def test_steps_go_on_from_each_other(clauses):
    assert sorted({clause.step for clause in clauses.values()}) == list(range(1, 11))


def test_every_test_says_a_sentence(public_tests, hidden_tests):
    for test in (*public_tests, *hidden_tests):
        assert test.__doc__, test.__number__
        assert test.__doc__.endswith("."), test.__number__


def test_the_example_of_a_failure_is_one(handout, public_tests, tmp_path):
    """What the handout shows of a failed test is what a student gets to see."""
    for name in ("traps", "shadow", "disk", "qcow2", "vmm"):
        source = (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")
        if name == "vmm":
            flawed = source.replace(
                "        value = extended(value, decoded.instruction.width)\n", "        pass\n"
            )
            assert flawed != source
            source = flawed
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    (test,) = (test for test in public_tests if test.__number__ == "4.1")
    with pytest.raises(Mismatch) as failure:
        test(bench=Bench(link(tmp_path)))
    plain = " ".join(handout.split())
    for text in (failure.value.scenario, failure.value.expected, failure.value.got):
        assert " ".join(text.split()) in plain


def test_the_handout_shows_what_is_drawn(handout, public_tests):
    (test,) = (test for test in public_tests if test.__number__ == "7.1")
    recorder = Recorder()
    test(bench=Recorded(link(SOLUTIONS), recorder), given=lambda name: load_part(SOLUTIONS, name))
    drawn = {"".join(text for text, _ in line).rstrip() for line in lines(recorder.timeline, 80)}
    shown = handout.partition("## A picture")[2].partition("## Type 2")[0].split("```")[1::2]
    assert len(shown) == 2
    for line in "".join(shown).splitlines():
        assert line in drawn | {""}
