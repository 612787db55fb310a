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
    # BEGIN SOLUTION D6: the header
    data = file.read(0, HEADER.size + HEADER_3.size)
    magic, version, backing_at, backing_length, bits, size, crypt, *rest = HEADER.unpack_from(data)
    if magic != MAGIC:
        corrupt(None, f"{file.name} is not a qcow2 image")
    if version not in (2, 3):
        unsupported(f"version {version} of the format")
    if crypt:
        unsupported("encryption")
    if bits < 9:
        corrupt(None, f"cluster_bits = {bits}")
    if bits > 21:
        unsupported(f"cluster_bits = {bits}")
    image = Qcow2(file, read_only, version, size, bits, *rest)
    header_length = HEADER.size
    if version == 3:
        incompatible, _, image.autoclear, order, header_length = HEADER_3.unpack_from(
            data, HEADER.size
        )
        if incompatible & ~(DIRTY | CORRUPT):
            unsupported(f"incompatible features {incompatible:#x}")
        if incompatible and not read_only:
            unsupported("an image to be repaired can only be read")
        if order > 6 or header_length < 104 or header_length % 8 or header_length > image.cluster:
            corrupt(image, f"refcount_order = {order}, header_length = {header_length}")
        image.count_bits = 1 << order
    check_header(image)
    extensions = read_extensions(image, header_length, backing_at)
    if backing_at:
        last = image.cluster - backing_length
        if backing_length > 1023 or not header_length <= backing_at <= last:
            corrupt(image, f"a backing file's name of {backing_length} bytes at {backing_at:#x}")
        image.backing = text(image, file.read(backing_at, backing_length))
        image.backing_format = format_of(image, extensions.get(BACKING_FORMAT))
    return image
    # END SOLUTION


def check_header(image: Qcow2) -> None:
    """Raise Refused unless the tables can be where the header says (D20)."""
    # BEGIN SOLUTION D20: the header
    if image.l1_size * ENTRY > MOST_L1 or image.counts_clusters * image.cluster > MOST_COUNTS:
        unsupported("tables of such a size")
    if image.size > image.l1_size * image.per_table * image.cluster:
        corrupt(image, f"a disk of {image.size} bytes with {image.l1_size} entries in the L1 table")
    check_place(image, image.l1_offset, image.l1_size * ENTRY)
    check_place(image, image.counts_offset, 1)
    if not image.counts_offset or not image.counts_clusters:
        corrupt(image, "no refcount table")
    if image.snapshot_count > MOST_SNAPSHOTS:
        unsupported(f"{image.snapshot_count} snapshots")
    check_place(image, image.snapshots_offset, image.snapshot_count)
    # END SOLUTION


def check_place(image: Qcow2, offset: int, length: int) -> None:
    """Raise Refused unless a table can be there: at a cluster's start, and in the file (D20)."""
    # BEGIN SOLUTION D20: places
    if length and offset + length > image.length:
        image.length = image.file.size  # it may have grown
    if offset % image.cluster or (length and offset + length > image.length):
        corrupt(image, f"a table of {length} bytes at {offset:#x}")
    # END SOLUTION


