"""Which isolation is chosen, and when none is."""

import tempfile
from pathlib import Path

import pytest

from grader import walls
from grader.isolation import choice, choose
from grader.problem import Problem
from grader.walls import Wall


def wall(name, stands=True):
    return Wall(name, stands, "because", "everything")


ALL = ("bubblewrap", "uid", "landlock", "seccomp", "no_new_privs", "rlimits")


@pytest.fixture
def host(monkeypatch):
    """Return a function that says which walls do not stand here, and that no engine does."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    def lacking(*names, closed=False):
        standing = [wall(name, name not in names) for name in ALL]
        monkeypatch.setattr(choice, "_look", lambda: standing)
        monkeypatch.setattr(walls, "closed", lambda paths: closed)

    return lacking


def chosen(mode, unit, **more):
    with choose(mode, unit, **more) as (isolation, _):
        return isolation.name, set(isolation.walls)


def test_auto_takes_bubblewrap_and_without_it_a_process(host, unit):
    host()
    assert chosen("auto", unit) == ("bubblewrap", set(ALL))
    host("bubblewrap")
    assert chosen("auto", unit) == ("process", set(ALL) - {"bubblewrap"})


def test_a_process_has_no_namespaces(host, unit):
    host()
    assert chosen("process", unit) == ("process", set(ALL) - {"bubblewrap"})


def test_bubblewrap_must_stand_if_it_is_asked_for(host, unit):
    host("bubblewrap")
    with pytest.raises(Problem, match="bubblewrap does not stand here: because"):
        chosen("bubblewrap", unit)


@pytest.mark.parametrize("name", walls.REQUIRED)
@pytest.mark.parametrize("mode", ["auto", "bubblewrap", "process"])
def test_less_than_the_minimum_is_refused(host, unit, mode, name):
    host(name)
    with pytest.raises(Problem, match=f"cannot keep submissions in: {name} missing"):
        chosen(mode, unit)


def test_the_minimum_is_waived_by_name_only(host, unit):
    host("landlock", "bubblewrap")
    assert "landlock" not in chosen("process", unit, trust=True)[1]
    for mode in ("auto", "bubblewrap", "docker"):
        with pytest.raises(Problem, match="--trust-submissions goes with --isolation process"):
            chosen(mode, unit, trust=True)


def test_landlock_can_be_done_without_where_uids_and_closed_doors_are(host, unit):
    host("landlock", closed=True)
    assert chosen("process", unit)[0] == "process"
    host("landlock", "uid", closed=True)
    with pytest.raises(Problem, match="landlock missing"):
        chosen("process", unit)


def test_doors_are_closed_or_not():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own is closed itself
        secrets = Path(folder) / "hidden"
        secrets.mkdir()
        Path(folder).chmod(0o755)
        assert not walls.closed([secrets])
        secrets.chmod(0o700)
        assert walls.closed([secrets])
        assert not walls.closed([secrets, Path(folder)])
        Path(folder).chmod(0o700)
        secrets.chmod(0o755)
        assert walls.closed([secrets])
        assert walls.closed([Path(folder) / "nowhere"])


def test_a_mode_that_is_none(unit):
    with pytest.raises(Problem, match="no isolation 'vm'; there are: auto, docker"):
        chosen("vm", unit)
