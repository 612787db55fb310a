"""The files in a folder of a stranger, read without following or waiting for anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from grader.intake.listing import JUNK, MAX_ENTRIES, MAX_FILE, Entry, Unreadable, megabytes
from grader.text import one_line

KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def list_folder(folder: Path) -> list[Entry]:
    """List the regular files at or below `folder`. Raise Unreadable if there is anything else."""
    found: list[Entry] = []
    pending = [""]
    seen = 0
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(folder / prefix) as scan:
                children = sorted(scan, key=lambda child: child.name)
        except OSError as error:
            raise Unreadable(
                f"The folder {one_line(prefix or folder.name)} cannot be read: {error.strerror}."
            ) from None
        for child in children:
            path = prefix + child.name
            if JUNK.search(path):
                continue
            seen += 1
            if seen > MAX_ENTRIES:
                raise Unreadable(
                    f"There are more than {MAX_ENTRIES:,} files; hand in only those asked for."
                )
            if child.is_dir(follow_symlinks=False):
                pending.append(path + "/")
            else:
                found.append(_entry(Path(child.path), path))
    return found


def _entry(file: Path, path: str) -> Entry:
    refuse_special(file, path)
    return Entry(path, lambda: read_file(file, path))


def refuse_special(file: Path, name: str) -> None:
    """Raise Unreadable if `file` is a link, a pipe, a device or not there."""
    try:
        mode = os.lstat(file).st_mode
    except OSError as error:
        raise Unreadable(f"{one_line(name)} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "no file")
        raise Unreadable(f"{one_line(name)} is {kind}; hand in the file itself.")


def read_file(file: Path, name: str, limit: int = MAX_FILE) -> bytes:
    """Return the contents of a regular file of at most `limit` bytes. Raise Unreadable."""
    # It may have been exchanged since it was listed: no link is followed, no pipe waited for.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(file, flags)
        with os.fdopen(handle, "rb") as opened:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(f"{one_line(name)} is no regular file; hand in the file itself.")
            data = opened.read(limit + 1)
    except OSError as error:
        raise Unreadable(f"{one_line(name)} cannot be read: {error.strerror}.") from None
    if len(data) > limit:
        size = max(status.st_size, len(data))
        raise Unreadable(
            f"{one_line(name)} has {megabytes(size)}; a file may have {megabytes(limit)}."
        )
    return data
