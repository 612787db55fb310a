"""A part's file is imported afresh, and whatever it does at import is a sentence."""

from __future__ import annotations

import sys

import pytest
from vmlab.testing.loading import PartUnreadable, load_part, own_frames


@pytest.fixture(autouse=True)
def _clean_imports(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("toypart", "toyearlier"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in ("toypart", "toyearlier"):
        sys.modules.pop(name, None)


def test_nothing_is_left_of_an_earlier_load(tmp_path):
    (tmp_path / "toyearlier.py").write_text("seen = []\n")
    (tmp_path / "toypart.py").write_text("import toyearlier\nseen = toyearlier.seen\n")
    first = load_part(tmp_path, "toypart")
    first.seen.append(1)
    assert load_part(tmp_path, "toypart").seen == []


def test_a_change_within_the_same_second_counts(tmp_path):
    (tmp_path / "toypart.py").write_text("x = 1\n")
    assert load_part(tmp_path, "toypart").x == 1
    (tmp_path / "toypart.py").write_text("x = 2\n")
    assert load_part(tmp_path, "toypart").x == 2
    assert [p.name for p in tmp_path.iterdir()] == ["toypart.py"]


def test_dataclasses_find_their_module(tmp_path):
    source = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    source += "@dataclass\nclass A:\n    x: int = 1\n"
    (tmp_path / "toypart.py").write_text(source)
    part = load_part(tmp_path, "toypart")
    assert part.A() == part.A(1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\ndef f(:\n", r"^toypart.py:2: SyntaxError: .*\n    def f\(:$"),
        ("x = 1\n  y = 2\n", r"^toypart.py:2: IndentationError: .*\n    y = 2$"),
        ("import nothing_such\n", r"^toypart.py:1: ModuleNotFoundError: .*\n    import nothing"),
        ("def f():\n    return 1 // 0\nf()\n", r"^toypart.py:2: ZeroDivisionError: .*\n.*1 // 0"),
        ("raise SystemExit(3)\n", r"^toypart.py:1: SystemExit: 3"),
        ("import sys\nsys.exit()\n", r"^toypart.py:2: SystemExit"),
        ("def f():\n    f()\nf()\n", r"^toypart.py:2: RecursionError"),
        ("open('missing')\n", r"^toypart.py:1: FileNotFoundError"),
        ("class E(Exception):\n    def __str__(self):\n        1 / 0\nraise E\n", r":4: E\n"),
        ("x = '\x00'\n", r"^toypart.py.*null byte"),
    ],
)
def test_what_stops_an_import_is_told_with_its_line(tmp_path, source, message):
    (tmp_path / "toypart.py").write_text(source)
    with pytest.raises(PartUnreadable, match=message):
        load_part(tmp_path, "toypart")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(PartUnreadable, match=r"^toypart.py cannot be read: No such file"):
        load_part(tmp_path, "toypart")


def test_own_frames_are_those_of_the_folder_itself(tmp_path):
    (tmp_path / "toypart.py").write_text("def f(g):\n    g()\n")
    part = load_part(tmp_path, "toypart")

    def fail():
        raise ValueError

    with pytest.raises(ValueError) as caught:  # noqa: PT011
        part.f(fail)
    assert [(f.lineno, f.name) for f in own_frames(caught.value.__traceback__, tmp_path)] == [
        (2, "f")
    ]


def test_a_module_of_another_folder_is_not_taken_for_ones_own(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toyearlier.py").write_text(f"name = {name!r}\n")
        (tmp_path / name / "toypart.py").write_text("import toyearlier\nname = toyearlier.name\n")
    for name in ("one", "two", "one"):
        assert load_part(tmp_path / name, "toypart").name == name
