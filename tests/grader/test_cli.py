"""Wrong use of the command line is one sentence, and nobody ever sees a traceback."""

import errno
import sys
from pathlib import Path

import pytest

from grader import cli, walls
from grader.cli import grade as command
from grader.cli import work
from grader.problem import Problem

TOY = Path(__file__).parent / "toy_course"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in this process: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_COURSE", str(TOY))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["grader", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code or 0, out, err

    return call


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "toys", "x"], "There is no assignment 'toys'; did you mean toy?"),
        (["grade", "toy", "nothing"], "nothing does not exist."),
        (["grade", "toy"], "Missing argument"),
        (["grade", "all", "nothing"], "To grade all, name one folder that holds a folder for each"),
        (["grade", "all", "."], ". holds no folder of an assignment; there are: toy."),
        (["grade"], "Missing argument"),
        (["grade", "toy", "x", "--jobs", "0"], "--jobs"),
        (["grade", "toy", "x", "--speed", "9"], "No such option"),
        (["mark", "toy"], "No such command"),
        (["--course", "nowhere", "grade", "toy", "x"], "nowhere is not a course"),
    ],
)
def test_wrong_use(run, arguments, said):
    status, out, err = run(*arguments)
    assert status == 2
    assert out == ""
    assert said in " ".join(err.split())


def test_a_sentence_and_nothing_else(run):
    assert run("grade", "toys", "x")[2] == (
        "grader: There is no assignment 'toys'; did you mean toy?\n"
    )


TRUSTED = ("--isolation", "process", "--trust-submissions")


def test_help_of_every_command(run):
    status, out, _ = run("--help")
    assert status == 0
    for name in cli.COMMANDS:
        assert name in out
        assert run(name, "--help")[0] == 0


def test_walls_are_required(run, tmp_path, monkeypatch):
    (tmp_path / "ada.py").touch()
    monkeypatch.setattr(walls, "missing", lambda standing, closed: ["seccomp"])
    status, _, err = run("grade", "toy", "ada.py")
    assert status == 2
    assert "cannot keep submissions in: seccomp missing" in err
    assert "--isolation process --trust-submissions" in err
    assert not (tmp_path / "reports").exists()


def test_reports_cannot_go_into_a_file(run, tmp_path):
    (tmp_path / "ada.py").touch()
    status, _, err = run("grade", "toy", "ada.py", *TRUSTED, "--out", "ada.py")
    assert status == 2
    assert "ada.py is a file; name a folder with --out." in err


def test_a_problem_after_some_were_graded(run, tmp_path, monkeypatch):
    (tmp_path / "ada.py").touch()
    monkeypatch.setattr(work, "collect", lambda unit: [])

    class Full(work.Batch):
        def grade(self, sources, tick):
            raise Problem("The disk is full.")

    monkeypatch.setattr(work, "Batch", Full)
    status, out, err = run("grade", "toy", "ada.py", *TRUSTED)
    assert (status, out, err) == (1, "", "Isolation: process.\ngrader: The disk is full.\n")


def test_the_last_resort_is_a_file(run, tmp_path, monkeypatch):
    def fails():
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(command.Course, "find", fails)
    status, out, err = run("grade", "toy", "x")
    assert (status, out) == (1, "")
    (file,) = tmp_path.glob("grader-error-*.txt")
    assert str(file) in err
    assert err.count("\n") == 1
    assert "ZeroDivisionError: ours" in file.read_text()


def test_the_last_resort_without_room_for_a_file(run, monkeypatch):
    def fails():
        raise ZeroDivisionError("ours")

    def full(*arguments, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command.Course, "find", fails)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    status, _, err = run("grade", "toy", "x")
    assert status == 1
    assert "ours" in err
    assert "No report could be written: No space left on device." in err
