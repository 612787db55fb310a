"""Gradescope's "Export submissions": `submission_metadata.yml`, and a folder a submission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from grader.intake.folder import read_file
from grader.intake.listing import Unreadable
from grader.problem import Problem

METADATA = "submission_metadata.yml"
MAX_METADATA = 64 << 20
"""Bytes. It also holds every submission's results, so it is large for a large class."""


class _Loader(yaml.SafeLoader):
    """Plain data only; what Ruby tags as an object of its own is read as nothing."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def read_names(folder: Path) -> dict[str, str]:
    """Return who handed in each folder of an export: "submission_1" to "Ada Okafor, Bo Lind".

    Raises:
        Problem: the metadata cannot be read.
    """
    path = folder / METADATA
    try:
        data = yaml.load(read_file(path, METADATA, MAX_METADATA), Loader=_Loader)
    except Unreadable as error:
        raise Problem(f"{path}: {error}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Problem(f"{path}{line}: this is not YAML; export the submissions anew.") from None
    if not isinstance(data, dict):
        raise Problem(f"{path} does not list submissions; export them anew.")
    return {str(key): _who(value) for key, value in data.items()}


def _who(record: Any) -> str:
    submitters = record.get(":submitters") if isinstance(record, dict) else None
    people = submitters if isinstance(submitters, list) else []
    names = [str(p.get(":name") or p.get(":email") or "") for p in people if isinstance(p, dict)]
    return ", ".join(name for name in names if name)
