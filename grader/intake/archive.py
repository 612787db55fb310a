"""The files in a zip of a stranger. Nothing is unpacked but the files that were asked for.

A name inside the archive is never used as a path on disk, so no archive can write anywhere.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.intake.folder import refuse_special
from grader.intake.listing import (
    JUNK,
    MAX_ARCHIVE,
    MAX_ENTRIES,
    MAX_FILE,
    MAX_RATIO,
    MAX_UNPACKED,
    Entry,
    Unreadable,
    megabytes,
)
from grader.text import one_line

OTHER_FORMATS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
)
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two that every program writes. The others can be made to ask for gigabytes of memory."""

# What zipfile raises on damaged input, found by feeding it such.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, IndexError)


@contextmanager
def open_zip(file: Path) -> Iterator[list[Entry]]:
    """Yield the regular files of the zip `file`, to be read inside the `with`. Raise Unreadable."""
    name = one_line(file.name)
    refuse_special(file, file.name)
    size = file.stat().st_size
    if size == 0:
        raise Unreadable(f"{name} is empty (0 bytes); hand it in again.")
    if size > MAX_ARCHIVE:
        raise Unreadable(
            f"{name} has {megabytes(size)}; a submission may have {megabytes(MAX_ARCHIVE)}: "
            "hand in only the files asked for."
        )
    try:
        archive = zipfile.ZipFile(file)
    except (*DAMAGE, NotImplementedError):
        raise Unreadable(_not_a_zip(file)) from None
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}.") from None
    with archive:
        yield _entries(archive)


def _not_a_zip(file: Path) -> str:
    with file.open("rb") as opened:
        start = opened.read(8)
    for magic, kind in OTHER_FORMATS:
        if start.startswith(magic):
            return f"{one_line(file.name)} is {kind}, not a zip; hand in a .zip or the files."
    if start.startswith(b"PK"):
        return f"{one_line(file.name)} is a damaged or incomplete zip; make it again."
    return f"{one_line(file.name)} is not a zip; hand in a .zip or the files themselves."


def _entries(archive: zipfile.ZipFile) -> list[Entry]:
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        raise Unreadable(
            f"The zip holds {len(members):,} files, more than {MAX_ENTRIES:,}; hand in only those "
            "asked for."
        )
    found: dict[str, Entry] = {}
    for member in members:
        path = _path(member)
        # Made on Unix, an entry carries a file's mode in the upper half.
        mode = member.external_attr >> 16
        if JUNK.search(path) or member.is_dir() or stat.S_ISDIR(mode):
            continue
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            kind = "a link" if stat.S_ISLNK(mode) else "no regular file"
            raise Unreadable(f"{one_line(path)} in the zip is {kind}; hand in the file itself.")
        if path in found:
            raise Unreadable(f"The zip holds {one_line(path)} twice; make it again with one.")
        found[path] = _entry(archive, member, path)
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if unpacked > MAX_UNPACKED or (unpacked > MAX_FILE and unpacked > MAX_RATIO * packed):
        raise Unreadable(
            f"The zip would unpack to {megabytes(unpacked)}, far too much for this assignment; "
            "hand in only the files asked for."
        )
    return list(found.values())


def _path(member: zipfile.ZipInfo) -> str:
    """Return the entry's name with "/" between its parts; refuse names that lead elsewhere."""
    name = member.orig_filename
    parts = name.replace("\\", "/").rstrip("/").split("/")
    absolute = parts[0] == "" or (len(parts[0]) == 2 and parts[0][1] == ":")
    if absolute or ".." in parts or "\0" in name:
        raise Unreadable(
            f"The zip names a file outside its folder ({one_line(name, 80)}); make it again from "
            "the files themselves."
        )
    return "/".join(part for part in parts if part not in ("", "."))


def _entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str) -> Entry:
    def read() -> bytes:
        name = one_line(path)
        if member.flag_bits & 1:
            raise Unreadable(f"{name} is encrypted; hand in the zip without a password.")
        if member.compress_type not in COMPRESSIONS:
            raise Unreadable(
                f"{name} is packed in an unusual way; make the zip with your system's own program."
            )
        try:
            with archive.open(member) as opened:
                # Its header may lie about the size, so the limit is on what really comes out.
                data = opened.read(MAX_FILE + 1)
        except (*DAMAGE, NotImplementedError, OSError):
            raise Unreadable(f"{name} is damaged in the zip; make it again.") from None
        if len(data) > MAX_FILE:
            raise Unreadable(f"{name} is larger than {megabytes(MAX_FILE)}, the most allowed.")
        return data

    return Entry(path, read)
