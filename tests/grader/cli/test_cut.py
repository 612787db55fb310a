"""`grader cut` writes skeletons, and with --check says which are not current."""

from __future__ import annotations

import pytest

SOLUTION = "def f():\n    # BEGIN SOLUTION T1: f\n    return 1\n    # END SOLUTION\n"
SKELETON = 'def f():\n    raise NotImplementedError("T1: f")\n'


@pytest.fixture
def course(tmp_path, monkeypatch):
    for name, text in {
        "assignments/toy/assignment.toml": 'title = "Toy"\npart = "traps"\nfiles = ["traps.py"]\n'
        '[clauses.T1]\ntitle = "One"\n',
        "reference/solutions/traps.py": SOLUTION,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_and_then_all_is_current(course, grader):
    path = course / "assignments/toy/traps.py"
    assert grader("cut", "toy") == (0, "assignments/toy/traps.py: written\n", "")
    assert path.read_text() == SKELETON
    assert grader("cut") == (0, "assignments/toy/traps.py: current\n", "")
    assert grader("cut", "--check")[0] == 0


def test_check_shows_the_difference_and_writes_nothing(course, grader):
    path = course / "assignments/toy/traps.py"
    path.write_bytes(SKELETON.encode().replace(b"\n", b"\r\n"))
    assert grader("cut", "--check")[0] == 1
    path.write_text(SKELETON.replace("T1: f", "T1: g"))
    status, out, _ = grader("cut", "--check")
    assert status == 1
    assert (
        '-    raise NotImplementedError("T1: g")\n+    raise NotImplementedError("T1: f")\n' in out
    )
    assert out.endswith("1 not current; run: grader cut\n")
    assert "T1: g" in path.read_text()
    path.unlink()
    assert grader("cut", "--check")[0] == 1
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["nope"], "There is no assignment 'nope'"), (["toy", "--check"], "BEGIN SOLUTION without")],
)
def test_wrong_use_is_one_sentence(course, grader, arguments, sentence):
    (course / "reference/solutions/traps.py").write_text("# BEGIN SOLUTION\n")
    status, out, err = grader("cut", *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
