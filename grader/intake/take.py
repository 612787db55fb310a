"""Bring one submission into a fresh folder that holds the files to grade and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment import Assignment
from grader.intake.archive import open_zip
from grader.intake.folder import list_folder, read_file, refuse_special
from grader.intake.listing import Chosen, Entry, Unreadable, choose
from grader.intake.sources import Source
from grader.text import one_line


@dataclass(frozen=True)
class Taken:
    """A folder that holds the files of one submission."""

    folder: Path
    notes: list[str] = field(default_factory=list)
    """What the student should know, such as files that were not used."""


def take(source: Source, assignment: Assignment, into: Path) -> Taken:
    """Copy the files of `source` that count into the folder `into`, which must not exist.

    Raises:
        Unreadable: they cannot be read.
        Incomplete: a file to hand in is missing, or there twice.
        OSError: `into` cannot be written.
    """
    with _open(source, assignment) as chosen:
        contents = {name: entry.read() for name, entry in chosen.files.items()}
    # Only now that all is well is anything written.
    into.mkdir(parents=True)
    for name, data in contents.items():
        (into / name).write_bytes(data)
    return Taken(into, chosen.notes)


@contextlib.contextmanager
def _open(source: Source, assignment: Assignment) -> Iterator[Chosen]:
    files, optional = assignment.files, assignment.optional_files
    if source.problem is not None:
        raise Unreadable(source.problem)
    path = source.path
    if path.is_dir():
        yield choose(list_folder(path), files, optional)
    elif path.suffix.lower() == ".py":
        refuse_special(path, path.name)
        # One file, whatever its name: students' names are often put into it.
        name = files[0] if len(files) == 1 else path.name
        chosen = choose([Entry(name, lambda: read_file(path, path.name))], files, optional)
        renamed = [] if name == path.name else [f"{one_line(path.name)} was taken as {name}."]
        yield Chosen(chosen.files, renamed)
    else:
        with open_zip(path) as entries:
            yield choose(entries, files, optional)
