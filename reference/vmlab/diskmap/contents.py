"""The disk that an image holds, read by another hand than a part's."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from .layout import (
    COMPRESSED,
    OFFSET,
    ZERO,
    BadImage,
    Header,
    Readable,
    read_header,
    read_snapshots,
    words,
)


class RawContents:
    """A raw image."""

    def __init__(self, file: Readable) -> None:
        self.file = file
        self.size = file.size

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk; zeros behind its end."""
        return self.file.read(offset, length).ljust(length, b"\0")


class Qcow2Contents:
    """A qcow2 image, or one of its snapshots."""

    def __init__(
        self, file: Readable, below: Callable[[Header], Contents | None], snapshot: str = ""
    ) -> None:
        """Read the tables; `below` opens the backing file that a header names."""
        self.file = file
        self.header = header = read_header(file)
        self.size = header.size
        l1 = header.l1_offset, header.l1_size
        if snapshot:
            rows, _ = read_snapshots(file, header)
            l1 = next((r.l1_offset, r.l1_size) for r in rows if r.name == snapshot)
        self._below = below(header)
        self._tables = [entry & OFFSET for entry in words(file, *l1)]
        self._entries: dict[int, list[int]] = {}

    def entry(self, cluster: int) -> int:
        """Return the L2 entry of a cluster of the disk; 0 if there is none."""
        index, place = divmod(cluster, self.header.per_table)
        table = self._tables[index] if index < len(self._tables) else 0
        if not table:
            return 0
        if table not in self._entries:
            self._entries[table] = words(self.file, table, self.header.per_table)
        return self._entries[table][place]

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk; zeros behind its end. Raise BadImage."""
        size, end = self.header.cluster, offset + length
        reach = self.header.per_table * size
        out: list[bytes] = []
        while offset < end:
            index = offset // reach
            stop = min((index + 1) * reach, end)
            if index >= len(self._tables) or not self._tables[index]:
                # No table, so no cluster of all that it would be about.
                out.append(self._beneath(offset, stop - offset))
                offset = stop
            while offset < stop:
                cluster, start = divmod(offset, size)
                count = min(size - start, stop - offset)
                out.append(self._piece(self.entry(cluster), offset, start, count))
                offset += count
        return b"".join(out)

    def _piece(self, entry: int, offset: int, start: int, length: int) -> bytes:
        if entry & COMPRESSED:
            return self._inflate(entry)[start : start + length]
        if entry & ZERO:
            return bytes(length)
        if entry & OFFSET:
            return self.file.read((entry & OFFSET) + start, length).ljust(length, b"\0")
        return self._beneath(offset, length)

    def _beneath(self, offset: int, length: int) -> bytes:
        """Read what this image does not have."""
        if self._below is None:
            return bytes(length)
        there = max(0, min(length, self._below.size - offset))
        return self._below.read(offset, there).ljust(length, b"\0")

    def _inflate(self, entry: int) -> bytes:
        at, length = self.header.compressed(entry)
        shift = 62 - (self.header.cluster_bits - 8)
        skipped = (entry & (1 << shift) - 1) - at
        try:
            data = zlib.decompressobj(-12).decompress(
                self.file.read(at, length)[skipped:], self.header.cluster
            )
        except zlib.error:
            data = b""
        if len(data) != self.header.cluster:
            raise BadImage(f"the compressed cluster at {at + skipped:#x} cannot be read")
        return data


Contents = RawContents | Qcow2Contents
