"""The handout names functions that there are, and shows a picture that is drawn so."""

import re

import pytest
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.vmm import Part
from vmlab.testing.loading import load_part
from vmlab.timeline.text import lines
from vmlab.timeline.vmm import Bench as Recorded
from vmlab.timeline.vmm import Recorder


@pytest.fixture(scope="module")
def handout(assignment):
    return (assignment / "README.md").read_text(encoding="utf-8")


def test_the_hints_and_the_steps_name_functions_that_there_are(handout, unit, solutions):
    known = set(re.findall(r"def (\w+)", solutions["vmm.py"]))
    ladder = handout.partition("## The steps")[2].partition("## The contract")[0]
    rows = [row.split("|")[2] for row in ladder.splitlines() if re.match(r"\| \d", row)]
    named = {name.rpartition(".")[2] for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert named <= known
    assert len(named) > 30
    places = [re.match(r"`(\w+)`:", hint.place) for hint in unit.hints.values()]
    assert {found[1] for found in places if found} <= known
    assert sum(map(bool, places)) > 10


def test_the_handout_shows_what_is_drawn(handout, unit, public_tests):
    (test,) = (test for test in public_tests if test.number == "7.1")
    recorder = Recorder()
    folder = unit.course.solutions
    part = LocalLink(load_part(folder, "vmm"), Interface.of(Part))
    test.function(bench=Recorded(part, recorder), given=lambda name: load_part(folder, name))
    drawn = {"".join(text for text, _ in line).rstrip() for line in lines(recorder.timeline, 80)}
    shown = handout.partition("## A picture")[2].partition("## Type 2")[0].split("```")[1::2]
    assert len(shown) == 2
    for line in "".join(shown).splitlines():
        assert line in drawn | {""}
