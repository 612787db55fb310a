"""Partial credit and leaderboards."""

import json

import pytest

PARTIAL = """\
RUNS = []

@clause("T1")
@partial_credit(4)
@number("{0}")
def test_{0}(part, set_score=None):
    "A part of it may be reached."
    value = part.choose_interrupt(HartState(mip={0}))
    if value is not None:
        set_score(value)
    if not part.wakes(HartState(mip={0})):
        raise Mismatch("s", "e", "g")
"""


@pytest.mark.parametrize(
    ("part", "verdict", "score"),
    [
        ("def choose_interrupt(h): return None\ndef wakes(h): return True", "passed", 4),
        ("def choose_interrupt(h): return 3\ndef wakes(h): return True", "passed", 3),
        ("def choose_interrupt(h): return 3\ndef wakes(h): return False", "failed", 3),
        ("def choose_interrupt(h): return None\ndef wakes(h): return False", "failed", 0),
        ("def choose_interrupt(h): return 3\ndef wakes(h): raise PartRaised('x')", "crashed", 0),
        ("def choose_interrupt(h): return 3\ndef wakes(h): raise PartTimeout('x')", "timeout", 0),
        ("def choose_interrupt(h): return 5\ndef wakes(h): return True", "internal_error", 0),
    ],
)
def test_partial_credit(toy, part, verdict, score):
    toy.tests(PARTIAL.format(1))
    outcome = toy.outcomes(part)["test_1"]
    assert (outcome.verdict, outcome.score) == (verdict, score)


def test_credit_of_an_earlier_run_does_not_stay(toy):
    # The same function twice; only at its second run does the part crash before a score is set.
    toy.tests(
        """
        import pytest

        def common(part, set_score=None):
            "A part of it may be reached."
            set_score(4)
            if not part.wakes(HartState()):
                raise Mismatch("s", "e", "g")

        test_1 = clause("T1")(number("1")(partial_credit(4)(common)))
        test_1(type("P", (), {"wakes": lambda self, hart: True})())  # leaves a score behind
        """
    )
    assert toy.outcomes("def wakes(h): raise PartRaised('x')")["test_1"].score == 0
    outcome = toy.outcomes("def wakes(h): return False")["test_1"]
    assert (outcome.verdict, outcome.score) == ("failed", 4)


def test_credit_left_by_import_is_wiped(toy):
    toy.tests(PARTIAL.format(1) + "\ntest_1.__score__ = 4\n")
    outcome = toy.outcomes("def choose_interrupt(h): return None\ndef wakes(h): return False")
    assert outcome["test_1"].score == 0


RANKED = """\
@clause("T1")
@weight(0)
@number("1")
@leaderboard("fewest", "asc")
def test_it(part, set_leaderboard_value=None):
    "It is ranked."
    set_leaderboard_value(part.choose_interrupt(HartState()))
    if not part.wakes(HartState()):
        raise Mismatch("s", "e", "g")
"""


def test_leaderboard(toy):
    toy.tests(RANKED)
    choose = "def choose_interrupt(h): return 7\n"
    ranking = toy.outcomes(choose + "def wakes(h): return True")["test_it"].ranking
    assert json.loads(ranking.model_dump_json()) == {"name": "fewest", "value": 7, "order": "asc"}
    assert toy.outcomes(choose + "def wakes(h): return False")["test_it"].ranking is None


def test_leaderboard_and_partial_credit_together(toy):
    toy.tests(
        RANKED.replace("@weight(0)", "@partial_credit(4)")
        .replace("=None):", "=None, set_score=None):\n    set_score(2)")
        .replace('    "It is ranked."\n', "")
        .replace("    set_score(2)", '    "It is ranked."\n    set_score(2)')
    )
    outcome = toy.outcomes("def choose_interrupt(h): return 7\ndef wakes(h): return True")[
        "test_it"
    ]
    assert (outcome.score, outcome.ranking.value) == (2, 7)
