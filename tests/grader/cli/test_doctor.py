"""`grader doctor` shows what is there, and its status tells whether strangers can be graded."""

from __future__ import annotations

import pytest

from grader.walls import Wall


def wall(name, stands):
    return Wall(name, stands, "what it does", "what it lets through")


@pytest.mark.parametrize(
    ("standing", "status", "said"),
    [
        (("rlimits", "no_new_privs", "landlock", "seccomp"), 0, "can be graded here"),
        (("rlimits", "no_new_privs", "seccomp"), 1, "cannot be graded here: landlock missing"),
    ],
)
def test_the_verdict_is_that_of_the_walls(grader, monkeypatch, standing, status, said):
    names = ("rlimits", "no_new_privs", "landlock", "seccomp", "uid")
    there = [wall(name, name in standing) for name in names]
    monkeypatch.setattr("grader.walls.available", lambda: there)
    code, out, _ = grader("doctor")
    assert code == status
    assert said in out
    assert "what it lets through" in out
