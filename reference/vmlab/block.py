"""Disks as a block device sees them: numbered sectors of 512 bytes."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

SECTOR = 512
"""Bytes in a sector."""


class DiskError(Exception):
    """A file cannot be used as a disk, or no longer; the message is one sentence."""


class BlockBackend(Protocol):
    """What holds the sectors of a disk.

    Callers ask only for sectors below `sectors`, and write only if `read_only` is false, and whole
    sectors. Each method may raise OSError or DiskError; a guest sees that as an I/O error.
    """

    sectors: int
    read_only: bool

    def read(self, sector: int, count: int) -> bytes:
        """Return `count` sectors from `sector` on: 512 * count bytes."""
        ...

    def write(self, sector: int, data: bytes) -> None:
        """Store whole sectors from `sector` on."""
        ...

    def flush(self) -> None:
        """Return when all that was written before is durable."""
        ...


@runtime_checkable
class Restorable(Protocol):
    """A backend whose contents a snapshot of the machine keeps, as devices have it (`Device`)."""

    def state(self) -> dict[str, Any]:
        """Return plain data."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        ...


class MemoryDisk:
    """A disk in memory. It ends with the process."""

    def __init__(self, contents: bytes, *, read_only: bool = False) -> None:
        """Make one that holds `contents`, whole sectors. Raise DiskError for any other length."""
        self.sectors = _sectors("a disk in memory", len(contents))
        self.read_only = read_only
        self.contents = bytearray(contents)

    def read(self, sector: int, count: int) -> bytes:
        """Return sectors."""
        return bytes(self.contents[sector * SECTOR : (sector + count) * SECTOR])

    def write(self, sector: int, data: bytes) -> None:
        """Store sectors."""
        self.contents[sector * SECTOR : sector * SECTOR + len(data)] = data

    def flush(self) -> None:
        """Do nothing: memory is as durable as this disk gets."""

    def state(self) -> dict[str, Any]:
        """Return all sectors."""
        return {"contents": bytes(self.contents)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back all sectors."""
        self.contents[:] = state["contents"]


class FileDisk:
    """A raw image in a file: sector n is at byte 512 * n. A snapshot does not keep its contents."""

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        """Open the file.

        Raises:
            DiskError: if it cannot be opened for that, or is not made of whole sectors.
        """
        self._path = Path(path)
        self.read_only = read_only
        if self._path.is_dir():  # Windows would say that permission is denied
            raise DiskError(f"{path} is a directory, not a disk image")
        try:
            # Without a buffer of Python's, flush() has only the system's to wait for.
            self._file = self._path.open("rb" if read_only else "r+b", buffering=0)
            size = self._file.seek(0, 2)
        except OSError as error:
            raise DiskError(
                f"{path} cannot be opened to {'read' if read_only else 'read and write'}: "
                f"{(error.strerror or str(error)).lower()}"
            ) from None
        try:
            self.sectors = _sectors(str(path), size)
        except DiskError:
            self._file.close()
            raise

    def read(self, sector: int, count: int) -> bytes:
        """Return sectors. Raise DiskError if someone has made the file shorter."""
        self._file.seek(sector * SECTOR)
        data = bytearray()
        while len(data) < count * SECTOR:
            piece = self._file.read(count * SECTOR - len(data))
            if not piece:
                raise DiskError(f"{self._path} has become shorter")
            data += piece
        return bytes(data)

    def write(self, sector: int, data: bytes) -> None:
        """Store sectors."""
        self._file.seek(sector * SECTOR)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def flush(self) -> None:
        """Wait until the file is durable."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> FileDisk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class OverlayDisk:
    """Another disk, unchanged, and in memory all that was written since."""

    read_only = False

    def __init__(self, below: BlockBackend) -> None:
        """Lay an overlay over `below`, which is only read."""
        self._below = below
        self.sectors = below.sectors
        self._written: dict[int, bytes] = {}

    def read(self, sector: int, count: int) -> bytes:
        """Return sectors."""
        data = bytearray(self._below.read(sector, count))
        for index in range(count):
            own = self._written.get(sector + index)
            if own is not None:
                data[index * SECTOR : (index + 1) * SECTOR] = own
        return bytes(data)

    def write(self, sector: int, data: bytes) -> None:
        """Keep sectors."""
        for index in range(len(data) // SECTOR):
            self._written[sector + index] = data[index * SECTOR : (index + 1) * SECTOR]

    def flush(self) -> None:
        """Do nothing: what is in memory ends with the process."""

    def state(self) -> dict[str, Any]:
        """Return the sectors that were written."""
        return {"written": {str(sector): data for sector, data in self._written.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._written = {int(sector): data for sector, data in state["written"].items()}


def _sectors(name: str, size: int) -> int:
    if size % SECTOR:
        raise DiskError(f"{name} has {size} bytes, which is not a multiple of {SECTOR}")
    return size // SECTOR
