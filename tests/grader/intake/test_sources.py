"""Which submissions are found in a path, and what they are called."""

import os
import zipfile
from pathlib import Path

import pytest

from grader.assignment import Assignment
from grader.intake import find_sources, take
from grader.intake.listing import Unreadable
from grader.problem import Problem

ASSIGNMENT = Assignment(
    title="Toy", part="traps", files=["traps.py"], clauses={"T1": {"title": "Waking"}}
)


def names(*paths):
    return [source.name for source in find_sources(paths, ASSIGNMENT).sources]


def submission(folder):
    folder.mkdir(parents=True)
    (folder / "traps.py").touch()
    return folder


def test_a_class_of_all_kinds(tmp_path):
    submission(tmp_path / "ada")
    (tmp_path / "bo.py").touch()
    with zipfile.ZipFile(tmp_path / "cy.zip", "w"):
        pass
    (tmp_path / "di.rar").touch()
    (tmp_path / "roster.csv").touch()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / ".hidden").touch()
    found = find_sources([tmp_path], ASSIGNMENT)
    assert [source.name for source in found.sources] == ["ada", "bo", "cy", "di"]
    assert [path.name for path in found.passed_over] == ["roster.csv"]


def test_one_folder_or_file_is_one_submission(tmp_path):
    folder = submission(tmp_path / "ada")
    assert names(folder) == ["ada"]
    assert names(folder / "traps.py") == ["ada"]
    (tmp_path / "bo").mkdir()
    (tmp_path / "bo" / "notes.txt").touch()
    assert names(tmp_path / "bo") == ["bo"]


def test_the_working_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(submission(tmp_path / "ada"))
    assert names(Path()) == ["ada"]


def test_the_same_name_twice_is_told_apart_and_the_same_path_is_once(tmp_path):
    one, two = submission(tmp_path / "1" / "ada"), submission(tmp_path / "2" / "Ada")
    assert names(one, two) == ["ada", "Ada-2"]
    assert names(one, one, tmp_path / "1") == ["ada"]


def test_what_holds_none(tmp_path):
    with pytest.raises(Problem, match="does not exist"):
        names(tmp_path / "nothing")
    with pytest.raises(Problem, match="holds no submission"):
        names(tmp_path)
    (tmp_path / "a.txt").touch()
    with pytest.raises(Problem, match="is no submission"):
        names(tmp_path / "a.txt")


def test_links_beside_submissions_are_refused_not_followed(tmp_path):
    submission(tmp_path / "class" / "ada")
    (tmp_path / "class" / "bo").symlink_to(tmp_path / "class" / "ada")
    os.mkfifo(tmp_path / "class" / "cy.py")
    sources = find_sources([tmp_path / "class"], ASSIGNMENT).sources
    assert [source.name for source in sources] == ["ada", "bo", "cy"]
    for source, said in zip(sources[1:], ("bo is a link", "cy.py is a pipe"), strict=True):
        with pytest.raises(Unreadable, match=said):
            take(source, ASSIGNMENT, tmp_path / "taken")


def test_a_link_that_the_instructor_names_is_followed(tmp_path):
    submission(tmp_path / "real" / "ada")
    (tmp_path / "class").symlink_to(tmp_path / "real")
    assert names(tmp_path / "class") == ["ada"]


METADATA = """\
---
submission_9:
  :submitters:
  - :name: Ada Okafor
    :sid: '1'
    :email: ada@example.org
  - :name: Bo [red]Lind[/red]
    :email: bo@example.org
  :created_at: 2026-01-02 03:04:05.000000000 Z
  :score: 1.0
  :results: !ruby/object:Something
    a: 1
submission_10:
  :submitters:
  - :email: cy@example.org
submission_11:
  :submitters: []
"""


def export(tmp_path, text=METADATA):
    folder = tmp_path / "export"
    for key in ("submission_9", "submission_10", "submission_12"):
        submission(folder / key)
    (folder / "submission_metadata.yml").write_text(text)
    return folder


def test_gradescope_export(tmp_path):
    folder = export(tmp_path)
    (folder / "extra.txt").touch()
    found = find_sources([folder], ASSIGNMENT)
    assert [(source.name, source.student) for source in found.sources] == [
        ("submission_9", "Ada Okafor, Bo [red]Lind[/red]"),
        ("submission_10", "cy@example.org"),
        ("submission_11", "submission_11"),
        ("submission_12", "submission_12"),
    ]
    assert [path.name for path in found.passed_over] == ["extra.txt"]
    with pytest.raises(Unreadable, match="lists submission_11, but that folder is not in"):
        take(found.sources[2], ASSIGNMENT, tmp_path / "taken")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1: this is not YAML"),
        ("- a", "does not list submissions"),
        ("", "does not list submissions"),
        ("[" * 5000, "this is not YAML"),
        ("!!python/object/apply:os.system ['true']", "does not list submissions"),
    ],
)
def test_broken_metadata(tmp_path, text, said):
    with pytest.raises(Problem, match=said):
        names(export(tmp_path, text))


def test_metadata_cannot_lead_out(tmp_path):
    folder = export(tmp_path, "../../etc:\n  :submitters: []\n")
    source = find_sources([folder], ASSIGNMENT).sources[0]
    assert source.name == "_.._etc"
    with pytest.raises(Unreadable):
        take(source, ASSIGNMENT, tmp_path / "taken")
