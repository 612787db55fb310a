"""The ladder of the handout: after each step, with what it says to write, its clauses pass."""

import ast
import re

import pytest

from grader.splice import Overlay

SIMPLE = '''\
"""No reverse map and no protection: a fence drops everything."""

FAILS = {"S13"}


def remember(host, place, leaf):
    return


def drop(place):
    pager.leaves.pop(place, None)


def drop_made_from(address, length):
    raise NotImplementedError


def is_protected(page):
    return False


def protect(host, page):
    raise NotImplementedError


def written(host, address, length):
    raise NotImplementedError


def fence(host, address, asid):
    drop_everything(host)


def take_frame(host, page):
    raise NotImplementedError


def give_frame(host, page, frame):
    raise NotImplementedError
'''
HARD = 8
"""The first step of the hard third."""


def test_the_first_steps_need_nothing_of_the_hard_third(
    hand_in, public_tests, hidden_tests, clauses
):
    simple = hand_in(SIMPLE)
    done = [t for t in (*public_tests, *hidden_tests) if clauses[t.clause].step < HARD]
    assert sum(test.weight for test in done) == 70
    for test in done:
        if test.number != "2.3":  # that one draws its pages
            test.run(simple)


NOT_YET = "raise NotImplementedError"
PROVISIONAL = {
    "allows": (4, "return True"),
    "mark": (5, "return args[1].pte"),
    "drop": (5, "assert args[0] not in pager.leaves"),
}
"""What the handout says to say at first, or the skeleton says, and until which step."""


@pytest.fixture(scope="module")
def written(assignment):
    """Functions of the skeleton with a hole, to the first step whose row names them."""
    skeleton = ast.parse((assignment / "shadow.py").read_text(encoding="utf-8"))
    functions = [node for node in skeleton.body if isinstance(node, ast.FunctionDef)]
    unwritten = [f.name for f in functions if "NotImplementedError" in ast.unparse(f)]
    handout = (assignment / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \| .* \| \d+ \|$", handout, re.MULTILINE)
    first = {}
    for step, names in reversed(rows):
        first.update(dict.fromkeys(re.findall(r"`(\w+)`", names), int(step)))
    return {name: first.get(name) for name in unwritten}


def test_the_ladder_names_every_function(written):
    assert [name for name, step in written.items() if step is None] == []


@pytest.mark.parametrize("step", range(1, HARD - 1))
def test_each_step(step, written, solutions, clauses, public_tests, tmp_path):
    simple = Overlay.read("simple.py", SIMPLE, clauses).splice(solutions["shadow.py"])
    bodies = {name: NOT_YET for name, first in written.items() if step < first < HARD}
    bodies |= {name: body for name, (until, body) in PROVISIONAL.items() if step < until}
    lines = [f"def {name}(*args):\n    {body}\n" for name, body in bodies.items()]
    source = '"""Not written yet."""\n\nFAILS = {"S13"}\n\n\n' + "\n\n".join(lines)
    overlay = Overlay.read("step.py", source, clauses)
    (tmp_path / "shadow.py").write_text(overlay.splice(simple), encoding="utf-8")
    for test in public_tests:
        if clauses[test.clause].step <= step:
            test.run(tmp_path)
