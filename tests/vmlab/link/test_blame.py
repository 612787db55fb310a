from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from vmlab.link.blame import TEXT_MOST, Blame


def load(folder: Path, source: str) -> ModuleType:
    (folder / "part.py").write_text(source)
    spec = importlib.util.spec_from_file_location("part", folder / "part.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raised_by(call: Any) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        call()
    return caught.value


def test_the_students_line_is_named_and_no_path(tmp_path: Path) -> None:
    module = load(tmp_path, "import json\ndef f():\n    json.loads('{')\n")
    blame, error = Blame(str(tmp_path)), raised_by(module.f)
    assert blame.sentence(error).startswith("JSONDecodeError: Expecting")
    assert blame.sentence(error).endswith("(part.py, line 3)")
    text = blame.text(error)
    assert 'File "part.py", line 3, in f' in text
    assert "json.loads('{')" in text
    assert "decoder.py" not in text
    assert str(tmp_path) not in text


def test_a_syntax_error_shows_its_line(tmp_path: Path) -> None:
    error = raised_by(lambda: load(tmp_path, "x = 1\ny = = 2\n"))
    blame = Blame(str(tmp_path))
    assert blame.sentence(error).endswith("(part.py, line 2)")
    assert "y = = 2" in blame.text(error)
    assert str(tmp_path) not in blame.sentence(error) + blame.text(error)


def test_a_deep_recursion_is_cut(tmp_path: Path) -> None:
    source = "def f(n):\n    return g(n) + 1\ndef g(n):\n    return f(n) + 1\n"
    error = raised_by(lambda: load(tmp_path, source).f(0))
    text = Blame(str(tmp_path)).text(error)
    assert "RecursionError" in text
    assert len(text) < TEXT_MOST + 100


def test_an_exception_whose_text_fails(tmp_path: Path) -> None:
    source = (
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\n"
        "def f():\n    raise E\n"
    )
    error = raised_by(load(tmp_path, source).f)
    said = Blame(str(tmp_path)).sentence(error)
    assert said == "E: (its text cannot be shown) (part.py, line 5)"
