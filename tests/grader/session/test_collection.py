"""What tests must say of themselves, and what is known of them before they run."""

import pytest

from grader.events import Collected


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('@clause("T1")\n', "", "names no clause; add @clause"),
        ('"T1"', '"T9"', "checks clause 'T9', which assignment.toml does not have"),
        ("@weight(2)\n", "", "has no points; add @weight"),
        ("@weight(2)", "@weight(-1)", "has -1 points; give it 0 or more"),
        ("@weight(2)", "@weight(float('nan'))", "has nan points"),
        ('@number("1")\n', "", "has no number; add @number"),
        ('    "It is asked once."\n', "", "has no docstring"),
        ("@weight(2)", "@weight(2)\n@visibility('secret')", "has the visibility 'secret'"),
        ("def test_it", "def check_it", "No tests found in"),
        ("@clause", "import nothing_of_this_name\n@clause", "cannot be imported; correct"),
        ("@clause", "1 / 0\n@clause", "cannot be imported; correct"),
        ("@clause", "def broken(\n@clause", "cannot be imported; correct"),
    ],
)
def test_tests_that_are_wrong(toy, old, new, said):
    assert old in toy.ONE_TEST
    toy.tests(toy.ONE_TEST.replace(old, new))
    assert said in toy.broken()


def test_two_tests_of_one_number(toy):
    toy.tests(toy.ONE_TEST)
    toy.hidden(toy.ONE_TEST.replace("test_it", "test_other"))
    assert "both have @number('1')" in toy.broken()


def test_what_is_known_of_tests_before_they_run(toy):
    toy.settings(toy.TOML.replace('hidden = "visible"', 'hidden = "after_published"'))
    toy.tests(
        toy.ONE_TEST.replace(
            "@weight(2)", "@weight(0.5)\n@tags('a', 'b')\n@hide_errors('no')"
        ).replace('"It is asked once."', '"""It is\n    asked once.\n\n    And more."""')
    )
    toy.hidden(
        toy.ONE_TEST.replace('"1"', '"2"')
        + toy.ONE_TEST.replace('"1"', '"3"')
        .replace("test_it", "test_b")
        .replace("@weight", "@visibility('hidden')\n@weight")
    )
    (event,) = [event for event in toy.events() if isinstance(event, Collected)]
    public, hidden, invisible = event.tests
    assert public.model_dump() == {
        "id": "public/test_it.py::test_it",
        "title": "It is asked once.",
        "number": "1",
        "clause": "T1",
        "max_score": 0.5,
        "public": True,
        "visibility": "visible",
        "tags": ["a", "b"],
        "hide_errors": "no",
    }
    assert (hidden.id, hidden.public) == ("hidden/test_hidden.py::test_it", False)
    assert hidden.visibility == "after_published"
    assert invisible.visibility == "hidden"
