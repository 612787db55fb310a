"""A strict check of a whole qcow2 image, as `qemu-img check` does it, and a bit stricter.

It stands in for `qemu-img` where that is not installed.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from ..block import SECTOR
from .layout import (
    COMPRESSED,
    COPIED,
    OFFSET,
    RESERVED_L1,
    RESERVED_L2,
    ZERO,
    BadImage,
    Header,
    Readable,
    SnapshotRow,
    read_header,
    read_snapshots,
    words,
)

MOST_CLUSTERS, MOST_PROBLEMS = 1 << 22, 10_000
"""Where looking ends: an image can be made to keep one busy for ever, and to fill all memory."""
SHARED = ("L2 table", "data", "compressed")
"""Kinds of clusters to which several entries may lead."""


class Weight(Enum):
    """How bad a problem is."""

    ERROR = "error"
    """The image is corrupt: data is wrong, or will be."""
    UNMARKED = "not marked"
    """Bit 63 is missing where the refcount is one: costs a copy, harms nothing."""
    LEAK = "leak"
    """A cluster that nothing uses is not free."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as the format has it."""

    weight: Weight
    text: str


class Survey:
    """All that a walk of an image finds. Raises BadImage if there is no way to walk it."""

    def __init__(self, file: Readable) -> None:
        self.file = file
        self.header: Header = read_header(file)
        self.problems: list[Problem] = []
        self.uses: Counter[int] = Counter()
        """How often each cluster of the file is referred to, by every path."""
        self.kinds: dict[int, str] = {}
        """What each cluster holds: "header", "L1 table", "data" and so on."""
        self.blocks = self._read_blocks()
        self.counts = dict(islice(self._counted(), MOST_CLUSTERS + 1))
        """By cluster of the file: what the image says how often it is referred to, if at all."""
        if len(self.counts) > MOST_CLUSTERS:
            raise BadImage(f"it counts more than {MOST_CLUSTERS:,} clusters")
        self.snapshots: list[SnapshotRow] = []
        self._walk()
        self._compare()

    @property
    def clusters(self) -> int:
        """Clusters that the file has, the last maybe in part."""
        return -(-self.file.size // self.header.cluster)

    def refcount(self, cluster: int) -> int:
        """Return what the image says how often a cluster is referred to."""
        return self.counts.get(cluster, 0)

    def _counted(self) -> Iterator[tuple[int, int]]:
        """Yield each cluster that has a refcount, with it."""
        for index, block in enumerate(self.blocks):
            if block:
                data = self.file.read(block, self.header.cluster).ljust(self.header.cluster, b"\0")
                for place, count in _refcounts(data, 1 << self.header.refcount_order):
                    yield index * self.header.per_block + place, count

    def mapping(self, offset: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield (cluster of the disk, entry) for all L2 entries but 0 of an L1 table."""
        for index, entry in enumerate(words(self.file, offset, size)):
            if table := entry & OFFSET:
                for place, mapped in enumerate(words(self.file, table, self.header.per_table)):
                    if mapped:
                        yield index * self.header.per_table + place, mapped

    def worst(self, *allowed: Weight) -> str:
        """Return the problems as text, but for those of allowed weights; empty if there is none."""
        rest = [problem for problem in self.problems if problem.weight not in allowed]
        more = f", and {len(rest) - 3} more" if len(rest) > 3 else ""
        return "; ".join(f"{each.weight.value}: {each.text}" for each in rest[:3]) + more

    def _error(self, text: str, weight: Weight = Weight.ERROR) -> None:
        self.problems.append(Problem(weight, text))
        if len(self.problems) > MOST_PROBLEMS:
            raise BadImage(f"it has more than {MOST_PROBLEMS:,} problems, the last: {text}")

    def _read_blocks(self) -> list[int]:
        header = self.header
        blocks = words(self.file, header.table_offset, header.table_clusters * header.per_table)
        for index, block in enumerate(blocks):
            if block and (block % header.cluster or block >= self.file.size):
                self._error(f"entry {index} of the refcount table is {block:#x}")
                blocks[index] = 0
        return blocks

    def _use(self, offset: int, length: int, kind: str) -> None:
        bits = self.header.cluster_bits
        for cluster in range(offset >> bits, (offset + length - 1 >> bits) + 1):
            if cluster not in self.uses:
                if len(self.uses) > MOST_CLUSTERS:
                    raise BadImage(f"it uses more than {MOST_CLUSTERS:,} clusters")
                self.kinds[cluster] = kind
            elif (old := self.kinds[cluster]) != kind or kind not in SHARED:
                self._error(f"{kind} at {offset:#x} overlaps: {old}")
            self.uses[cluster] = self.uses.get(cluster, 0) + 1

    def _walk(self) -> None:
        header, file = self.header, self.file
        if header.size > header.l1_size * header.per_table * header.cluster:
            self._error("the L1 table is too short for the disk")
        if header.version == 3 and header.incompatible:
            self._error(f"incompatible features {header.incompatible:#x} are set")
        self._use(0, 1, "header")
        self._use(header.table_offset, header.table_clusters * header.cluster, "refcount table")
        for block in self.blocks:
            if block:
                self._use(block, header.cluster, "refcount block")
        self.snapshots, length = read_snapshots(file, header)
        if header.snapshots:
            if header.snapshots_offset % header.cluster:
                self._error("the snapshot table is not aligned")
            self._use(header.snapshots_offset, length, "snapshot table")
        if len({row.id for row in self.snapshots}) < len(self.snapshots):
            self._error("two snapshots have the same id")
        self._walk_l1(header.l1_offset, header.l1_size, "L1 table", active=True)
        for row in self.snapshots:
            if header.version == 3 and row.size < 0:
                self._error(f"snapshot {row.name!r} lacks the extra data of version 3")
            self._walk_l1(row.l1_offset, row.l1_size, "L1 table of a snapshot", active=False)

    def _walk_l1(self, offset: int, size: int, kind: str, active: bool) -> None:
        header = self.header
        if offset % header.cluster:
            self._error(f"{kind} at {offset:#x} is not aligned")
            return
        if size:
            self._use(offset, size * 8, kind)
        for index, entry in enumerate(words(self.file, offset, size)):
            table = entry & OFFSET
            if entry & RESERVED_L1 or table % header.cluster or (entry and not table):
                self._error(f"entry {index} of the {kind} is {entry:#x}")
            elif table + header.cluster > self.file.size:
                self._error(f"entry {index} of the {kind} leads out of the file, to {table:#x}")
            elif table:
                self._use(table, header.cluster, "L2 table")
                self._mark(entry, table, f"entry {index} of the {kind}", active)
                self._walk_l2(index, table, active)

    def _walk_l2(self, index: int, table: int, active: bool) -> None:
        header, size = self.header, self.file.size
        cluster = header.cluster
        for place, entry in enumerate(words(self.file, table, header.per_table)):
            if not entry:
                continue
            where = f"the entry of cluster {index * header.per_table + place} of the disk"
            if entry & COMPRESSED:
                at, length = header.compressed(entry)
                if entry & COPIED or at >= size:
                    self._error(f"{where} is {entry:#x}")
                else:
                    self._use(at, length, "compressed")
                continue
            offset = entry & OFFSET
            zero_in_v2 = entry & ZERO and header.version == 2
            if entry & RESERVED_L2 or offset % cluster or zero_in_v2:
                self._error(f"{where} is {entry:#x}")
            elif offset:
                if offset >= size and not entry & ZERO:
                    self._error(f"{where} leads out of the file, to {offset:#x}")
                self._use(offset, cluster, "data")
                self._mark(entry, offset, where, active)
            elif entry & COPIED:
                self._error(f"{where} has bit 63 and no cluster")

    def _mark(self, entry: int, offset: int, where: str, active: bool) -> None:
        if not active:
            return
        count = self.refcount(offset >> self.header.cluster_bits)
        if bool(entry & COPIED) != (count == 1):
            weight = Weight.ERROR if entry & COPIED else Weight.UNMARKED
            has = "has" if entry & COPIED else "lacks"
            self._error(f"{where} {has} bit 63, but the refcount is {count}", weight)

    def _compare(self) -> None:
        for cluster in sorted(self.counts.keys() | self.uses.keys()):
            count, uses = self.refcount(cluster), self.uses[cluster]
            if count != uses:
                kind = self.kinds.get(cluster, "nothing")
                weight = Weight.LEAK if count > uses else Weight.ERROR
                text = f"cluster {cluster:#x} ({kind}): refcount {count}, {uses} references"
                self._error(text, weight)


def _refcounts(block: bytes, bits: int) -> Iterator[tuple[int, int]]:
    """Yield place and value of each refcount in a block that is not 0."""
    for start in range(0, len(block), SECTOR):
        piece = block[start : start + SECTOR]
        if piece == bytes(SECTOR):  # as most of a large block is
            continue
        for place, count in enumerate(_unpacked(piece, bits), start * 8 // bits):
            if count:
                yield place, count


def _unpacked(piece: bytes, bits: int) -> Iterable[int]:
    if bits >= 8:
        return struct.unpack(f">{len(piece) * 8 // bits}{'BHIQ'[bits.bit_length() - 4]}", piece)
    mask = (1 << bits) - 1
    # Within a byte, from the least significant bits on.
    return (byte >> shift & mask for byte in piece for shift in range(0, 8, bits))


__all__ = ["BadImage", "Problem", "Survey", "Weight"]
