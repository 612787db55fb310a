"""What a failure tells, and how it is laid out."""

from __future__ import annotations

from vmlab.link.errors import BadAnswer
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.testing.assignment import Assignment, Clause
from vmlab.testing.explain import Explanation, explain, lay_out
from vmlab.testing.loading import PartUnreadable

CLAUSE = Clause("T4", "Interrupt choice: destination before priority", "norm:of_the_clause")

TAUGHT = """\
T4  Interrupt choice: destination before priority                            0 / 2
    scenario   S-mode, SIE=1; SSI delegated and pending, STI pending but not delegated
    expected   interrupt 5 (STI) taken in M-mode
    got        interrupt 1 (SSI) taken in S-mode
    rule       norm:trap_del_intr_priv_lvl — an interrupt for a more privileged mode comes first
    hint       vmlab hint T4"""


def told(error, folder, sentence="It answers."):
    assignment = Assignment(folder, "Traps", "traps", "traps.py", {"T4": CLAUSE}, 20.0)
    return explain(error, assignment, CLAUSE, 2.0, sentence, folder)


def raised(folder, source):
    """Run a part's source and return what it raised, with its traceback."""
    path = folder / "traps.py"
    path.write_text(source)
    space = {}
    exec(compile(source, str(path), "exec"), space)
    try:
        space["f"]()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_mismatch_looks_as_the_style_says(tmp_path):
    error = Mismatch(
        "S-mode, SIE=1; SSI delegated and pending, STI pending but not delegated",
        "interrupt 5 (STI) taken in M-mode",
        "interrupt 1 (SSI) taken in S-mode",
        "norm:trap_del_intr_priv_lvl — an interrupt for a more privileged mode comes first",
    )
    assert str(told(error, tmp_path)) == TAUGHT


def test_without_a_rule_of_its_own_the_clause_has_one(tmp_path):
    rows = dict(told(Mismatch("s", "e", "g"), tmp_path).rows)
    assert rows["rule"] == "norm:of_the_clause"


def test_a_hole_is_named_with_its_place(tmp_path):
    error = raised(tmp_path, 'def f():\n    raise NotImplementedError("T4: choice")\n')
    told_ = told(error, tmp_path)
    assert told_.hole == "T4: choice"
    assert dict(told_.rows)["at"] == 'traps.py:2 f: raise NotImplementedError("T4: choice")'


def test_not_implemented_elsewhere_is_not_a_hole(tmp_path):
    assert told(NotImplementedError("in the bench"), tmp_path) is None


def test_a_crash_shows_the_part_s_lines_only(tmp_path):
    source = "import json\ndef g():\n    json.loads('{')\ndef f():\n    g()\n"
    rows = dict(told(raised(tmp_path, source), tmp_path).rows)
    assert rows["crashed"].startswith("JSONDecodeError: ")
    assert rows["at"] == "traps.py:5 f: g()\ntraps.py:3 g: json.loads('{')"
    assert rows["scenario"] == "It answers."


def test_a_crash_without_a_line_of_the_part_is_left_to_pytest(tmp_path):
    assert told(ValueError("ours"), tmp_path) is None


def test_out_of_budget_and_wrong_answers_are_told(tmp_path):
    rows = dict(told(OutOfBudget("instructions", 2_000_000), tmp_path).rows)
    assert rows["got"].startswith("out of budget: 2,000,000 instructions were not enough")
    rows = dict(told(BadAnswer("wakes: None is not a bool"), tmp_path).rows)
    assert rows["got"] == "wakes: None is not a bool"
    rows = dict(told(PartUnreadable("traps.py:1: SyntaxError: x"), tmp_path).rows)
    assert rows["got"] == "traps.py:1: SyntaxError: x"


def test_long_and_many_lines_hang_under_their_text():
    text = lay_out(
        "T1  A", "0 / 1", [("got", "word " * 30 + "\n  indented"), ("out of memory", "x")]
    )
    lines = text.splitlines()
    assert lines[1].startswith("    got        word")
    assert lines[2].startswith(" " * 15 + "word")
    assert lines[3] == " " * 17 + "indented"
    assert lines[4] == "    out of memory x"
    assert max(map(len, lines)) <= 100


def test_a_title_that_is_too_long_keeps_two_spaces():
    explanation = Explanation(Clause("T1", "x" * 90), 1.5, ())
    assert str(explanation) == f"T1  {'x' * 90}  0 / 1.5"
