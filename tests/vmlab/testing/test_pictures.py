"""A failure names the command that draws its scenario, ready to be pasted."""

import pytest
from vmlab.testing.pictures import drawn_by, picture_command


@pytest.mark.parametrize(("part", "command"), [("shadow", "view"), ("traps", ""), ("none", "")])
def test_who_draws(part, command):
    assert drawn_by(part) == command


def test_the_line_can_be_pasted():
    assert picture_command("shadow", "tests/a.py::b") == "vmlab view tests/a.py::b"
    assert picture_command("shadow", "a.py::b[x y]") == "vmlab view 'a.py::b[x y]'"
    assert picture_command("traps", "tests/a.py::b") == ""
