"""The qcow2 format, version 2 and 3: QEMU's docs/interop/qcow2, called "the format" here.

    header ──> L1 table ──> L2 tables ──> clusters of the disk
        └────> refcount table ──> refcount blocks: how often each cluster of the file is used

Whatever is written keeps one order, so that a crash leaves at worst clusters that nothing uses:
first what is new (refcounts, data, tables), then, behind a barrier, the one pointer that makes it
count, then, behind another, the refcounts of what was let go. D6 is a clause of the handout.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from vmlab.image import Format, NewImage, Reason, Refused

if TYPE_CHECKING:
    from disk import File, Image

MAGIC = 0x514649FB
HEADER = struct.Struct(">IIQIIQIIQQIIQ")
"""magic, version, backing offset and length, cluster_bits, size, crypt_method, L1 entries and
offset, refcount table's offset and clusters, snapshots' number and offset."""
HEADER_3 = struct.Struct(">QQQII")
"""incompatible, compatible, autoclear features, refcount_order, header_length."""
L1_FIELDS, COUNT_FIELDS, SNAPSHOT_FIELDS, AUTOCLEAR_FIELD = 36, 48, 60, 88
DIRTY, CORRUPT = 1, 2
BACKING_FORMAT = 0xE2792ACA
MOST_L1, MOST_COUNTS = 4 << 20, 8 << 20
"""Bytes of tables that are still opened; each entry may cost memory."""
MOST_SNAPSHOTS, MOST_EXTRA = 1024, 1024

COPIED, COMPRESSED, ZERO = 1 << 63, 1 << 62, 1
OFFSET = 0x00FF_FFFF_FFFF_FE00
ENTRY = 8  # bytes of an entry of L1, L2 and the refcount table
CHUNK, CHUNKS = 4096, 64


@dataclass(eq=False)
class Qcow2:
    """An open image."""

    file: File
    read_only: bool
    version: int
    size: int
    cluster_bits: int
    l1_size: int
    l1_offset: int
    counts_offset: int
    counts_clusters: int
    snapshot_count: int
    snapshots_offset: int
    count_bits: int = 16
    autoclear: int = 0
    backing: str | None = None
    backing_format: Format | None = None
    below: Image | None = None
    tables: set[int] = field(default_factory=set)
    """Clusters with header, tables and refcount blocks, if writable: no data goes there."""
    length: int = 0
    """Of the file, as it was last looked at."""
    free_from: int = 0
    """No cluster before this is free."""
    chunks: dict[int, bytes] = field(default_factory=dict)
    """What was last read of tables."""

    @property
    def cluster(self) -> int:
        """Bytes in a cluster."""
        return 1 << self.cluster_bits

    @property
    def per_table(self) -> int:
        """Entries in a table of one cluster."""
        return self.cluster // ENTRY

    @property
    def per_block(self) -> int:
        """Refcounts in a block."""
        return self.cluster * 8 // self.count_bits

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk."""
        data = bytearray()
        while len(data) < length:
            cluster, start = divmod(offset + len(data), self.cluster)
            data += read_cluster(
                self, cluster, start, min(self.cluster - start, length - len(data))
            )
        return bytes(data)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of the disk: what one L2 table maps at a time."""
        span = self.cluster * self.per_table
        done = 0
        while done < len(data):
            count = min(len(data) - done, span - (offset + done) % span)
            write_span(self, offset + done, data[done : done + count])
            done += count


def corrupt(image: Qcow2 | None, message: str) -> NoReturn:
    """Refuse an image that breaks a rule."""
    raise Refused(Reason.CORRUPT, message if image is None else f"{image.file.name}: {message}")


def unsupported(message: str) -> NoReturn:
    """Refuse an image that needs what is not here."""
    raise Refused(Reason.UNSUPPORTED, message)


# --- The header ---


def load(file: File, read_only: bool) -> Qcow2:
    """Read the header (D6, D20)."""
    raise NotImplementedError("D6: the header")


def check_header(image: Qcow2) -> None:
    """Raise Refused unless the tables can be where the header says (D20)."""
    raise NotImplementedError("D20: the header")


def check_place(image: Qcow2, offset: int, length: int) -> None:
    """Raise Refused unless a table can be there: at a cluster's start, and in the file (D20)."""
    raise NotImplementedError("D20: places")


def read_extensions(image: Qcow2, start: int, end: int) -> dict[int, bytes]:
    """Return the header extensions: type to data (D6)."""
    raise NotImplementedError("D6: extensions")


