"""Makes qcow2 images of any kind, right ones and, with a few bytes changed, wrong ones."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field

from .layout import BACKING_FORMAT, COMPRESSED, COPIED, FEATURES, FIXED, MAGIC, SNAPSHOT, ZERO


@dataclass
class Image:
    """An image to be. Clusters of the disk are set one by one, then `file` lays it out."""

    size: int
    cluster_bits: int = 12
    version: int = 3
    refcount_order: int = 4
    backing: bytes = b""
    backing_format: bytes = b"raw"
    extensions: list[tuple[int, bytes]] = field(default_factory=list)
    incompatible: int = 0
    autoclear: int = 0
    header_length: int = 104
    mapped: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    kept: list[tuple[str, dict[int, tuple[str, bytes]]]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """Offsets in the file, once it is laid out: "l1", "l2.0", "data.5", "table", "block", ..."""

    @property
    def cluster(self) -> int:
        """Bytes in a cluster."""
        return 1 << self.cluster_bits

    def data(self, cluster: int, contents: bytes) -> Image:
        """Give a cluster of the disk contents, filled up with zeros."""
        self.mapped[cluster] = ("data", contents.ljust(self.cluster, b"\0"))
        return self

    def compressed(self, cluster: int, contents: bytes) -> Image:
        """Do so, compressed; what does not become shorter is stored as it is."""
        contents = contents.ljust(self.cluster, b"\0")
        kind = "compressed" if len(_deflate(contents)) < self.cluster else "data"
        self.mapped[cluster] = (kind, contents)
        return self

    def zero(self, cluster: int, stale: bytes = b"") -> Image:
        """Have a cluster read as zeros; with `stale`, a cluster of the file is kept behind it."""
        self.mapped[cluster] = ("zero", stale.ljust(self.cluster, b"\0") if stale else b"")
        return self

    def snapshot(self, name: str) -> Image:
        """Keep the disk as it is now, in a snapshot."""
        self.kept.append((name, dict(self.mapped)))
        return self

    def file(self) -> bytes:
        """Lay the image out."""
        return _Layout(self).file()

    def contents(self, below: bytes = b"", snapshot: str = "") -> bytes:
        """Return what the disk holds, above a backing file with such contents."""
        out = bytearray(below[: self.size].ljust(self.size, b"\0"))
        mapped = dict(self.kept)[snapshot] if snapshot else self.mapped
        for cluster, (kind, contents) in mapped.items():
            at = cluster * self.cluster
            piece = bytes(self.cluster) if kind == "zero" else contents
            out[at : at + self.cluster] = piece[: max(0, self.size - at)]
        return bytes(out)


def _deflate(contents: bytes) -> bytes:
    encoder = zlib.compressobj(9, zlib.DEFLATED, -12)
    return encoder.compress(contents) + encoder.flush()


class _Layout:
    """One image on its way into a file."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._out = bytearray(image.cluster)
        self._counts: Counter[int] = Counter({0: 1})
        self._entries: dict[tuple[str, bytes, int], int] = {}
        self._tables: dict[tuple[int, ...], int] = {}
        self._tail = 0
        """Where the next compressed cluster goes, if not at a cluster's start."""

    def _place(self, data: bytes) -> int:
        """Put data into fresh clusters; return where."""
        cluster, at = self._image.cluster, len(self._out)
        self._out += data.ljust(-(-len(data) // cluster) * cluster, b"\0")
        return at

    def _count(self, at: int, length: int) -> None:
        cluster = self._image.cluster
        self._counts.update(range(at // cluster, (at + length - 1) // cluster + 1))

    def _entry(self, number: int, kind: str, contents: bytes) -> int:
        """Return the L2 entry, without bit 63, of something to be on the disk."""
        image = self._image
        key = kind, contents, number
        if key in self._entries:
            return self._entries[key]
        if kind == "zero" and not contents:
            entry = ZERO
        elif kind == "compressed":
            entry = self._compressed(contents)
        else:
            at = self._place(contents)
            image.places[f"data.{number}"] = at
            entry = at | (ZERO if kind == "zero" else 0)
        self._entries[key] = entry
        return entry

    def _compressed(self, contents: bytes) -> int:
        image = self._image
        data = _deflate(contents)
        at = self._tail
        # Narrow refcounts would soon be too small for a cluster that many share.
        begun = at % image.cluster
        fits, last = begun + len(data) <= image.cluster, len(self._out) - at < image.cluster
        if image.refcount_order < 4 or not begun or not (fits or last):
            at = self._place(data)
        elif not fits:
            self._place(b"\0")  # the data goes on in the next cluster of the file
        self._out[at : at + len(data)] = data
        self._tail = at + len(data)
        sectors = (at % 512 + len(data) - 1) // 512
        return COMPRESSED | sectors << 62 - (image.cluster_bits - 8) | at

    def _uses(self, entry: int) -> tuple[int, int]:
        if entry & COMPRESSED:
            shift = 62 - (self._image.cluster_bits - 8)
            at = entry & (1 << shift) - 1
            return at & ~511, ((entry & COMPRESSED - 1) >> shift) * 512 + 512
        at = entry & ~ZERO
        return at, self._image.cluster if at else 0

    def _l1(self, mapped: dict[int, tuple[str, bytes]], name: str) -> tuple[int, int]:
        """Lay tables out; return where the L1 table is, and its number of entries."""
        image = self._image
        per_table = image.cluster // 8
        size = max(1, -(-image.size // (per_table * image.cluster)))
        l1 = [0] * size
        for index in range(size):
            span = range(index * per_table, (index + 1) * per_table)
            own = {n: self._entry(n, *what) for n, what in mapped.items() if n in span}
            if not own:
                continue
            entries = tuple(own.get(n, 0) for n in span)
            if entries not in self._tables:
                self._tables[entries] = self._place(struct.pack(f">{per_table}Q", *entries))
            l1[index] = self._tables[entries]
            image.places[f"{name}l2.{index}"] = l1[index]
            self._count(l1[index], image.cluster)
            for entry in own.values():
                at, length = self._uses(entry)
                if length:
                    self._count(at, length)
        at = self._place(struct.pack(f">{size}Q", *l1))
        self._count(at, size * 8)
        image.places[f"{name}l1"] = at
        return at, size

    def _mark(self, at: int, count: int) -> list[int]:
        """Set bit 63 where a refcount is one; return the entries of the table."""
        cluster = self._image.cluster
        entries = list(struct.unpack_from(f">{count}Q", self._out, at))
        for number, entry in enumerate(entries):
            offset = entry & ~ZERO
            if offset and not entry & COMPRESSED and self._counts[offset // cluster] == 1:
                struct.pack_into(">Q", self._out, at + 8 * number, entry | COPIED)
        return entries

    def _snapshots(self) -> tuple[int, int]:
        rows = b""
        for number, (name, mapped) in enumerate(self._image.kept, 1):
            at, size = self._l1(mapped, f"{name}.")
            id_, text = str(number).encode(), name.encode()
            lengths = len(id_), len(text)
            row = SNAPSHOT.pack(at, size, *lengths, 0, 0, 0, 0, 16)
            row += struct.pack(">QQ", 0, self._image.size) + id_ + text
            rows += row.ljust(-(-len(row) // 8) * 8, b"\0")
        if not rows:
            return 0, 0
        at = self._place(rows)
        self._count(at, len(rows))
        self._image.places["snapshots"] = at
        return len(self._image.kept), at

    def _refcounts(self) -> tuple[int, int]:
        """Lay refcounts out, of themselves too; return the table's place and clusters."""
        image = self._image
        per_block = image.cluster * 8 >> image.refcount_order
        used = len(self._out) // image.cluster
        blocks = tables = 1
        while blocks * per_block < used + tables + blocks or tables * image.cluster < blocks * 8:
            blocks = -(-(used + tables + blocks) // per_block)
            tables = -(-blocks * 8 // image.cluster)
        first = (used + tables) * image.cluster
        offsets = [first + number * image.cluster for number in range(blocks)]
        at = self._place(struct.pack(f">{blocks}Q", *offsets).ljust(tables * image.cluster, b"\0"))
        self._out += bytes(blocks * image.cluster)
        self._count(at, (tables + blocks) * image.cluster)
        image.places.update(table=at, block=first)
        bits = 1 << image.refcount_order
        for cluster, count in self._counts.items():
            block, place = divmod(cluster, per_block)
            byte, shift = divmod(place * bits, 8)
            byte += offsets[block]
            if bits < 8:
                self._out[byte] |= count << shift
            else:
                self._out[byte : byte + bits // 8] = count.to_bytes(bits // 8, "big")
        return at, tables

    def file(self) -> bytes:
        """Lay out everything, the header last."""
        image = self._image
        l1_offset, l1_size = self._l1(image.mapped, "")
        snapshots = self._snapshots()
        table = self._refcounts()
        for entry in self._mark(l1_offset, l1_size):
            if entry:
                self._mark(entry, image.cluster // 8)
        extensions = list(image.extensions)
        if image.backing and image.backing_format:
            extensions.append((BACKING_FORMAT, image.backing_format))
        area = b""
        for kind, data in extensions:
            area += struct.pack(">II", kind, len(data)) + data.ljust(-(-len(data) // 8) * 8, b"\0")
        area += bytes(8)
        if image.version == 3:
            more = FEATURES.pack(
                image.incompatible, 0, image.autoclear, image.refcount_order, image.header_length
            )
            area = more.ljust(image.header_length - FIXED.size, b"\0") + area
        at = FIXED.size + len(area)
        backing = (at, len(image.backing)) if image.backing else (0, 0)
        fixed = (MAGIC, image.version, *backing, image.cluster_bits, image.size, 0)
        head = FIXED.pack(*fixed, l1_size, l1_offset, *table, *snapshots) + area + image.backing
        assert len(head) <= image.cluster, "the header does not fit into its cluster"
        self._out[: len(head)] = head
        return bytes(self._out)
