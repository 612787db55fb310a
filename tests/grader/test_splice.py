"""Overlays replace definitions of the solution, and are refused when they no longer fit."""

from __future__ import annotations

import pytest

from grader.splice import Overlay, SpliceError

CLAUSES = ("T1", "T2")
SOLUTION = '''"""The solution."""

from __future__ import annotations

import os

LIMIT = 3
TABLE: dict[str, int] = {}


# why this is so
def one(x):
    return x + LIMIT


class Two:
    pass
'''


def overlay(body, head='"""It is wrong.\n\nMore."""\n\nFAILS = {"T1"}\n'):
    return Overlay.read("o.py", head + body, CLAUSES)


def test_docstring_and_fails_are_read():
    read = overlay("LIMIT = 4\n")
    assert (read.mistake, read.fails) == ("It is wrong.", frozenset({"T1"}))


def test_definitions_of_every_kind_are_replaced_in_their_places():
    body = "LIMIT = 4\nTABLE: dict[str, int] = {'a': 1}\n"
    body += "def one(x):\n    return 9\nclass Two:\n    y = 1\n"
    assert (
        overlay(body).splice(SOLUTION)
        == '''"""The solution."""

from __future__ import annotations

import os

LIMIT = 4
TABLE: dict[str, int] = {'a': 1}


# why this is so
def one(x):
    return 9


class Two:
    y = 1
'''
    )


def test_new_imports_are_added_once_after_the_others():
    head = (
        '"""Wrong."""\nfrom __future__ import annotations\nimport os\nimport re\nFAILS = {"T2"}\n'
    )
    spliced = overlay("LIMIT = 4\n", head).splice(SOLUTION)
    assert "import os\nimport re\n\nLIMIT = 4" in spliced
    assert spliced.count("__future__") == spliced.count("import os") == 1


def test_imports_reach_a_solution_that_has_none():
    head = '"""Wrong."""\nfrom __future__ import annotations\nimport re\nFAILS = {"T2"}\n'
    spliced = overlay("X = 4\n", head).splice('"""Doc."""\nX = 3\n')
    assert spliced == '"""Doc."""\nfrom __future__ import annotations\nimport re\nX = 4\n'
    compile(spliced, "s", "exec")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def gone():\n    pass\n", "o.py: gone stands nowhere in the solution"),
        ("LIMIT = 1\nLIMIT = 2\n", "o.py: LIMIT stands twice in the overlay"),
        ("print(1)\n", "only functions, classes, constants"),
        ("a = b = 1\n", "only functions, classes, constants"),
        ("a.b = 1\n", "only functions, classes, constants"),
        ("", "o.py changes nothing"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused(body, message):
    with pytest.raises(SpliceError, match=message):
        overlay(body).splice(SOLUTION)


def test_a_name_that_the_solution_has_twice_is_refused():
    with pytest.raises(SpliceError, match="X stands 2 times in the solution"):
        overlay("X = 1\n").splice("X = 2\nX = 3\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def (\n", "o.py is not Python"),
        ('FAILS = {"T1"}\n', "no docstring"),
        ('"""W."""\n', "no FAILS"),
        ('"""W."""\nFAILS = set()\n', "no FAILS"),
        ('"""W."""\nFAILS = {1}\n', "no FAILS"),
        ('"""W."""\nFAILS = ["T1"]\n', "no FAILS"),
        ('"""W."""\nFAILS = {"T1", "T9"}\n', "FAILS names T9, not a clause"),
    ],
)
def test_an_overlay_without_what_it_must_say_is_refused(source, message):
    with pytest.raises(SpliceError, match=message):
        Overlay.read("o.py", source, CLAUSES)


def test_an_overlay_fits_the_file_that_has_all_its_names():
    overlay = Overlay.read(
        "a.py", '"""Wrong."""\nFAILS = {"T1"}\nimport os\nA = 1\ndef f(): 0\n', ["T1"]
    )
    assert overlay.fits("A: int = 2\nclass B: ...\ndef f(): ...\n")
    assert not overlay.fits("def f(): ...\n")