def read_extensions(image: Qcow2, start: int, end: int) -> dict[int, bytes]:
    """Return the header extensions: type to data (D6)."""
    # BEGIN SOLUTION D6: extensions
    area = image.file.read(0, min(end or image.cluster, image.cluster))
    found = {}
    while start + 8 <= len(area):
        kind, length = struct.unpack_from(">II", area, start)
        if kind == 0:
            break
        if length > len(area) - start - 8:
            corrupt(image, f"a header extension of {length} bytes")
        found[kind] = area[start + 8 : start + 8 + length]
        start += 8 + -(-length // 8) * 8
    return found
    # END SOLUTION


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
    # BEGIN SOLUTION D7: an entry of L1
    offset = entry & OFFSET
    check_place(image, offset, image.cluster)
    return offset
    # END SOLUTION


def data_of(image: Qcow2, entry: int) -> int:
    """Return the offset of the cluster that a standard entry of L2 has; 0 if it has none (D7)."""
    # BEGIN SOLUTION D7: an entry of L2
    offset = entry & OFFSET
    if offset % image.cluster or (entry & ZERO and image.version == 2):
        corrupt(image, f"the entry {entry:#x} in an L2 table")
    return offset
    # END SOLUTION


def compressed_data(image: Qcow2, entry: int) -> tuple[int, int]:
    """Return offset and length of a cluster's compressed data, with what may come after it (D7)."""
    # BEGIN SOLUTION D7: compressed clusters
    shift = 62 - (image.cluster_bits - 8)
    offset = entry & (1 << shift) - 1
    sectors = (entry & COMPRESSED - 1) >> shift
    return offset, (sectors + 1) * 512 - offset % 512
    # END SOLUTION


def mapping(image: Qcow2, cluster: int) -> int:
    """Return the entry of L2 for a cluster of the disk; 0 where there is no table (D7)."""
    # BEGIN SOLUTION D7: both levels
    index, place = divmod(cluster, image.per_table)
    table = table_of(image, entry_at(image, image.l1_offset + index * ENTRY))
    return entry_at(image, table + place * ENTRY) if table else 0
    # END SOLUTION


# --- Reading ---


def read_cluster(image: Qcow2, cluster: int, start: int, length: int) -> bytes:
    """Return bytes of one cluster of the disk (D7, D12)."""
    # BEGIN SOLUTION D7: kinds of clusters
    entry = mapping(image, cluster)
    if entry & COMPRESSED:
        return inflate(image, entry)[start : start + length]
    offset = data_of(image, entry)
    if entry & ZERO:
        return bytes(length)
    if offset:
        return image.file.read(offset + start, length)
    return read_below(image, cluster * image.cluster + start, length)
    # END SOLUTION


def inflate(image: Qcow2, entry: int) -> bytes:
    """Return the contents of a compressed cluster (D7)."""
    # BEGIN SOLUTION D7: deflate
    offset, length = compressed_data(image, entry)
    decoder = zlib.decompressobj(-12)
    try:
        data = decoder.decompress(image.file.read(offset, length), image.cluster)
    except zlib.error:
        data = b""
    if len(data) < image.cluster:
        corrupt(image, f"the compressed cluster at {offset:#x}")
    return data
    # END SOLUTION


def read_below(image: Qcow2, offset: int, length: int) -> bytes:
    """Return what the image does not have itself: the backing file's, as far as it goes (D12)."""
    # BEGIN SOLUTION D12: the backing file
    if image.below is None:
        return bytes(length)
    there = max(0, min(length, image.below.size - offset))
    return image.below.read(offset, there).ljust(length, b"\0")
    # END SOLUTION


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
    # BEGIN SOLUTION D9: a refcount
    index, place = divmod(cluster, image.per_block)
    block = block_of(image, index)
    if not block:
        return 0
    bits = image.count_bits
    at, shift = divmod(place * bits, 8)
    value = int.from_bytes(table_bytes(image, block + at, max(1, bits // 8)), "big")
    return value >> shift & (1 << bits) - 1
    # END SOLUTION


def change_refcounts(image: Qcow2, changes: Mapping[int, int]) -> None:
    """Add to the refcounts of clusters, to all or, if that is refused, to none (D9, D19)."""
    # BEGIN SOLUTION D9: refcounts change
    counts = {}
    for cluster in sorted(changes):
        count = counts[cluster] = refcount(image, cluster) + changes[cluster]
        if count < 0 or not block_of(image, cluster // image.per_block):
            corrupt(image, f"cluster {cluster:#x} is used more often than its refcount says")
        if count >> image.count_bits:
            unsupported(f"{count} references with refcounts of {image.count_bits} bits")
    for index, group in groupby(counts, lambda cluster: cluster // image.per_block):
        own = {cluster % image.per_block: counts[cluster] for cluster in group}
        write_refcounts(image, block_of(image, index), own)
    for cluster in (cluster for cluster, count in counts.items() if not count):
        image.tables.discard(cluster)
        image.free_from = min(image.free_from, cluster)
    # END SOLUTION


def write_refcounts(image: Qcow2, block: int, counts: Mapping[int, int]) -> None:
    """Write some refcounts of one block, by their place in it (D9)."""
    # BEGIN SOLUTION D9: refcounts of any width
    bits = image.count_bits
    first = min(counts) * bits // 8
    data = bytearray(image.file.read(block + first, (max(counts) + 1) * bits // 8 + 1 - first))
    del data[-(-(max(counts) + 1) * bits // 8) - first :]
    for place, count in counts.items():
        at, shift = divmod(place * bits, 8)
        at -= first
        if bits < 8:
            data[at] = data[at] & ~((1 << bits) - 1 << shift) | count << shift
        else:
            data[at : at + bits // 8] = count.to_bytes(bits // 8, "big")
    write_table(image, block + first, bytes(data))
    # END SOLUTION


def allocate(image: Qcow2, count: int = 1, table: bool = False) -> int:
    """Return the offset of so many free clusters in a row; their refcounts are 1 now (D9, D11)."""
    # BEGIN SOLUTION D9: free clusters
    if count > image.per_block // 2:
        unsupported(f"{count} clusters in a row")
    cluster, run = image.free_from, 0
    while run < count:
        if not block_of(image, cluster // image.per_block):
            add_block(image, cluster)
        run = 0 if refcount(image, cluster) else run + 1
        cluster += 1
    clusters = range(cluster - count, cluster)
    check_free(image, clusters)
    change_refcounts(image, dict.fromkeys(clusters, 1))
    if count == 1:
        image.free_from = cluster
    if table:
        image.tables.update(clusters)
    return clusters.start * image.cluster
    # END SOLUTION


def check_free(image: Qcow2, clusters: range) -> None:
    """Raise Refused if a cluster that is said to be free holds a table (D20)."""
    # BEGIN SOLUTION D20: free clusters
    if not image.tables.isdisjoint(clusters):
        corrupt(image, f"cluster {clusters.start:#x} holds a table, but its refcount is 0")
    # END SOLUTION


def add_block(image: Qcow2, cluster: int) -> None:
    """Give the range of clusters that begins with this one a refcount block: in its first (D11)."""
    # BEGIN SOLUTION D11: one more refcount block
    index = cluster // image.per_block
    if index >= image.counts_clusters * image.per_table:
        grow_counts(image)
        return
    cluster = index * image.per_block
    check_free(image, range(cluster, cluster + 1))
    offset = cluster * image.cluster
    write_table(image, offset, bytes(image.cluster))
    write_refcounts(image, offset, {0: 1})
    image.file.flush()
    write_table(image, image.counts_offset + index * ENTRY, offset.to_bytes(ENTRY, "big"))
    image.tables.add(cluster)
    # END SOLUTION


def grow_counts(image: Qcow2) -> None:
    """Move the refcount table to behind all clusters that it covers, twice as large (D11).

    There stand first the blocks that the new clusters need, then the table itself.
    """
    # BEGIN SOLUTION D11: a larger refcount table
    start = image.counts_offset // image.cluster
    old = range(start, start + image.counts_clusters)
    first = image.counts_clusters * image.per_table * image.per_block
    clusters, blocks = 2 * image.counts_clusters, 1
    if clusters * image.cluster > MOST_COUNTS:
        unsupported("an image that large")
    while blocks * image.per_block < blocks + clusters:
        blocks += 1
    table = bytearray(image.file.read(image.counts_offset, len(old) * image.cluster))
    for number in range(blocks):
        offset = (first + number) * image.cluster
        used = min(image.per_block, blocks + clusters - number * image.per_block)
        write_table(image, offset, bytes(image.cluster))
        write_refcounts(image, offset, dict.fromkeys(range(used), 1))
        table += offset.to_bytes(ENTRY, "big")
    offset = (first + blocks) * image.cluster
    write_table(image, offset, bytes(table).ljust(clusters * image.cluster, b"\0"))
    image.file.flush()
    image.file.write(COUNT_FIELDS, struct.pack(">QI", offset, clusters))
    image.counts_offset, image.counts_clusters = offset, clusters
    image.file.flush()
    image.tables.update(range(first, first + blocks + clusters))
    change_refcounts(image, dict.fromkeys(old, -1))
    # END SOLUTION


# --- Writing ---


def begin_writing(image: Qcow2) -> None:
    """Look where the tables are, and clear the autoclear bits, of which none is known (D6, D20)."""
    # BEGIN SOLUTION D6: before the first write
    note_tables(image)
    if image.autoclear:
        image.file.write(AUTOCLEAR_FIELD, bytes(8))
        image.file.flush()
        image.autoclear = 0
    # END SOLUTION


def note_tables(image: Qcow2) -> None:
    """Fill `image.tables`. Raise Refused if two overlap, or one is not in the file (D20)."""

    # BEGIN SOLUTION D20: overlapping tables
    def note(offset: int, length: int) -> None:
        check_place(image, offset, length)
        clusters = range(offset // image.cluster, -(-(offset + length) // image.cluster))
        if not image.tables.isdisjoint(clusters):
            corrupt(image, f"two tables at {offset:#x}")
        image.tables.update(clusters)

    note(0, 1)
    note(image.counts_offset, image.counts_clusters * image.cluster)
    note(image.l1_offset, image.l1_size * ENTRY)
    blocks = image.counts_clusters * image.per_table
    for block in filter(None, entries_of(image, image.counts_offset, blocks)):
        note(block, image.cluster)
    for entry in entries_of(image, image.l1_offset, image.l1_size):
        if entry & OFFSET:
            note(entry & OFFSET, image.cluster)
    snapshots = read_snapshots(image)
    # Nothing stands behind the last entry: QEMU does not fill it up.
    rows = [each.packed() for each in snapshots[:-1]] + [each.bare() for each in snapshots[-1:]]
    note(image.snapshots_offset, sum(map(len, rows)))
    for each in snapshots:
        note(each.l1_offset, each.l1_size * ENTRY)
    # END SOLUTION


def host_clusters(image: Qcow2, entry: int) -> range:
    """Return the clusters of the file that an entry of L2 refers to (D9, D10)."""
    # BEGIN SOLUTION D10: what an entry refers to
    if entry & COMPRESSED:
        offset, length = compressed_data(image, entry)
    else:
        offset = data_of(image, entry)
        length = image.cluster if offset else 0
    return range(offset // image.cluster, -(-(offset + length) // image.cluster))
    # END SOLUTION


def is_own(entry: int) -> bool:
    """Tell whether the cluster of an entry can be written in place (D10)."""
    # BEGIN SOLUTION D10: in place
    return entry & (COPIED | COMPRESSED | ZERO) == COPIED
    # END SOLUTION


def write_span(image: Qcow2, offset: int, data: bytes) -> None:
    """Write bytes of the disk, all of which one L2 table maps (D9, D10, D13)."""
    # BEGIN SOLUTION D9: write
    updates: dict[int, int] = {}
    freed: Counter[int] = Counter()
    done = 0
    while done < len(data):
        cluster, start = divmod(offset + done, image.cluster)
        piece = data[done : done + image.cluster - start]
        entry = mapping(image, cluster)
        if is_own(entry):
            check_data(image, entry)
            image.file.write(data_of(image, entry) + start, piece)
        else:
            freed.update(host_clusters(image, entry))
            updates[cluster % image.per_table] = copy_cluster(image, cluster, start, piece) | COPIED
        done += len(piece)
    if updates:
        publish(image, offset // image.cluster // image.per_table, updates, freed)
    # END SOLUTION


def check_data(image: Qcow2, entry: int) -> None:
    """Raise Refused if an entry of L2 leads to a table (D20)."""
    # BEGIN SOLUTION D20: data that overlaps a table
    if not image.tables.isdisjoint(host_clusters(image, entry)):
        corrupt(image, f"the entry {entry:#x} of an L2 table leads to a table")
    # END SOLUTION


def copy_cluster(image: Qcow2, cluster: int, start: int, piece: bytes) -> int:
    """Write a cluster of the disk, with `piece` in it, to a new place; return that (D9, D13)."""
    # BEGIN SOLUTION D13: copy on write
    end = start + len(piece)
    before = read_cluster(image, cluster, 0, start) if start else b""
    after = read_cluster(image, cluster, end, image.cluster - end) if end < image.cluster else b""
    place = allocate(image)
    image.file.write(place, before + piece + after)
    return place
    # END SOLUTION


def publish(image: Qcow2, index: int, updates: Mapping[int, int], freed: Counter[int]) -> None:
    """Have entries of an L2 table, by their place, lead to what was written (D9, D18, D19).

    A table that is shared with a snapshot, or missing, is written anew.
    """
    # BEGIN SOLUTION D19: the order
    entry = entry_at(image, image.l1_offset + index * ENTRY)
    table = table_of(image, entry)
    if entry & COPIED:
        image.file.flush()
        for place, value in updates.items():
            write_table(image, table + place * ENTRY, value.to_bytes(ENTRY, "big"))
    else:
        contents = bytearray(image.file.read(table, image.cluster) if table else image.cluster)
        for place, value in updates.items():
            contents[place * ENTRY : (place + 1) * ENTRY] = value.to_bytes(ENTRY, "big")
        fresh = allocate(image, table=True)
        write_table(image, fresh, bytes(contents))
        image.file.flush()
        value = fresh | COPIED
        write_table(image, image.l1_offset + index * ENTRY, value.to_bytes(ENTRY, "big"))
        if table:
            freed[table // image.cluster] += 1
    if freed:
        image.file.flush()
        change_refcounts(image, {cluster: -count for cluster, count in freed.items()})
    # END SOLUTION


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
    # BEGIN SOLUTION D18: the table
    found = []
    offset = image.snapshots_offset
    for _ in range(image.snapshot_count):
        l1_offset, l1_size, of_id, of_name, *kept, of_extra = SNAPSHOT.unpack(
            image.file.read(offset, SNAPSHOT.size)
        )
        if of_extra > MOST_EXTRA or l1_size * ENTRY > MOST_L1:
            corrupt(image, f"the snapshot at {offset:#x}")
        check_place(image, l1_offset, l1_size * ENTRY)
        rest = image.file.read(offset + SNAPSHOT.size, of_extra + of_id + of_name)
        extra, names = rest[:of_extra], rest[of_extra:]
        size = EXTRA.unpack_from(extra)[1] if of_extra >= EXTRA.size else image.size
        id, name = text(image, names[:of_id]), text(image, names[of_id:])
        entry = SnapshotEntry(l1_offset, l1_size, id, name, size, tuple(kept), extra)
        found.append(entry)
        offset += len(entry.packed())
    return found
    # END SOLUTION


def find_snapshot(image: Qcow2, name: str) -> SnapshotEntry:
    """Return the snapshot of a name. Raise Refused if there is none."""
    for each in read_snapshots(image):
        if each.name == name:
            return each
    raise Refused(Reason.MISSING, f"{image.file.name} has no snapshot {name!r}")


def references(image: Qcow2, l1_offset: int, l1_size: int) -> Counter[int]:
    """Count how often an L1 table leads to each cluster of the file, by every path (D18)."""
    # BEGIN SOLUTION D18: what a snapshot refers to
    found: Counter[int] = Counter()
    for entry in entries_of(image, l1_offset, l1_size):
        if table := table_of(image, entry):
            found[table // image.cluster] += 1
            for mapped in entries_of(image, table, image.per_table):
                found.update(host_clusters(image, mapped))
    return found
    # END SOLUTION


def mark_copied(image: Qcow2, allowed: bool) -> None:
    """Set bit 63 in the active tables exactly where the refcount is 1, or nowhere (D18).

    "This information is only accurate" there: those of the snapshots are left as they are.
    """

    # BEGIN SOLUTION D18: bit 63
    def mark(offset: int, count: int) -> list[int]:
        entries = list(entries_of(image, offset, count))
        for place, entry in enumerate(entries):
            if entry & COMPRESSED or not entry & OFFSET:
                continue
            single = allowed and refcount(image, (entry & OFFSET) // image.cluster) == 1
            marked = entry & ~COPIED | (COPIED if single else 0)
            if marked != entry:
                write_table(image, offset + place * ENTRY, marked.to_bytes(ENTRY, "big"))
        return entries

    for entry in mark(image.l1_offset, image.l1_size):
        if table := table_of(image, entry):
            mark(table, image.per_table)
    # END SOLUTION


def l1_clusters(image: Qcow2, offset: int, size: int) -> range:
    """Return the clusters of an L1 table."""
    first = offset // image.cluster
    return range(first, first + -(-size * ENTRY // image.cluster))


def write_l1(image: Qcow2, source: int, size: int) -> int:
    """Write a copy of an L1 table, without any bit 63, to a new place; return that (D18)."""
    # BEGIN SOLUTION D18: a copy of L1
    entries = [entry & ~COPIED for entry in entries_of(image, source, size)]
    place = allocate(image, len(l1_clusters(image, 0, size)), table=True)
    write_table(image, place, struct.pack(f">{size}Q", *entries))
    return place
    # END SOLUTION


def write_snapshots(image: Qcow2, snapshots: list[SnapshotEntry]) -> Counter[int]:
    """Replace the snapshot table; return the clusters of the old one, to be freed (D18, D19)."""
    # BEGIN SOLUTION D18: another table
    old = sum(len(each.packed()) for each in read_snapshots(image))
    first = image.snapshots_offset // image.cluster
    freed = Counter(range(first, first + -(-old // image.cluster)))
    data = b"".join(each.packed() for each in snapshots)
    place = allocate(image, -(-len(data) // image.cluster), table=True) if data else 0
    if data:
        write_table(image, place, data)
    image.file.flush()
    image.file.write(SNAPSHOT_FIELDS, struct.pack(">IQ", len(snapshots), place))
    image.snapshot_count, image.snapshots_offset = len(snapshots), place
    image.file.flush()
    return freed
    # END SOLUTION


def release(image: Qcow2, freed: Counter[int]) -> None:
    """Take references away that nothing leads to any more, and set bit 63 anew (D18, D19)."""
    # BEGIN SOLUTION D18: release
    change_refcounts(image, {cluster: -count for cluster, count in freed.items()})
    image.file.flush()
    mark_copied(image, True)
    image.file.flush()
    # END SOLUTION


def keep_disk(image: Qcow2, name: str) -> None:
    """Keep the disk as it is (D18)."""
    # BEGIN SOLUTION D18: take
    snapshots = read_snapshots(image)
    if any(each.name == name for each in snapshots):
        raise Refused(Reason.EXISTS, f"{image.file.name} has a snapshot {name!r} already")
    if len(snapshots) >= MOST_SNAPSHOTS:
        unsupported("one more snapshot")
    used = references(image, image.l1_offset, image.l1_size)
    id = 1 + max((int(each.id) for each in snapshots if each.id.isdecimal()), default=0)
    mark_copied(image, False)
    image.file.flush()
    try:
        change_refcounts(image, used)
    except Refused:
        mark_copied(image, True)
        raise
    place = write_l1(image, image.l1_offset, image.l1_size)
    extra = EXTRA.pack(0, image.size)
    entry = SnapshotEntry(place, image.l1_size, str(id), name, image.size, extra=extra)
    release(image, write_snapshots(image, [*snapshots, entry]))
    # END SOLUTION


def go_back(image: Qcow2, name: str) -> None:
    """Make the disk what it was (D18)."""
    # BEGIN SOLUTION D18: apply
    entry = find_snapshot(image, name)
    if entry.size != image.size:
        unsupported(f"the disk had {entry.size} bytes in {name!r}")
    change_refcounts(image, references(image, entry.l1_offset, entry.l1_size))
    place = write_l1(image, entry.l1_offset, entry.l1_size)
    freed = references(image, image.l1_offset, image.l1_size)
    freed.update(l1_clusters(image, image.l1_offset, image.l1_size))
    image.file.flush()
    image.file.write(L1_FIELDS, struct.pack(">IQ", entry.l1_size, place))
    # Before the flush, which may fail: from now on the file has the new table.
    image.l1_size, image.l1_offset = entry.l1_size, place
    image.file.flush()
    release(image, freed)
    # END SOLUTION


def forget(image: Qcow2, name: str) -> None:
    """Forget a snapshot (D18)."""
    # BEGIN SOLUTION D18: delete
    entry = find_snapshot(image, name)
    freed = references(image, entry.l1_offset, entry.l1_size)
    freed.update(l1_clusters(image, entry.l1_offset, entry.l1_size))
    freed.update(write_snapshots(image, [e for e in read_snapshots(image) if e.id != entry.id]))
    release(image, freed)
    # END SOLUTION


# --- A new image ---


def make_image(file: File, new: NewImage) -> None:
    """Write an empty image: header, refcount table and blocks, L1 table (D8)."""
    # BEGIN SOLUTION D8: create
    if not 9 <= new.cluster_bits <= 21 or new.version not in (2, 3) or new.refcount_order > 6:
        unsupported("such a qcow2 image")
    if new.version == 2 and new.refcount_order != 4:
        unsupported("version 2 with other refcounts than of 16 bits")
    cluster = 1 << new.cluster_bits
    per_block = cluster * 8 >> new.refcount_order
    l1_size = max(1, -(-new.size // (cluster * cluster // ENTRY)))
    if l1_size * ENTRY > MOST_L1:
        unsupported(f"a disk of {new.size} bytes with clusters of {cluster}")
    tables = blocks = 1
    of_l1 = -(-l1_size * ENTRY // cluster)
    while blocks * per_block < 1 + tables + blocks + of_l1 or tables * cluster < blocks * ENTRY:
        blocks = -(-(1 + tables + blocks + of_l1) // per_block)
        tables = -(-blocks * ENTRY // cluster)
    total = 1 + tables + blocks + of_l1
    places = [(1 + tables + number) * cluster for number in range(blocks)]
    l1_offset = (total - of_l1) * cluster
    fields = (l1_size, l1_offset, cluster, tables, 0, 0)
    image = Qcow2(file, False, new.version, new.size, new.cluster_bits, *fields)
    image.count_bits = 1 << new.refcount_order
    file.resize(total * cluster)
    file.write(cluster, struct.pack(f">{blocks}Q", *places))
    for number, place in enumerate(places):
        used = min(per_block, total - number * per_block)
        write_refcounts(image, place, dict.fromkeys(range(used), 1))
    file.flush()
    file.write(0, header(new, fields))
    # END SOLUTION


def header(new: NewImage, fields: tuple[int, ...]) -> bytes:
    """Return the header of a new image, its extensions, and the name of its backing file (D8)."""
    # BEGIN SOLUTION D8: the header
    name = (new.backing or "").encode()
    if len(name) > 1023:
        unsupported("a name with more than 1023 bytes")
    extensions = b""
    if name:
        kind = new.backing_format.value.encode()
        extensions = struct.pack(">II", BACKING_FORMAT, len(kind)) + kind + bytes(-len(kind) % 8)
    more = HEADER_3.pack(0, 0, 0, new.refcount_order, 104) if new.version == 3 else b""
    area = more + extensions + bytes(8)
    at = HEADER.size + len(area)
    if at + len(name) > 1 << new.cluster_bits:
        unsupported("a name that does not fit into the first cluster")
    place = (at, len(name)) if name else (0, 0)
    fixed = HEADER.pack(MAGIC, new.version, *place, new.cluster_bits, new.size, 0, *fields)
    return fixed + area + name
    # END SOLUTION