def text(image: Qcow2, data: bytes) -> str:
    """Return the text that is meant by bytes in the image. Raise Refused if it is none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        corrupt(image, f"{data[:40]!r} is no text")


def format_of(image: Qcow2, name: bytes | None) -> Format | None:
    """Return the format that a header extension names; None if there is no extension."""
    if name is None:
        return None
    try:
        return Format(text(image, name))
    except ValueError:
        unsupported(f"a backing file of format {name[:40]!r}")


# --- Tables ---


def entry_at(image: Qcow2, offset: int) -> int:
    """Return the 8 bytes at an offset of the file, which is a multiple of 8."""
    return int.from_bytes(table_bytes(image, offset, ENTRY), "big")


def table_bytes(image: Qcow2, offset: int, length: int) -> bytes:
    """Return bytes of a table that do not cross a multiple of CHUNK."""
    start = offset - offset % CHUNK
    chunk = image.chunks.get(start)
    if chunk is None:
        if len(image.chunks) >= CHUNKS:
            del image.chunks[next(iter(image.chunks))]
        chunk = image.chunks[start] = image.file.read(start, CHUNK)
    return chunk[offset - start : offset - start + length]


def write_table(image: Qcow2, offset: int, data: bytes) -> None:
    """Write bytes of a table."""
    for start in range(offset - offset % CHUNK, offset + len(data), CHUNK):
        image.chunks.pop(start, None)
    image.file.write(offset, data)


def entries_of(image: Qcow2, offset: int, count: int) -> Iterator[int]:
    """Yield the entries of a table, reading it piece by piece."""
    while count:
        some = min(count, image.per_table)
        yield from struct.unpack(f">{some}Q", image.file.read(offset, some * ENTRY))
        offset, count = offset + some * ENTRY, count - some


def table_of(image: Qcow2, entry: int) -> int:
    """Return the offset of the L2 table that an entry of L1 leads to; 0 if there is none (D7)."""
    raise NotImplementedError("D7: an entry of L1")


def data_of(image: Qcow2, entry: int) -> int:
    """Return the offset of the cluster that a standard entry of L2 has; 0 if it has none (D7)."""
    raise NotImplementedError("D7: an entry of L2")


def compressed_data(image: Qcow2, entry: int) -> tuple[int, int]:
    """Return offset and length of a cluster's compressed data, with what may come after it (D7)."""
    raise NotImplementedError("D7: compressed clusters")


def mapping(image: Qcow2, cluster: int) -> int:
    """Return the entry of L2 for a cluster of the disk; 0 where there is no table (D7)."""
    raise NotImplementedError("D7: both levels")


# --- Reading ---


def read_cluster(image: Qcow2, cluster: int, start: int, length: int) -> bytes:
    """Return bytes of one cluster of the disk (D7, D12)."""
    raise NotImplementedError("D7: kinds of clusters")


def inflate(image: Qcow2, entry: int) -> bytes:
    """Return the contents of a compressed cluster (D7)."""
    raise NotImplementedError("D7: deflate")


def read_below(image: Qcow2, offset: int, length: int) -> bytes:
    """Return what the image does not have itself: the backing file's, as far as it goes (D12)."""
    raise NotImplementedError("D12: the backing file")


# --- Refcounts ---


def block_of(image: Qcow2, index: int) -> int:
    """Return the offset of a refcount block, by its index in the table; 0 if there is none."""
    if index >= image.counts_clusters * image.per_table:
        return 0
    offset = entry_at(image, image.counts_offset + index * ENTRY)
    check_place(image, offset, 1)
    return offset


def refcount(image: Qcow2, cluster: int) -> int:
    """Return how often a cluster of the file is referred to (D9)."""
    raise NotImplementedError("D9: a refcount")


def change_refcounts(image: Qcow2, changes: Mapping[int, int]) -> None:
    """Add to the refcounts of clusters, to all or, if that is refused, to none (D9, D19)."""
    raise NotImplementedError("D9: refcounts change")


def write_refcounts(image: Qcow2, block: int, counts: Mapping[int, int]) -> None:
    """Write some refcounts of one block, by their place in it (D9)."""
    raise NotImplementedError("D9: refcounts of any width")


def allocate(image: Qcow2, count: int = 1, table: bool = False) -> int:
    """Return the offset of so many free clusters in a row; their refcounts are 1 now (D9, D11)."""
    raise NotImplementedError("D9: free clusters")


def check_free(image: Qcow2, clusters: range) -> None:
    """Raise Refused if a cluster that is said to be free holds a table (D20)."""
    raise NotImplementedError("D20: free clusters")


def add_block(image: Qcow2, cluster: int) -> None:
    """Give the range of clusters that begins with this one a refcount block: in its first (D11)."""
    raise NotImplementedError("D11: one more refcount block")


def grow_counts(image: Qcow2) -> None:
    """Move the refcount table to behind all clusters that it covers, twice as large (D11).

    There stand first the blocks that the new clusters need, then the table itself.
    """
    raise NotImplementedError("D11: a larger refcount table")


# --- Writing ---


def begin_writing(image: Qcow2) -> None:
    """Look where the tables are, and clear the autoclear bits, of which none is known (D6, D20)."""
    raise NotImplementedError("D6: before the first write")


def note_tables(image: Qcow2) -> None:
    """Fill `image.tables`. Raise Refused if two overlap, or one is not in the file (D20)."""

    raise NotImplementedError("D20: overlapping tables")


def host_clusters(image: Qcow2, entry: int) -> range:
    """Return the clusters of the file that an entry of L2 refers to (D9, D10)."""
    raise NotImplementedError("D10: what an entry refers to")


