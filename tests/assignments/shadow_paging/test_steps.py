"""The ladder of the handout: without its hard third, all clauses of the steps before pass."""

import pytest

from grader.cut import holes
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


def test_every_hole_names_a_clause(solution, clauses):
    named = {hole.text.partition(":")[0] for hole in holes(solution.read_text(encoding="utf-8"))}
    assert named <= set(clauses)


@pytest.fixture
def simple(solution, clauses, tmp_path):
    overlay = Overlay.read("simple.py", SIMPLE, clauses)
    source = overlay.splice(solution.read_text(encoding="utf-8"))
    (tmp_path / "shadow.py").write_text(source, encoding="utf-8")
    return tmp_path


def test_the_first_steps_need_nothing_of_the_hard_third(
    simple, public_tests, hidden_tests, clauses
):
    done = [t for t in (*public_tests, *hidden_tests) if clauses[t.clause].step < HARD]
    assert sum(test.weight for test in done) == 70
    for test in done:
        if test.number != "2.3":  # that one draws its pages
            test.run(simple)
