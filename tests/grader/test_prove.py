"""What proves an assignment, and what is complained of if it is not proven."""

from __future__ import annotations

import pytest

from grader.cases import Case, Kind, cases
from grader.course import Course
from grader.problem import Problem
from grader.prove import Part, grade_all, prove
from grader.report import Report, TestResult
from grader.verdict import Verdict

# id, clause, public, points
TESTS = (
    ("p1", "T1", True, 40),
    ("h1", "T1", False, 10),
    ("p2", "T2", True, 20),
    ("h2", "T2", False, 30),
)
PROVEN = {"reference": {}, "skeleton": "all", "other": {}, "bad1": {"p1", "h1"}, "bad2": {"h2"}}
CASES = [
    Case("reference", Kind.REFERENCE, {}),
    Case("skeleton", Kind.SKELETON, {}),
    Case("other", Kind.ALTERNATIVE, {}),
    Case("bad1", Kind.FLAWED, {}, frozenset({"T1"})),
    Case("bad2", Kind.FLAWED, {}, frozenset({"T2"})),
]


@pytest.fixture
def course(tmp_path):
    """A course with two clauses; its tests are never run here."""
    files = {
        "assignments/toy/assignment.toml": 'title = "Toy"\npart = "traps"\nfiles = ["traps.py"]\n'
        '[clauses.T1]\ntitle = "One"\n[clauses.T2]\ntitle = "Two"\n',
        "assignments/toy/traps.py": 'def f():\n    raise NotImplementedError("T1")\n',
        "reference/solutions/traps.py": "def f():\n    # BEGIN SOLUTION T1\n    return 1\n"
        "    # END SOLUTION\n",
        "reference/flawed/toy/bad.py": '"""Returns two."""\nFAILS = {"T2"}\n'
        "def f():\n    return 2\n",
        "tests/alternatives/toy/other.py": "f = lambda: 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Course(tmp_path)


def result(name, clause, public, points, failing, **changes):
    values = {
        "id": name,
        "title": name,
        "number": name[1:],
        "clause": clause,
        "max_score": points,
        "public": public,
        "visibility": "visible",
        "verdict": Verdict.FAILED if failing else Verdict.PASSED,
        "score": 0 if failing else points,
        "message": "wrong" if failing else "",
    }
    return TestResult(**{**values, **changes})


def report(failing, **changes):
    """A report in which these tests fail; "all" stop at a hole as the skeleton's do."""
    hole = {"verdict": Verdict.CRASHED, "message": "NotImplementedError: T1"}
    tests = [
        result(*test, True, **hole) if failing == "all" else result(*test, test[0] in failing)
        for test in TESTS
    ]
    return Report(assignment="toy", submission="s", student="s", tests=tests, **changes)


def complaints(course, reports=(), known=CASES, **failing):
    found = {name: [report(tests)] for name, tests in {**PROVEN, **failing}.items()}
    return prove(course.unit("toy"), known, {**found, **dict(reports)}).complaints


def with_test(base, index, **changes):
    tests = list(base.tests)
    tests[index] = tests[index].model_copy(update=changes)
    return base.model_copy(update={"tests": tests})


def test_all_as_it_must_be(course):
    assert complaints(course) == []


@pytest.mark.parametrize("name", ["reference", "other"])
def test_a_correct_solution_must_reach_every_point(course, name):
    assert complaints(course, **{name: {"h2"}}) == [f"{name}: h2 failed: wrong"]
    part = with_test(report({}), 1, score=5)
    assert complaints(course, {name: [part]}.items()) == [f"{name}: h1 has only 5 of 10 points"]


def test_missing_and_surplus_failures_are_both_told(course):
    assert complaints(course, bad1={"p2"}) == [
        "bad1: does not fail T1",
        "bad1: fails T2 too: p2 failed: wrong",
        "no flawed submission fails the hidden test h1",
    ]


def test_partial_credit_counts_as_failing(course):
    weak = with_test(report({}), 3, score=1)
    assert complaints(course, {"bad2": [weak]}.items()) == []


def test_the_skeleton_stops_at_holes_only(course):
    base = report("all")
    passed = with_test(base, 0, verdict=Verdict.PASSED, score=40, message="")
    assert complaints(course, {"skeleton": [passed]}.items()) == [
        "skeleton: p1 does not stop at a hole: has only 40 of 40 points",
        "skeleton: scores 40, not 0",
    ]
    crashed = with_test(base, 0, message="KeyError: 3")
    assert complaints(course, {"skeleton": [crashed]}.items()) == [
        "skeleton: p1 does not stop at a hole: crashed: KeyError: 3"
    ]
    by_traceback = with_test(base, 0, message="stopped", traceback="NotImplementedError: T1")
    assert complaints(course, {"skeleton": [by_traceback]}.items()) == []


def test_internal_errors_are_told_wherever_they_are(course):
    ours = {"verdict": Verdict.INTERNAL_ERROR, "score": 0, "message": "died\nTraceback\nKeyError\n"}
    broken = with_test(with_test(report({"h2"}), 0, **ours), 1, **ours)
    assert complaints(course, {"bad2": [broken]}.items()) == [
        "bad2: 2 internal errors, the first in p1: died … KeyError"
    ]


def test_a_submission_that_was_not_run_is_told(course):
    refused = report({"h2"}, problem="no file")
    assert complaints(course, {"bad2": [refused]}.items()) == ["bad2: not run: no file"]


def test_runs_must_be_the_same_but_for_their_time(course):
    first = report({"h2"}, execution_time=1.0)
    later = report({"h2"}, execution_time=2.0)
    assert complaints(course, {"bad2": [first, later, later]}.items()) == []
    other = with_test(later, 3, got="0x7f")
    assert complaints(course, {"bad2": [first, later, other]}.items()) == [
        "bad2: run 3 differs from run 1 in h2: got is '', then '0x7f'"
    ]


def test_every_clause_needs_its_tests_and_its_flaw(course):
    only = [c for c in CASES if c.name != "bad2"]
    assert complaints(course, known=only) == [
        "T2 has no flawed submission",
        "no flawed submission fails the hidden test h2",
    ]
    public = {n: [with_test(report(f), 3, public=True)] for n, f in PROVEN.items()}
    assert complaints(course, public.items()) == ["T2 has no hidden test"]
    hidden = {n: [with_test(report(f), 0, public=False)] for n, f in PROVEN.items()}
    assert complaints(course, hidden.items()) == ["T1 has no public test"]


def test_points_sum_to_100_and_there_is_a_second_solution(course):
    short = {
        n: [with_test(report(f), 0, max_score=39, score=0 if "p1" in f or f == "all" else 39)]
        for n, f in PROVEN.items()
    }
    assert complaints(course, short.items()) == ["the points sum to 99, not 100"]
    single = [c for c in CASES if c.kind is not Kind.ALTERNATIVE]
    assert complaints(course, known=single) == [
        "there is no second correct solution in tests/alternatives"
    ]


def test_cases_are_made_up_of_what_the_course_holds(course):
    found = {case.name: case for case in cases(course.unit("toy"))}
    assert [(c.name, c.kind) for c in found.values()] == [
        ("reference", Kind.REFERENCE),
        ("skeleton", Kind.SKELETON),
        ("other", Kind.ALTERNATIVE),
        ("bad", Kind.FLAWED),
    ]
    assert found["bad"].files == {"traps.py": b"def f():\n    return 2\n"}
    assert (found["bad"].fails, found["bad"].mistake) == (frozenset({"T2"}), "Returns two.")
    assert b"NotImplementedError" in found["skeleton"].files["traps.py"]
    assert found["other"].files == {"traps.py": b"f = lambda: 1\n"}


def test_a_second_solution_of_several_files_is_a_folder(course):
    settings = course.root / "assignments/toy/assignment.toml"
    settings.write_text(settings.read_text().replace('["traps.py"]', '["traps.py", "more.py"]'))
    (course.root / "reference/solutions/more.py").write_text("g = 1\n")
    (course.root / "assignments/toy/more.py").write_text("g = 1\n")
    folder = course.root / "tests/alternatives/toy/two"
    folder.mkdir()
    (folder / "traps.py").write_text("from more import f\n")
    (folder / "more.py").write_text("f = lambda: 1\n")
    found = {case.name: case for case in cases(course.unit("toy"))}
    assert found["two"].kind is Kind.ALTERNATIVE
    assert found["two"].files == {
        "traps.py": b"from more import f\n",
        "more.py": b"f = lambda: 1\n",
    }
    assert found["other"].files == {"traps.py": b"f = lambda: 1\n", "more.py": b"g = 1\n"}


def test_a_flaw_that_no_longer_fits_is_a_problem(course):
    (course.root / "reference/flawed/toy/bad.py").write_text('"""X."""\nFAILS = {"T9"}\n')
    with pytest.raises(Problem, match="FAILS names T9"):
        cases(course.unit("toy"))


def test_all_but_the_flawed_are_graded_so_often_in_a_folder_of_the_same_name(course):
    seen = []

    def grade(unit, case, folder, stop):
        seen.append((folder.name, (folder / "traps.py").read_text()))
        return report({})

    ticks = []
    known = cases(course.unit("toy"))
    found = grade_all(course.unit("toy"), known, grade, 2, 2, lambda: ticks.append(1))
    counts = {name: len(reports) for name, reports in found.items()}
    assert counts == {"reference": 2, "skeleton": 2, "other": 2, "bad": 1}
    assert {name for name, _ in seen} == {"submission"}
    assert sorted({text for _, text in seen}) == sorted(c.files["traps.py"].decode() for c in known)
    assert len(ticks) == 7


def test_an_interrupt_tells_the_others_to_stop(course):
    stops = []

    def grade(unit, case, folder, stop):
        stops.append(stop)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_all(course.unit("toy"), cases(course.unit("toy")), grade, 1, 1)
    assert stops[0].is_set()


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "-1/3", "a/b", "1/2/3"])
def test_what_is_no_part(text):
    with pytest.raises(Problem, match="is no part; write 2/3"):
        Part.parse(text)


def test_parts_share_out_the_flawed_and_have_all_others(course):
    names = [f"bad{number}" for number in range(5)]
    known = [
        Case("reference", Kind.REFERENCE, {}),
        *(Case(name, Kind.FLAWED, {}, frozenset({"T1"})) for name in names),
    ]
    parts = [[case.name for case in Part(number, 3).of(known)] for number in (1, 2, 3)]
    assert parts == [
        ["reference", "bad0", "bad3"],
        ["reference", "bad1", "bad4"],
        ["reference", "bad2"],
    ]


def test_a_part_does_not_tell_what_others_may_fail(course):
    unit = course.unit("toy")
    known = [case for case in cases(unit) if case.kind is not Kind.FLAWED]
    reports = {case.name: [report({})] for case in known}
    missing = {text for text in prove(unit, known, reports).general if "flawed" in text}
    assert missing
    assert missing.isdisjoint(prove(unit, known, reports, Part(1, 2)).general)