def is_own(entry: int) -> bool:
    """Tell whether the cluster of an entry can be written in place (D10)."""
    raise NotImplementedError("D10: in place")


def write_span(image: Qcow2, offset: int, data: bytes) -> None:
    """Write bytes of the disk, all of which one L2 table maps (D9, D10, D13)."""
    raise NotImplementedError("D9: write")


def check_data(image: Qcow2, entry: int) -> None:
    """Raise Refused if an entry of L2 leads to a table (D20)."""
    raise NotImplementedError("D20: data that overlaps a table")


def copy_cluster(image: Qcow2, cluster: int, start: int, piece: bytes) -> int:
    """Write a cluster of the disk, with `piece` in it, to a new place; return that (D9, D13)."""
    raise NotImplementedError("D13: copy on write")


def publish(image: Qcow2, index: int, updates: Mapping[int, int], freed: Counter[int]) -> None:
    """Have entries of an L2 table, by their place, lead to what was written (D9, D18, D19).

    A table that is shared with a snapshot, or missing, is written anew.
    """
    raise NotImplementedError("D19: the order")


# --- Snapshots ---

SNAPSHOT = struct.Struct(">QIHHIIQII")
"""L1 table's offset and entries, lengths of id and name, seconds, nanoseconds, time that the guest
ran, length of the VM's state, length of the extra data."""
EXTRA = struct.Struct(">QQ")
"""Length of the VM's state, size of the disk."""


@dataclass(frozen=True)
class SnapshotEntry:
    """An entry of the snapshot table."""

    l1_offset: int
    l1_size: int
    id: str
    name: str
    size: int
    kept: tuple[int, ...] = (0, 0, 0, 0)
    """Times and length of the VM's state, which are only kept."""
    extra: bytes = b""

    def bare(self) -> bytes:
        """Return the entry as it stands in the table."""
        id, name = self.id.encode(), self.name.encode()
        lengths = len(id), len(name)
        fixed = SNAPSHOT.pack(self.l1_offset, self.l1_size, *lengths, *self.kept, len(self.extra))
        return fixed + self.extra + id + name

    def packed(self) -> bytes:
        """Return the same, filled up to a multiple of 8, where the next entry stands."""
        data = self.bare()
        return data + bytes(-len(data) % 8)


def read_snapshots(image: Qcow2) -> list[SnapshotEntry]:
    """Return the snapshot table (D18)."""
    raise NotImplementedError("D18: the table")


def find_snapshot(image: Qcow2, name: str) -> SnapshotEntry:
    """Return the snapshot of a name. Raise Refused if there is none."""
    for each in read_snapshots(image):
        if each.name == name:
            return each
    raise Refused(Reason.MISSING, f"{image.file.name} has no snapshot {name!r}")


def references(image: Qcow2, l1_offset: int, l1_size: int) -> Counter[int]:
    """Count how often an L1 table leads to each cluster of the file, by every path (D18)."""
    raise NotImplementedError("D18: what a snapshot refers to")


def mark_copied(image: Qcow2, allowed: bool) -> None:
    """Set bit 63 in the active tables exactly where the refcount is 1, or nowhere (D18).

    "This information is only accurate" there: those of the snapshots are left as they are.
    """

    raise NotImplementedError("D18: bit 63")


def l1_clusters(image: Qcow2, offset: int, size: int) -> range:
    """Return the clusters of an L1 table."""
    first = offset // image.cluster
    return range(first, first + -(-size * ENTRY // image.cluster))


def write_l1(image: Qcow2, source: int, size: int) -> int:
    """Write a copy of an L1 table, without any bit 63, to a new place; return that (D18)."""
    raise NotImplementedError("D18: a copy of L1")


def write_snapshots(image: Qcow2, snapshots: list[SnapshotEntry]) -> Counter[int]:
    """Replace the snapshot table; return the clusters of the old one, to be freed (D18, D19)."""
    raise NotImplementedError("D18: another table")


def release(image: Qcow2, freed: Counter[int]) -> None:
    """Take references away that nothing leads to any more, and set bit 63 anew (D18, D19)."""
    raise NotImplementedError("D18: release")


def keep_disk(image: Qcow2, name: str) -> None:
    """Keep the disk as it is (D18)."""
    raise NotImplementedError("D18: take")


def go_back(image: Qcow2, name: str) -> None:
    """Make the disk what it was (D18)."""
    raise NotImplementedError("D18: apply")


def forget(image: Qcow2, name: str) -> None:
    """Forget a snapshot (D18)."""
    raise NotImplementedError("D18: delete")


# --- A new image ---


def make_image(file: File, new: NewImage) -> None:
    """Write an empty image: header, refcount table and blocks, L1 table (D8)."""
    raise NotImplementedError("D8: create")


def header(new: NewImage, fields: tuple[int, ...]) -> bytes:
    """Return the header of a new image, its extensions, and the name of its backing file (D8)."""
    raise NotImplementedError("D8: the header")
