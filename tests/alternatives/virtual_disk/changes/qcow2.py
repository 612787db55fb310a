"""The qcow2 format (QEMU, docs/interop/qcow2): a disk in a file that grows.

Nothing of L1 and L2 is kept in memory: each call reads the entries that it needs. What a call
changes is collected in a `Change`, checked as a whole, and only then written, in an order in which
power may be lost at any moment (D19).
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING, NoReturn

from vmlab.block import SECTOR
from vmlab.image import MOST, Format, NewImage, Reason, Refused

if TYPE_CHECKING:
    from disk import File, Image

MAGIC = 0x514649FB
FIXED = struct.Struct(">IIQIIQIIQQIIQ")
FEATURES = struct.Struct(">QQQII")
EXTENSION = struct.Struct(">II")  # type, length
L1_FIELDS = struct.Struct(">IQ")  # entries, offset
COUNTS_FIELDS = struct.Struct(">QI")  # offset, clusters
SNAPSHOT_FIELDS = struct.Struct(">IQ")  # number, offset
L1_AT, COUNTS_AT, SNAPSHOTS_AT, AUTOCLEAR_AT = 36, 48, 60, 88
MAY_BE_READ = 3
"""The incompatible features dirty and corrupt: such an image may be read, not written."""
BACKING_FORMAT = 0xE2792ACA

COPIED, COMPRESSED, ZERO = 1 << 63, 1 << 62, 1
OFFSET = 0x00FF_FFFF_FFFF_FE00
ENTRY = 8
LAST_OFFSET = 1 << 56

MOST_L1, MOST_COUNTS, MOST_SNAPSHOTS, MOST_ROWS = 2 << 20, 4 << 20, 1 << 16, 16 << 20
"""Limits of what is opened: bytes of tables, number of snapshots, bytes of their table."""
MOST_TEXT, MOST_EXTRA, MOST_NAME = 1 << 10, 1 << 10, 1023
CACHED = 1 << 22
"""Refcounts that are kept in memory, if one block has not more."""


def corrupt(message: str) -> NoReturn:
    """Refuse an image that breaks a rule."""
    raise Refused(Reason.CORRUPT, message[:MOST_TEXT])


def unsupported(message: str) -> NoReturn:
    """Refuse an image that needs what is not here."""
    raise Refused(Reason.UNSUPPORTED, message[:MOST_TEXT])


def ceil(number: int, unit: int) -> int:
    """Return how many units it takes."""
    return -(-number // unit)


def words(data: bytes) -> list[int]:
    """Return the entries of a table."""
    return list(struct.unpack(f">{len(data) // ENTRY}Q", data))


def packed(entries: Iterable[int]) -> bytes:
    """Return the bytes of entries."""
    entries = list(entries)
    return struct.pack(f">{len(entries)}Q", *entries)


def text(data: bytes, what: str) -> str:
    """Return the text that bytes of an image mean."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        corrupt(f"{what} is no text: {data[:40]!r}")


def write_all(file: File, pieces: Mapping[int, bytes]) -> None:
    """Write pieces, by their offset; those that touch each other together."""
    gathered, at = bytearray(), 0
    for offset, data in sorted(pieces.items()):
        if offset != at + len(gathered) or len(gathered) >= MOST:
            file.write(at, bytes(gathered))
            gathered, at = bytearray(), offset
        gathered += data
    file.write(at, bytes(gathered))


# --- Refcounts ---


def decode_counts(data: bytes, bits: int) -> array[int]:
    """Return the refcounts of a block, one an item."""
    if bits >= 8:
        counts = array({8: "B", 16: "H", 32: "I", 64: "Q"}[bits], data)
        if sys.byteorder == "little":
            counts.byteswap()
        return counts
    each, mask = 8 // bits, (1 << bits) - 1
    counts = array("B", bytes(len(data) * each))
    for place in range(each):  # the first of a byte is in its low bits
        shifted = bytes(byte >> place * bits & mask for byte in range(256))
        counts[place::each] = array("B", data.translate(shifted))
    return counts


def encode_counts(counts: array[int], bits: int) -> bytes:
    """Return the bytes of refcounts that fill whole bytes."""
    if bits >= 8:
        counts = counts[:]
        if sys.byteorder == "little":
            counts.byteswap()
        return counts.tobytes()
    each = 8 // bits
    return bytes(
        sum(number << place * bits for place, number in enumerate(counts[at : at + each]))
        for at in range(0, len(counts), each)
    )


