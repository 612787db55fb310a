"""Images in the store, opened and judged without the part."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from vmlab.bench.disk_store import SparseFile
from vmlab.diskmap.contents import Contents, Qcow2Contents, RawContents
from vmlab.diskmap.layout import BadImage, Header, read_header, read_snapshots
from vmlab.diskmap.survey import Survey, Weight
from vmlab.image import Format
from vmlab.testing import Mismatch

LEAKS = 3
"""What `qemu-img check` ends with if all that is wrong is that clusters are lost."""


def open_contents(files: Mapping[str, SparseFile], name: str, format: Format) -> Contents:
    """Return what a disk holds. Raise BadImage."""
    if name not in files:
        raise BadImage(f"there is no file {name}")
    if format is Format.RAW:
        return RawContents(files[name])

    return Qcow2Contents(files[name], partial(_below, files))


def open_snapshot(files: Mapping[str, SparseFile], name: str, snapshot: str) -> Contents | None:
    """Return what a disk held; None if the image has no such snapshot. Raise BadImage."""
    rows, _ = read_snapshots(files[name], read_header(files[name]))
    if snapshot not in (row.name for row in rows):
        return None
    return Qcow2Contents(files[name], partial(_below, files), snapshot)


def _below(files: Mapping[str, SparseFile], header: Header) -> Contents | None:
    if not header.backing:
        return None
    return open_contents(files, header.backing, Format(header.backing_format))


@cache
def qemu_img() -> str | None:
    """Return the path of `qemu-img`, None if it is not installed."""
    return shutil.which("qemu-img")


def judge(files: Mapping[str, SparseFile], name: str, *, clean: bool) -> None:
    """Raise Mismatch unless a qcow2 image is right; with `clean`, nothing in it may be lost, too.

    Our own check judges, and `qemu-img check` where it is installed.
    """
    scenario = f"{name} is checked"
    forgiven = () if clean else (Weight.LEAK, Weight.UNMARKED)
    found = Survey(files[name]).worst(*forgiven)
    if found:
        raise Mismatch(f"{scenario} by vmlab.diskmap", "no errors", found)
    program = qemu_img()
    if program is None or not clean:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        for each in files:  # those below it, too
            (Path(folder) / each).parent.mkdir(parents=True, exist_ok=True)
            files[each].save(Path(folder) / each)
        ended = subprocess.run(
            [program, "check", "-f", "qcow2", str(path)], capture_output=True, text=True
        )
    if ended.returncode:
        said = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        shown = "; ".join(line.replace(str(path), name) for line in said[:3])
        raise Mismatch(f"{scenario} by qemu-img check", "no errors", shown)
