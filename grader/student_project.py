"""The `pyproject.toml` of a release, made out of the project's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from grader.course import Unit
from grader.problem import Problem
from grader.tomlfile import load


class _Project(BaseModel):
    model_config = ConfigDict(extra="ignore")

    version: str
    requires_python: str = Field(alias="requires-python")
    dependencies: list[str]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="ignore")

    project: _Project


def student_settings(unit: Unit) -> str:
    """Return a `pyproject.toml` with which the folder can be tested, and installed by pip.

    Every assignment's folder is the distribution `vmlab`, so that the next one replaces it in
    an environment and not two of them claim the same command.
    """
    project = _own(unit).project
    dependencies = "".join(f"    {_string(name)},\n" for name in project.dependencies)
    return f"""\
[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "vmlab"
version = {_string(project.version)}
description = {_string(unit.settings.title)}
requires-python = {_string(project.requires_python)}
dependencies = [
{dependencies}]

[project.scripts]
vmlab = "vmlab.cli:main"

[tool.setuptools.packages.find]
include = ["vmlab*"]

[tool.setuptools.package-data]
"*" = ["*"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
addopts = ["--import-mode=importlib"]
"""


def _own(unit: Unit) -> _Settings:
    """Read the course's settings, or else those of the project that this grader belongs to."""
    for root in (unit.course.root, Path(__file__).resolve().parent.parent):
        if (root / "pyproject.toml").is_file():
            return load(root / "pyproject.toml", _Settings)
    raise Problem(f"{unit.course.root / 'pyproject.toml'} does not exist; create it.")


def _string(value: Any) -> str:
    """Write a string as TOML does; its basic strings are those of JSON."""
    return json.dumps(value, ensure_ascii=False)
