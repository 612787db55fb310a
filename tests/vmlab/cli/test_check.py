"""`vmlab check` by its output and exit status."""

from __future__ import annotations


def check(toy, folder, *arguments):
    return toy.call(folder, "vmlab", "check", *arguments)


def words(text):
    return [line.split() for line in text.splitlines()]


def test_all_good_is_a_table_and_0(toy, tmp_path):
    done = check(toy, toy.make(tmp_path / "f", toy.GOOD))
    assert (done.returncode, done.stderr) == (0, "")
    assert words(done.stdout) == [
        ["Trap", "handling"],
        ["Clause", "Tests", "Points"],
        ["T2", "State", "on", "entry", "2", "/", "2", "3.5", "/", "6"],
        ["3.5", "/", "6"],
    ]


def test_failures_are_shown_once_a_clause_and_1(toy, tmp_path):
    again = toy.MISMATCH.replace("test_mismatch", "test_mismatch_again")
    folder = toy.make(tmp_path / "f", toy.MISMATCH, again, toy.GOOD, toy.HOLE, toy.CRASH)
    (folder / "tests" / "below").mkdir()
    done = check(toy, folder / "tests" / "below")
    assert done.returncode == 1
    assert done.stdout.count("scenario   a scenario") == 1
    assert "printed    printed by the test\n" in done.stdout
    assert "test       tests/test_toy.py::test_mismatch\n" in done.stdout
    assert "Not written yet\n    traps.py:12 T3: choice\n" in done.stdout
    assert "crashed    KeyError: 0" in done.stdout
    assert "Not shown: 1 of T1. vmlab check T1 shows all." in done.stdout
    assert not list(folder.rglob("__pycache__")) + list(folder.rglob(".pytest_cache"))


def test_named_clauses_are_run_alone_and_shown_whole(toy, tmp_path):
    again = toy.MISMATCH.replace("test_mismatch", "test_mismatch_again")
    done = check(
        toy, toy.make(tmp_path / "f", toy.MISMATCH, again, toy.GOOD, toy.CRASH), "t1", "T2"
    )
    assert done.returncode == 1
    assert done.stdout.count("scenario   a scenario") == 2
    assert "T2" in done.stdout
    assert "KeyError" not in done.stdout


def test_a_part_that_cannot_be_imported_is_one_sentence_and_1(toy, tmp_path):
    done = check(toy, toy.make(tmp_path / "f", toy.GOOD, part="x = 1\ndef f(:\n    pass\n"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("vmlab: traps.py:2: SyntaxError: ")
    assert done.stderr.endswith("\n    def f(:\n")


def test_wrong_use_is_one_sentence_and_2(toy, tmp_path):
    folder = toy.make(tmp_path / "f")
    for where, arguments, sentence in (
        (tmp_path, (), "vmlab: no assignment.toml in"),
        (folder, ("T9",), "vmlab: no clause T9 here; the clauses are T1, T2, T3"),
        (folder, (), "vmlab: no test was found in"),
    ):
        done = check(toy, where, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(sentence)
        assert done.stderr.count("\n") == 1


def test_tests_that_cannot_be_loaded_are_one_sentence_and_2(toy, tmp_path):
    done = check(toy, toy.make(tmp_path / "f", "import nothing_such\n"))
    assert done.returncode == 2
    assert "the tests cannot be loaded: tests/test_toy.py: ModuleNotFoundError" in done.stderr


def test_settings_of_a_project_around_it_do_not_count(toy, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    assert check(toy, toy.make(tmp_path / "f", toy.GOOD)).returncode == 0


def test_a_part_that_never_answers_is_told_so(toy, tmp_path):
    part = "def wakes(hart):\n    while True:\n        pass\n"
    done = check(toy, toy.make(tmp_path / "f", toy.GOOD, part=part))
    assert done.returncode == 1
    assert "    got        no answer within 1 s\n    at         traps.py:" in done.stdout
