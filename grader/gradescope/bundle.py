"""The autograder.zip that Gradescope makes an image of."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path

from grader.course import Unit
from grader.gradescope.harness import ASSIGNMENT
from grader.image.contents import contents
from grader.problem import Problem
from grader.release import EPOCH

SCRIPTS = ("setup.sh", "run_autograder")
"""Must stand at the root of the zip."""


def bundle(unit: Unit, target: Path, force: bool = False) -> int:
    """Write the zip for one assignment; return its size in bytes. Equal courses, equal bytes.

    Raises:
        Problem: the place is taken or cannot be written.
    """
    if target.is_dir() or (target.exists() and not force):
        raise Problem(f"{target} exists already; name another, or replace it with --force.")
    files = contents(unit.course, unit)
    for script in SCRIPTS:
        files[script] = files[f"grader/gradescope/{script}"]
    files[ASSIGNMENT] = f"{unit.name}\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode below counts
            entry.external_attr = (0o100755 if data.startswith(b"#!") else 0o100644) << 16
            archive.writestr(entry, data)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(buffer.getvalue())
        os.chmod(file.name, 0o644)
        os.replace(file.name, target)
    except OSError as error:
        raise Problem(f"{target} cannot be written: {error.strerror}.") from None
    return len(buffer.getvalue())