class Refcounts:
    """How often each cluster of a file is led to (D9)."""

    def __init__(self, file: File, cluster: int, bits: int, table: list[int]) -> None:
        self.file = file
        self.bits = bits
        self.cluster = cluster
        self.per_block = cluster * 8 // bits
        self.most = (1 << bits) - 1
        self.table = table
        """Offsets of the blocks; 0 where there is none."""
        self._blocks: dict[int, array[int]] = {}

    def block(self, index: int) -> array[int] | None:
        """Return a block's refcounts; None if there is no block."""
        if index >= len(self.table) or not self.table[index]:
            return None
        block = self._blocks.get(index)
        if block is None:
            if (len(self._blocks) + 1) * self.per_block > CACHED:
                self._blocks.clear()
            block = decode_counts(self.file.read(self.table[index], self.cluster), self.bits)
            self._blocks[index] = block
        return block

    def get(self, cluster: int) -> int:
        """Return a refcount."""
        index, place = divmod(cluster, self.per_block)
        block = self.block(index)
        return 0 if block is None else block[place]

    def next_free(self, cluster: int) -> int | None:
        """Return the first free cluster from this one on; None if no block comes before it."""
        while (block := self.block(cluster // self.per_block)) is not None:
            first = cluster - cluster % self.per_block
            with suppress(ValueError):
                return first + block.index(0, cluster % self.per_block)
            cluster = first + self.per_block
        return None

    def add(self, changes: Mapping[int, int]) -> None:
        """Change refcounts; if the store fails, those that are written already go back."""
        done: list[tuple[int, list[int]]] = []
        try:
            for index, group in groupby(sorted(changes), lambda each: each // self.per_block):
                clusters = list(group)
                self._add(index, clusters, changes, 1)
                done.append((index, clusters))
        except Refused:
            for index, clusters in done:
                with suppress(Refused):
                    self._add(index, clusters, changes, -1)
            raise

    def _add(self, index: int, clusters: list[int], changes: Mapping[int, int], sign: int) -> None:
        block = self.block(index)
        assert block is not None, "only what has a refcount is changed"
        del self._blocks[index]  # in memory again once it is in the file
        for cluster in clusters:
            block[cluster % self.per_block] += sign * changes[cluster]
        each = max(1, 8 // self.bits)
        first = clusters[0] % self.per_block // each * each
        end = (clusters[-1] % self.per_block // each + 1) * each
        self.file.write(
            self.table[index] + first * self.bits // 8, encode_counts(block[first:end], self.bits)
        )
        self._blocks[index] = block

    def gap(self, length: int) -> int:
        """Return the first index of so many entries of the table, in a row, without a block."""
        start = 0
        for index, block in enumerate(self.table):
            if block:
                start = index + 1
            elif index + 1 - start == length:
                break
        return start

    def fresh_blocks(self, number: int, used: int) -> bytes:
        """Return blocks of which only the first clusters are used, each once."""
        out = bytearray()
        for _ in range(number):
            here = min(used, self.per_block)
            used -= here
            each = max(1, 8 // self.bits)
            ones = decode_counts(bytes(ceil(here, each) * each * self.bits // 8), self.bits)
            for place in range(here):
                ones[place] = 1
            out += encode_counts(ones, self.bits).ljust(self.cluster, b"\0")
        return bytes(out)


# --- What a call changes ---


class Change:
    """What one call changes in an image, by when it may reach the medium (D19)."""

    def __init__(self, image: Qcow2) -> None:
        self.image = image
        self.unmarked: dict[int, bytes] = {}
        """Tables without bit 63, before a refcount becomes 2."""
        self.new: dict[int, bytes] = {}
        """What nothing leads to yet, and data in clusters of one's own."""
        self.gained: Counter[int] = Counter()
        """References, durable before they are there."""
        self.pointers: dict[int, bytes] = {}
        """What makes the new count; each is in one sector."""
        self.lost: Counter[int] = Counter()
        """References, taken away when they are durably gone."""
        self.fresh: set[int] = set()
        self.tables: set[int] = set()
        self._free_from = 0
        """No cluster before this one is free."""

    def allocate(self, clusters: int = 1, table: bool = False) -> int:
        """Return the offset of free clusters in a row; each has one reference from now on (D11)."""
        counts = self.image.counts
        first, found = self._free_from, 0
        while found < clusters:
            free = counts.next_free(first + found)
            if free is None:
                first = self.image.cover(clusters)
                break
            if free in self.fresh:
                first, found = free + 1, 0
            elif free == first + found:
                found += 1
            else:
                first, found = free, 1
        if clusters == 1:
            self._free_from = first + 1
        taken = range(first, first + clusters)
        self.fresh.update(taken)
        self.gained.update(taken)
        if table:
            self.tables.update(taken)
        return first * self.image.cluster

    def check(self) -> None:
        """Raise Refused if a refcount would leave its range; call it before anything is written."""
        both = self.gained & self.lost
        self.gained -= both
        self.lost -= both
        counts = self.image.counts
        for cluster, number in self.gained.items():
            now = counts.get(cluster)
            if not now and cluster not in self.fresh:
                corrupt(f"cluster {cluster:#x} is used, and has a refcount of 0")
            if now + number > counts.most:
                unsupported(f"refcounts of {counts.bits} bits are too narrow")
        for cluster, number in self.lost.items():
            if counts.get(cluster) < number:
                corrupt(f"cluster {cluster:#x} is used more often than its refcount says")

    def commit(self) -> None:
        """Write it all."""
        image, counts = self.image, self.image.counts
        self.check()
        if self.unmarked:
            write_all(image.file, self.unmarked)
            image.file.flush()
        write_all(image.file, self.new)
        counts.add(self.gained)
        if self.pointers:
            self._flush_new()
        image.tables |= self.tables
        write_all(image.file, self.pointers)
        image.follow_pointers(self.pointers)
        if self.lost:
            image.file.flush()
            counts.add({cluster: -number for cluster, number in self.lost.items()})
            image.tables -= {each for each in self.lost if not counts.get(each)}

    def _flush_new(self) -> None:
        try:
            self.image.file.flush()
        except Refused:
            with suppress(Refused):
                self.image.counts.add({each: -number for each, number in self.gained.items()})
            raise


# --- An image ---


@dataclass(frozen=True)
class Row:
    """A snapshot, as the snapshot table has it."""

    id: str
    name: str
    size: int
    l1_size: int
    l1_offset: int
    data: bytes
    """All of the entry, filled up to a multiple of 8."""


ROW = struct.Struct(">QIHHIIQII")
"""L1 table's offset and entries; lengths of id and name; seconds, nanoseconds; time that the guest
ran; length of the VM's state; length of the extra data."""
EXTRA = struct.Struct(">QQ")  # length of the VM's state, size of the disk


class Qcow2:
    """An open image."""

    below: Image | None = None
    l1_size: int
    l1_offset: int
    counts_offset: int
    counts_clusters: int
    snapshot_count: int
    snapshots_offset: int

    def __init__(self, file: File, read_only: bool) -> None:
        """Read the header (D6). Raise Refused."""
        self.file = file
        self.read_only = read_only
        self.locks = ExitStack()
        fixed = file.read(0, FIXED.size + FEATURES.size)
        magic, self.version, name_at, name_length, bits, size, encryption = FIXED.unpack_from(
            fixed
        )[:7]
        if magic != MAGIC:
            corrupt(f"{file.name} does not begin as qcow2 does")
        if self.version not in (2, 3) or encryption:
            unsupported(f"{file.name} has version {self.version}, encryption {encryption}")
        features, self.autoclear, order, header_length = 0, 0, 4, FIXED.size
        if self.version == 3:
            features, _, self.autoclear, order, header_length = FEATURES.unpack_from(
                fixed, FIXED.size
            )
        if features & ~(MAY_BE_READ if read_only else 0):
            unsupported(f"{file.name} has incompatible features {features:#x}")
        if not 9 <= bits <= 21 or order > 6:
            corrupt(f"{file.name} has cluster_bits of {bits}, refcount_order of {order}")
        self.bits = bits
        self.cluster: int = 1 << bits
        self.per_table = self.cluster // ENTRY
        self.count_bits = 1 << order
        self.size: int = ceil(size, SECTOR) * SECTOR
        least = FIXED.size + (FEATURES.size if self.version == 3 else 0)
        if header_length % 8 or not least <= header_length <= self.cluster:
            corrupt(f"{file.name} has a header of {header_length} bytes")
        self._read_backing(header_length, name_at, name_length)
        self._fixed = bytearray(fixed[: FIXED.size])
        self.follow_pointers({})
        if self.l1_size * ENTRY > MOST_L1:
            unsupported(f"{file.name} has an L1 table of {self.l1_size} entries")
        if self.l1_size < ceil(self.size, self.cluster * self.per_table):
            corrupt(f"{file.name} has an L1 table that is too short")
        if self.l1_offset % self.cluster:
            corrupt(f"{file.name} has an L1 table at {self.l1_offset:#x}")
        self.tables: set[int] = set()
        """Clusters of the file in which header, tables and refcount blocks are (D20)."""
        self.counts = Refcounts(file, self.cluster, self.count_bits, [])
        self.begun = False
        self.twice: set[int] | None = None

    def follow_pointers(self, changed: Mapping[int, bytes]) -> None:
        """Look where the tables are, after fields of the header were written."""
        for at, data in changed.items():
            if at < FIXED.size:
                self._fixed[at : at + len(data)] = data
        fields = FIXED.unpack(self._fixed)
        self.l1_size, self.l1_offset, self.counts_offset, self.counts_clusters = fields[7:11]
        self.snapshot_count, self.snapshots_offset = fields[11:]

    def _read_backing(self, at: int, name_at: int, name_length: int) -> None:
        """Read the header extensions, and the name of the backing file."""
        if name_at and name_length > MOST_NAME:
            corrupt("the name of the backing file is too long")
        if name_at and name_at + name_length > self.cluster:
            corrupt(f"the name of the backing file is at {name_at:#x}")
        end = name_at or self.cluster
        area = self.file.read(0, self.cluster)
        self.backing = text(area[name_at : name_at + name_length] if name_at else b"", "a name")
        self.backing_format: bytes | None = None
        while at + EXTENSION.size <= end:
            kind, length = EXTENSION.unpack_from(area, at)
            if not kind:
                break
            at += EXTENSION.size
            if at + length > end:
                corrupt(f"header extension {kind:#x} has {length} bytes")
            if kind == BACKING_FORMAT:
                self.backing_format = area[at : at + length]
            at += ceil(length, 8) * 8

    # Opened to be written to

    def begin_writing(self) -> None:
        """Check where all tables are (D20), then clear the autoclear bits (D6)."""
        size = self.file.size
        self._claim(size, 0, 1)
        if self.l1_size:
            self._claim(size, self.l1_offset, self.l1_size * ENTRY)
        length = self.counts_clusters * self.cluster
        if not length:
            corrupt("there is no refcount table")
        if length > MOST_COUNTS:
            unsupported(f"the refcount table has {length} bytes")
        self._claim(size, self.counts_offset, length)
        self.counts.table = words(self.file.read(self.counts_offset, length))
        rows = self.snapshots()
        if rows:  # the last one need not be filled up
            end = self.snapshots_offset + sum(len(row.data) for row in rows)
            self._claim(size, self.snapshots_offset, min(end, size) - self.snapshots_offset)
        for block in filter(None, self.counts.table):
            self._claim(size, block, self.cluster)
        for table in filter(None, self.l1_table()):
            self._claim(size, self.table_at(table), self.cluster)
        if self.autoclear:
            self.file.write(AUTOCLEAR_AT, bytes(8))
            self.file.flush()

    def _claim(self, size: int, offset: int, length: int) -> None:
        """Note the clusters of a table. Raise Refused unless they are its own."""
        if offset % self.cluster or offset + length > size:
            corrupt(f"a table at {offset:#x} is not aligned, or not in the file")
        clusters = self.clusters_of(offset, length)
        if not self.tables.isdisjoint(clusters):
            corrupt(f"a table at {offset:#x} overlaps another")
        self.tables.update(clusters)

    def before_change(self) -> None:
        """Raise Refused if a table is said to be free (D20)."""
        if not self.begun and not all(map(self.counts.get, self.tables)):
            corrupt("a table has a refcount of 0")
        self.begun = True

    # Tables

    def clusters_of(self, offset: int, length: int) -> range:
        """Return the clusters of a piece of the file."""
        return range(offset // self.cluster, ceil(offset + length, self.cluster))

    def l1_table(self, row: Row | None = None) -> list[int]:
        """Return the L1 table of the disk, or of a snapshot."""
        at, size = (row.l1_offset, row.l1_size) if row else (self.l1_offset, self.l1_size)
        return words(self.file.read(at, size * ENTRY))

    def table_at(self, entry: int) -> int:
        """Return where the L2 table is that an entry of L1 leads to; 0 if there is none (D7)."""
        offset = entry & OFFSET
        if offset % self.cluster or (entry and not offset):
            corrupt(f"an entry of L1 is {entry:#x}")
        return offset

    def entries(self, first: int, number: int) -> list[int]:
        """Return the entries of L2 for clusters of the disk; 0 where there is no table (D7)."""
        found: list[int] = []
        while len(found) < number:
            index, place = divmod(first + len(found), self.per_table)
            some = min(number - len(found), self.per_table - place)
            table = self.table_at(self.l1_entry(index))
            if table:
                entries = words(self.file.read(table + place * ENTRY, some * ENTRY))
                for entry in entries:
                    self.check_entry(entry)
                found += entries
            else:
                found += [0] * some
        return found

    def l1_entry(self, index: int) -> int:
        """Return an entry of the L1 table."""
        return int.from_bytes(self.file.read(self.l1_offset + index * ENTRY, ENTRY), "big")

    def check_entry(self, entry: int) -> None:
        """Raise Refused if an entry of L2 cannot be right."""
        if entry & COMPRESSED:
            return
        if (entry & ZERO and self.version == 2) or (entry & OFFSET) % self.cluster:
            corrupt(f"an entry of L2 is {entry:#x}")

    def compressed(self, entry: int) -> tuple[int, int]:
        """Return offset and length of compressed data, up to the end of its last sector (D7)."""
        shift = 62 - (self.bits - 8)
        offset = entry & (1 << shift) - 1
        sectors = (entry & COMPRESSED - 1) >> shift
        return offset, (sectors + 1) * SECTOR - offset % SECTOR

    def used_by(self, entry: int) -> range:
        """Return the clusters of the file that an entry of L2 refers to (D9)."""
        if entry & COMPRESSED:
            return self.clusters_of(*self.compressed(entry))
        return self.clusters_of(entry & OFFSET, self.cluster if entry & OFFSET else 0)

    # Reading

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk (D7, D12); what lies in a row in a file is read at once."""
        out = bytearray()
        first, end = offset >> self.bits, offset + length
        mapped = enumerate(self.entries(first, ceil(end, self.cluster) - first), first)
        for (kind, where), group in groupby(mapped, lambda each: self._source(*each)):
            numbers = [number for number, _ in group]
            start = max(offset, numbers[0] * self.cluster)
            size = min(end, (numbers[-1] + 1) * self.cluster) - start
            if kind == "data":
                out += self.file.read(start + where, size)
            elif kind == "zeros":
                out += bytes(size)
            elif kind == "below":
                out += self._read_below(start, size)
            else:
                begin = start % self.cluster
                out += self._inflate(where)[begin : begin + size]
        return bytes(out)

    def _source(self, number: int, entry: int) -> tuple[str, int]:
        """Return where a cluster of the disk is: of what kind, and how far off in the file."""
        if entry & COMPRESSED:
            return f"compressed {number}", entry
        if entry & ZERO:
            return "zeros", 0
        if entry & OFFSET:
            return "data", (entry & OFFSET) - number * self.cluster
        return "below", 0

    def _read_below(self, offset: int, length: int) -> bytes:
        there = max(0, min(length, self.below.size - offset)) if self.below else 0
        data = self.below.read(offset, there) if self.below and there else b""
        return data.ljust(length, b"\0")

    def _inflate(self, entry: int) -> bytes:
        try:
            data = zlib.decompressobj(-12).decompress(
                self.file.read(*self.compressed(entry)), self.cluster
            )
        except zlib.error:
            data = b""
        if len(data) != self.cluster:
            corrupt("a compressed cluster cannot be read")
        return data

    # Writing

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of the disk (D9, D10, D13)."""
        if not data:
            return
        self.before_change()
        change = Change(self)
        pieces = self._pieces(offset, data)
        for index, group in groupby(pieces, lambda piece: piece.number // self.per_table):
            leading = self.l1_entry(index)
            updates: dict[int, int] = {}
            for piece in group:
                if piece.own:
                    change.new[(piece.entry & OFFSET) + piece.start] = piece.data
                else:
                    at = change.allocate()
                    change.new[at] = piece.data
                    change.lost.update(self.used_by(piece.entry))
                    updates[piece.number % self.per_table] = at | COPIED
            if updates:
                self._lead_to(change, index, leading, updates)
        change.commit()
        self._mark_twins(pieces)

    def _pieces(self, offset: int, data: bytes) -> list[Piece]:
        """Cut a write into clusters; what is not one's own is completed to a whole one."""
        first = offset >> self.bits
        end = ceil(offset + len(data), self.cluster)
        found = []
        entries = self.entries(first, end - first)
        shared = {
            index: not self.l1_entry(index) & COPIED
            for index in range(first // self.per_table, ceil(end, self.per_table))
        }
        for number, entry in enumerate(entries, first):
            if not self.tables.isdisjoint(self.used_by(entry)):
                corrupt(f"cluster {number} of the disk leads to a table")
            begin = number * self.cluster - offset
            piece = data[max(0, begin) : begin + self.cluster]
            start = max(0, -begin)
            standard = bool(entry & OFFSET) and not entry & (COMPRESSED | ZERO)
            # Where a table is shared, so is what it leads to.
            own = standard and bool(entry & COPIED) and not shared[number // self.per_table]
            if not own and len(piece) < self.cluster:
                whole = bytearray(self.read(number * self.cluster, self.cluster))
                whole[start : start + len(piece)] = piece
                piece, start = bytes(whole), 0
            found.append(Piece(number, entry, own, start, piece))
        return found

    def _lead_to(self, change: Change, index: int, leading: int, updates: dict[int, int]) -> None:
        """Have entries of an L2 table lead to new clusters; a table not one's own is copied."""
        table = self.table_at(leading)
        if table and leading & COPIED:
            for place, entry in updates.items():
                change.pointers[table + place * ENTRY] = packed([entry])
            return
        entries = [0] * self.per_table
        if table:
            entries = words(self.file.read(table, self.cluster))
            change.lost[table // self.cluster] += 1
        for place, entry in updates.items():
            entries[place] = entry
        at = change.allocate(table=True)
        change.new[at] = packed(entries)
        change.pointers[self.l1_offset + index * ENTRY] = packed([at | COPIED])

    def cover(self, clusters: int) -> int:
        """Give more of the file refcounts; return the first of so many free clusters (D11).

        In a part of the file that has no refcounts yet come first its blocks, then, if that has
        no room for them, a new refcount table, then the free clusters.
        """
        counts = self.counts
        grown = blocks = index = 0
        while True:
            blocks = ceil(clusters + grown, counts.per_block - 1)
            index = counts.gap(blocks)
            if index + blocks <= max(len(counts.table), grown * self.per_table):
                break
            grown = ceil(max(2 * len(counts.table), index + blocks), self.per_table)
        first = index * counts.per_block
        if (first + blocks * counts.per_block) * self.cluster > LAST_OFFSET:
            unsupported("the file would become too long")
        if grown * self.cluster > MOST_COUNTS:
            unsupported("the refcount table would become too long")
        table = list(counts.table)
        table += [0] * (index + blocks - len(table))
        table[index : index + blocks] = [(first + n) * self.cluster for n in range(blocks)]
        self.file.write(first * self.cluster, counts.fresh_blocks(blocks, blocks + grown))
        taken = range(first, first + blocks + grown)
        if grown:
            self._move_counts(table, (first + blocks) * self.cluster, grown, taken)
        else:
            for n in range(index, index + blocks):  # each counts those that come after it
                self.file.flush()
                self.file.write(self.counts_offset + n * ENTRY, packed([table[n]]))
            counts.table = table
            self.tables.update(taken)
        return first + blocks + grown

    def _move_counts(self, table: list[int], at: int, clusters: int, taken: range) -> None:
        """Write the refcount table to another place, and free the old one."""
        old = self.clusters_of(self.counts_offset, self.counts_clusters * self.cluster)
        table += [0] * (clusters * self.per_table - len(table))
        self.file.write(at, packed(table))
        self.file.flush()
        place = {COUNTS_AT: COUNTS_FIELDS.pack(at, clusters)}
        write_all(self.file, place)
        self.follow_pointers(place)
        self.counts.table = table
        self.tables.update(taken)
        self.file.flush()
        self.counts.add(dict.fromkeys(old, -1))
        self.tables.difference_update(old)

    # Bit 63

    def references(self, l1: list[int], change: Change) -> Counter[int]:
        """Count the ways from an L1 table to each cluster; plan to take bit 63 from its tables."""
        found: Counter[int] = Counter()
        tables = Counter(filter(None, map(self.table_at, l1)))
        for table, ways in tables.items():
            found[table // self.cluster] += ways
            entries = words(self.file.read(table, self.cluster))
            for entry in filter(None, entries):
                self.check_entry(entry)
                for cluster in self.used_by(entry):
                    found[cluster] += ways
            if any(entry & COPIED for entry in entries):
                change.unmarked[table] = packed(entry & ~COPIED for entry in entries)
        return found

    def mark(self) -> None:
        """Set bit 63 in the active tables where a refcount is 1 (D10)."""
        self.file.flush()
        l1 = self.l1_table()
        changed: dict[int, bytes] = {}
        for table in filter(None, map(self.table_at, l1)):
            self._mark(words(self.file.read(table, self.cluster)), table, changed)
        self._mark(l1, self.l1_offset, changed)
        write_all(self.file, changed)

    def _mark(self, entries: list[int], at: int, changed: dict[int, bytes]) -> None:
        for place, entry in enumerate(entries):
            cluster = (entry & OFFSET) // self.cluster
            unmarked = cluster and not entry & (COMPRESSED | COPIED)
            if unmarked and self.counts.get(cluster) == 1:
                changed[at + place * ENTRY] = packed([entry | COPIED])

    def _mark_twins(self, pieces: list[Piece]) -> None:
        """Set bit 63 where the disk led to a cluster twice, and now does so once (D10)."""
        left = {
            cluster
            for piece in pieces
            if not piece.own and not piece.entry & COMPRESSED
            for cluster in self.used_by(piece.entry)
            if self.counts.get(cluster) == 1
        }
        if not left:
            return
        if self.twice is None or left & self.twice:
            self.twice = self._find_twins()
            self.mark()

    def _find_twins(self) -> set[int]:
        """Return the clusters that more than one entry of the disk leads to."""
        ways: Counter[int] = Counter()
        for table in filter(None, map(self.table_at, self.l1_table())):
            for entry in words(self.file.read(table, self.cluster)):
                if not entry & COMPRESSED:
                    ways.update(self.used_by(entry))
        return {cluster for cluster, number in ways.items() if number > 1}

    # Snapshots

    def snapshots(self) -> list[Row]:
        """Return the snapshot table (D18)."""
        if self.snapshot_count > MOST_SNAPSHOTS:
            unsupported(f"there are {self.snapshot_count} snapshots")
        size = self.file.size
        data, at = bytearray(), 0
        rows: list[Row] = []

        def piece(begin: int, length: int) -> bytes:
            while len(data) < begin + length:
                if self.snapshots_offset + len(data) >= size or len(data) > MOST_ROWS:
                    corrupt("the snapshot table is not in the file, or too long")
                data.extend(self.file.read(self.snapshots_offset + len(data), 1 << 16))
            return bytes(data[begin : begin + length])

        for _ in range(self.snapshot_count):
            lengths = ROW.unpack(piece(at, ROW.size))
            length = ROW.size + lengths[8] + lengths[2] + lengths[3]
            if lengths[8] > MOST_EXTRA:
                unsupported(f"a snapshot has {lengths[8]} bytes of extra data")
            rows.append(self._row(piece(at, length)))
            self._check_l1(rows[-1], size)
            at += len(rows[-1].data)
            if self.snapshots_offset + at > ceil(size, 8) * 8:
                corrupt("the snapshot table is not in the file")
        return rows

    def _row(self, data: bytes) -> Row:
        """Read an entry of the snapshot table."""
        at, size, id_length, _, *_, extra = ROW.unpack_from(data)
        disk = EXTRA.unpack_from(data, ROW.size)[1] if extra >= EXTRA.size else self.size
        id_at = ROW.size + extra
        id = text(data[id_at : id_at + id_length], "a snapshot's id")
        name = text(data[id_at + id_length :], "a snapshot's name")
        if max(len(id), len(name)) > MOST_TEXT:
            unsupported("a snapshot's id or name is too long")
        return Row(id, name, disk, size, at, data + bytes(-len(data) % 8))

    def _check_l1(self, row: Row, size: int) -> None:
        """Raise Refused unless the L1 table of a snapshot can be where the row says."""
        if row.l1_size * ENTRY > MOST_L1:
            unsupported(f"a snapshot has an L1 table of {row.l1_size} entries")
        if row.l1_offset % self.cluster or row.l1_offset + row.l1_size * ENTRY > size:
            corrupt(f"a snapshot has an L1 table at {row.l1_offset:#x}")

    def find(self, name: str) -> Row:
        """Return a snapshot. Raise Refused if there is none."""
        for row in self.snapshots():
            if row.name == name:
                return row
        raise Refused(Reason.MISSING, f"there is no snapshot {name!r}"[:MOST_TEXT])

    def _write_l1(self, change: Change, l1: list[int]) -> int:
        """Write an L1 table without bit 63; return where."""
        data = packed(entry & ~COPIED for entry in l1)
        at = change.allocate(ceil(len(data), self.cluster), table=True)
        change.new[at] = data
        return at

    def _write_rows(self, change: Change, rows: list[Row]) -> None:
        """Write another snapshot table in place of the old one."""
        old = sum(len(row.data) for row in self.snapshots())
        change.lost.update(self.clusters_of(self.snapshots_offset, old) if old else ())
        data = b"".join(row.data for row in rows)
        at = change.allocate(ceil(len(data), self.cluster), table=True) if rows else 0
        if rows:
            change.new[at] = data
        change.pointers[SNAPSHOTS_AT] = SNAPSHOT_FIELDS.pack(len(rows), at)

    def take(self, name: str) -> None:
        """Keep the disk as it is (D18)."""
        rows = self.snapshots()
        if any(row.name == name for row in rows):
            raise Refused(Reason.EXISTS, f"there is a snapshot {name!r}"[:MOST_TEXT])
        if len(rows) == MOST_SNAPSHOTS:
            unsupported("there are too many snapshots")
        self.before_change()
        change = Change(self)
        l1 = self.l1_table() or [0]
        change.gained = self.references(l1, change)
        if any(entry & COPIED for entry in l1):
            change.unmarked[self.l1_offset] = packed(entry & ~COPIED for entry in l1)
        change.check()
        at = self._write_l1(change, l1)
        id = next(str(n) for n in count(1) if str(n) not in {row.id for row in rows}).encode()
        called = name.encode()
        data = ROW.pack(at, len(l1), len(id), len(called), 0, 0, 0, 0, EXTRA.size)
        data += EXTRA.pack(0, self.size) + id + called
        self._write_rows(change, [*rows, self._row(data)])
        change.commit()
        self.file.flush()

    def apply(self, name: str) -> None:
        """Make the disk what it was (D18)."""
        row = self.find(name)
        if ceil(row.size, SECTOR) * SECTOR != self.size:
            unsupported("the disk had another size")
        self.before_change()
        change = Change(self)
        l1 = self.l1_table(row)
        l1 += [0] * (max(1, ceil(self.size, self.cluster * self.per_table)) - len(l1))
        change.lost = self.references(self.l1_table(), Change(self))
        change.lost.update(self.clusters_of(self.l1_offset, self.l1_size * ENTRY))
        change.gained = self.references(l1, change)
        change.tables = {self.table_at(entry) // self.cluster for entry in l1 if entry}
        change.check()
        at = self._write_l1(change, l1)
        change.pointers[L1_AT] = L1_FIELDS.pack(len(l1), at)
        change.commit()
        self.twice = None
        self.file.flush()

    def delete(self, name: str) -> None:
        """Forget a snapshot (D18)."""
        row, rows = self.find(name), self.snapshots()
        rows.remove(row)
        self.before_change()
        change = Change(self)
        change.lost = self.references(self.l1_table(row), Change(self))
        change.lost.update(self.clusters_of(row.l1_offset, row.l1_size * ENTRY))
        change.check()
        self._write_rows(change, rows)
        change.commit()
        self.mark()
        self.file.flush()


@dataclass(frozen=True)
class Piece:
    """What a write changes in one cluster of the disk."""

    number: int
    entry: int
    own: bool
    start: int
    data: bytes


# --- A new image ---


def make_image(file: File, new: NewImage) -> None:
    """Write an empty image: header, refcount table, its blocks, L1 table (D8)."""
    if new.version not in (2, 3) or not 9 <= new.cluster_bits <= 21 or new.refcount_order > 6:
        unsupported("no such version, size of clusters or of refcounts")
    if new.version == 2 and new.refcount_order != 4:
        unsupported("version 2 has refcounts of 16 bits")
    cluster = 1 << new.cluster_bits
    l1_size = max(1, ceil(new.size, cluster * cluster // ENTRY))
    if l1_size * ENTRY > MOST_L1:
        unsupported("the disk is too large for clusters of this size")
    counts = Refcounts(file, cluster, 1 << new.refcount_order, [])
    l1_clusters = ceil(l1_size * ENTRY, cluster)
    blocks = tables = 1
    while True:
        used = 1 + tables + blocks + l1_clusters
        if blocks * counts.per_block >= used and tables * cluster >= blocks * ENTRY:
            break
        blocks = ceil(used, counts.per_block)
        tables = ceil(blocks * ENTRY, cluster)
    l1_offset = (1 + tables + blocks) * cluster
    head = header(new, (l1_size, l1_offset, cluster, tables, 0, 0))
    if len(head) > cluster:
        unsupported("the name of the backing file does not fit into a cluster")
    file.resize(used * cluster)
    file.write(cluster, packed((1 + tables + n) * cluster for n in range(blocks)))
    file.write((1 + tables) * cluster, counts.fresh_blocks(blocks, used))
    file.flush()
    file.write(0, head)


def header(new: NewImage, pointers: tuple[int, ...]) -> bytes:
    """Return the first bytes of a new image, up to the name of its backing file."""
    rest, name = b"", b""
    if new.version == 3:
        rest += FEATURES.pack(0, 0, 0, new.refcount_order, FIXED.size + FEATURES.size)
    if new.backing is not None:
        name, kind = new.backing.encode(), new.backing_format.value.encode()
        if len(name) > MOST_NAME:
            unsupported("the name of the backing file is too long")
        rest += EXTENSION.pack(BACKING_FORMAT, len(kind)) + kind + bytes(-len(kind) % 8)
    rest += EXTENSION.pack(0, 0)
    place = (FIXED.size + len(rest), len(name)) if name else (0, 0)
    fixed = FIXED.pack(MAGIC, new.version, *place, new.cluster_bits, new.size, 0, *pointers)
    return fixed + rest + name


def backing_format(image: Qcow2) -> Format:
    """Return the format of the backing file. Raise Refused if the image does not say it (D14)."""
    if image.backing_format is None:
        raise Refused(Reason.UNSAFE, "the image does not say which format its backing file has")
    for each in Format:
        if each.value.encode() == image.backing_format:
            return each
    unsupported(f"a backing file of format {image.backing_format[:40]!r}")
