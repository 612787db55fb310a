"""Skeletons are cut at the marks, and marks that are wrong are refused with their line."""

from __future__ import annotations

import pytest

from grader.cut import CutError, cut, holes

SOLUTION = '''"""A part."""

LIMIT = 3

# BEGIN SOLUTION
SECRET = 42


def helper(x):
    return x * SECRET
# END SOLUTION


def double(x):
    """Double it; the text '# BEGIN SOLUTION' in a string is no mark."""
    # BEGIN SOLUTION T1: say "double"
    return helper(x) * 2
    # END SOLUTION


def both(x):
    y = 0
    if x:
        # BEGIN SOLUTION
        y = 1

        y += 1
        # END SOLUTION
    return y
'''

SKELETON = '''"""A part."""

LIMIT = 3

def double(x):
    """Double it; the text '# BEGIN SOLUTION' in a string is no mark."""
    raise NotImplementedError("T1: say \\"double\\"")


def both(x):
    y = 0
    if x:
        raise NotImplementedError
    return y
'''


def test_regions_become_holes():
    assert cut(SOLUTION) == SKELETON


def test_the_gap_of_a_removed_region_is_closed_as_the_formatter_wants_it():
    source = "A = 1\n\n\n# BEGIN SOLUTION\nB = 2\n# END SOLUTION\n\n\ndef f():\n    pass\n"
    assert cut(source) == "A = 1\n\n\ndef f():\n    pass\n"


def test_a_solution_without_marks_is_its_own_skeleton():
    assert cut("x = 1\n") == "x = 1\n"


def test_holes_tell_their_lines_and_texts():
    found = [(h.first, h.last, h.text) for h in holes(SOLUTION)]
    assert found == [(5, 11, ""), (16, 18, 'T1: say "double"'), (24, 28, "")]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("# BEGIN SOLUTION\n", "s.py:1: BEGIN SOLUTION without an END"),
        ("x = 1\n# END SOLUTION\n", "s.py:2: END SOLUTION without a BEGIN"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n", "s.py:2: BEGIN SOLUTION inside the one of line 1"),
        ("def f():\n    # BEGIN SOLUTION\n    pass\n# END SOLUTION\n", "s.py:4: END .* indented"),
        ("x = 1  # BEGIN SOLUTION\n# END SOLUTION\n", "s.py:1: a mark stands alone"),
        ("# BEGIN SOLUTIN\nx = 1\n# END SOLUTION\n", "s.py:3: END SOLUTION without"),
        ("#begin solution\n# END SOLUTION\n", "s.py:1: a mark stands alone"),
        ("# BEGIN SOLUTION\n# END SOLUTION T1\n", "s.py:2: a mark stands alone"),
        (
            "class C:\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n",
            "s.py: a region outside",
        ),
        ("def f():\n# BEGIN SOLUTION\n    pass\n# END SOLUTION\n", "s.py: without its regions"),
        ("def f(:\n", "s.py:1: not Python"),
        ("x = '''\n", "s.py:1: not Python"),
    ],
)
def test_wrong_marks_are_refused(source, message):
    with pytest.raises(CutError, match=message):
        cut(source, "s.py")
