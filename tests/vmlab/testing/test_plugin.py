"""Plain pytest in a student's folder: fresh parts, failures that teach, one sentence for a mess."""

from __future__ import annotations

import signal

import pytest


def pytest_in(toy, folder, *arguments):
    return toy.call(folder, "pytest", "-p", "no:cacheprovider", *arguments)


def test_failures_teach_and_good_tests_pass(toy, tmp_path):
    folder = toy.make(tmp_path / "f", toy.MISMATCH, toy.GOOD, toy.HOLE, toy.CRASH)
    done = pytest_in(toy, folder)
    assert done.returncode == 1
    assert "3 failed, 2 passed" in done.stdout
    assert (
        "T1  Destination                                                              0 / 2\n"
        "    scenario   a scenario\n"
        "    expected   M-mode\n"
        "    got        S-mode\n"
        "    rule       norm:one\n"
        "    hint       vmlab hint T1\n"
    ) in done.stdout
    assert "    to write   T3: choice\n    at         traps.py:12 choose_interrupt" in done.stdout
    assert "    crashed    KeyError: 0\n    at         traps.py:16 check_wfi" in done.stdout
    assert "printed by the test" in done.stdout
    assert "Traceback" not in done.stdout
    assert "link/local.py" not in done.stdout


def test_each_test_gets_a_fresh_part(toy, tmp_path):
    # toy.PART counts its calls in a global, and refuses the second one.
    folder = toy.make(tmp_path / "f", toy.GOOD, toy.GOOD.replace("def test_", "def test_again_"))
    assert pytest_in(toy, folder).returncode == 0


def test_an_earlier_part_is_given(toy, tmp_path):
    source = toy.GOOD.replace("def test_good(part)", "def test_good(part, given)")
    asks = "    assert given('early').ANSWER == 42\n    assert part.wakes"
    folder = toy.make(tmp_path / "f", source.replace("    assert part.wakes", asks, 1))
    (folder / "early.py").write_text("ANSWER = 42\n")
    assert pytest_in(toy, folder).returncode == 0
    (folder / "early.py").write_text("ANSWER = 41\n")
    assert pytest_in(toy, folder).returncode == 1


def test_another_folder_s_part_can_be_tested(toy, tmp_path):
    folder = toy.make(tmp_path / "f", toy.GOOD)
    (tmp_path / "other").mkdir()
    other = toy.PART.replace("return hart.mip", "return 1 // 0 + hart.mip")
    (tmp_path / "other" / "traps.py").write_text(other)
    done = pytest_in(toy, folder, f"--part-dir={tmp_path / 'other'}")
    assert "crashed    ZeroDivisionError" in done.stdout


def test_tests_elsewhere_take_the_assignment_of_the_starting_folder(toy, tmp_path):
    folder = toy.make(tmp_path / "f")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "test_hidden.py").write_text(toy.HEAD + toy.GOOD)
    done = pytest_in(toy, folder, "-p", "vmlab.testing.plugin", str(hidden))
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    "arguments", [(), ("tests/test_toy.py",), ("tests/test_toy.py::test_good",)]
)
def test_it_works_below_a_project_with_settings_of_its_own(toy, tmp_path, arguments):
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    folder = toy.make(tmp_path / "assignments" / "traps", toy.GOOD)
    assert pytest_in(toy, folder, *arguments).returncode == 0


def test_it_works_from_the_project_s_root(toy, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    toy.make(tmp_path / "assignments" / "traps", toy.GOOD)
    assert pytest_in(toy, tmp_path, "assignments/traps").returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs SIGALRM to end one test only")
def test_an_endless_loop_is_ended_and_its_place_told(toy, tmp_path):
    done = pytest_in(toy, toy.make(tmp_path / "f", toy.LOOP))
    assert (
        "    got        no answer within 1 s\n    at         traps.py:20 check_sfence"
        in done.stdout
    )


def test_a_part_that_cannot_be_imported_is_one_sentence(toy, tmp_path):
    folder = toy.make(tmp_path / "f", toy.GOOD, part="def f(:\n")
    done = pytest_in(toy, folder)
    assert done.returncode == 4
    assert "ERROR: traps.py:1: SyntaxError" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_broken_assignment_is_one_sentence(toy, tmp_path):
    folder = toy.make(tmp_path / "f", toy.GOOD)
    (folder / "assignment.toml").write_text("title =")
    done = pytest_in(toy, folder)
    assert done.returncode == 4
    assert "assignment.toml is broken" in done.stderr
