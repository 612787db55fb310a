"""The structures of a qcow2 image as they stand in the file (QEMU, docs/interop/qcow2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import Protocol

MAGIC = 0x514649FB
FIXED = struct.Struct(">IIQIIQIIQQIIQ")
FEATURES = struct.Struct(">QQQII")
SNAPSHOT = struct.Struct(">QIHHIIQII")
BACKING_FORMAT = 0xE2792ACA
DIRTY, CORRUPT = 1, 2
COPIED, COMPRESSED, ZERO = 1 << 63, 1 << 62, 1
OFFSET = 0x00FF_FFFF_FFFF_FE00
RESERVED_L1 = ~(COPIED | OFFSET)
RESERVED_L2 = ~(COPIED | COMPRESSED | OFFSET | ZERO)
LARGEST_TABLE = 32 << 20
"""Bytes of a table that is still looked at."""


class BadImage(Exception):
    """The file cannot be looked at as a qcow2 image; the message is one sentence."""


class Readable(Protocol):
    """The bytes of a file."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes, as many of them as there are."""
        ...


@dataclass(frozen=True)
class Header:
    """What the first cluster says."""

    version: int
    backing_offset: int
    backing_length: int
    cluster_bits: int
    size: int
    encryption: int
    l1_size: int
    l1_offset: int
    table_offset: int
    table_clusters: int
    snapshots: int
    snapshots_offset: int
    incompatible: int = 0
    compatible: int = 0
    autoclear: int = 0
    refcount_order: int = 4
    header_length: int = FIXED.size
    backing: str = ""
    extensions: dict[int, bytes] = field(default_factory=dict)

    @property
    def cluster(self) -> int:
        """Bytes in a cluster."""
        return 1 << self.cluster_bits

    @property
    def per_table(self) -> int:
        """Entries in an L2 table."""
        return self.cluster // 8

    @property
    def per_block(self) -> int:
        """Refcounts in a block."""
        return self.cluster * 8 >> self.refcount_order

    @property
    def backing_format(self) -> str:
        """The format of the backing file; empty if the image does not say."""
        return self.extensions.get(BACKING_FORMAT, b"").decode("ascii", "replace")

    def compressed(self, entry: int) -> tuple[int, int]:
        """Return offset and length of the sectors that hold a compressed cluster."""
        shift = 62 - (self.cluster_bits - 8)
        start = entry & (1 << shift) - 1
        return start & ~511, ((entry & (1 << 62) - 1) >> shift) * 512 + 512


@dataclass(frozen=True)
class SnapshotRow:
    """An entry of the snapshot table."""

    l1_offset: int
    l1_size: int
    id: str
    name: str
    state: int
    """Bytes of the VM's state."""
    size: int
    """Of the disk; -1 if it is not said."""


def words(file: Readable, offset: int, count: int) -> list[int]:
    """Return 8-byte numbers. Raise BadImage if the file ends before."""
    data = file.read(offset, count * 8)
    if len(data) < count * 8:
        raise BadImage(f"a table of {count} entries at {offset:#x} reaches behind the file's end")
    return list(struct.unpack(f">{count}Q", data))


def read_header(file: Readable) -> Header:
    """Read the first cluster. Raise BadImage if it cannot be one."""
    data = file.read(0, FIXED.size + FEATURES.size).ljust(FIXED.size + FEATURES.size, b"\0")
    magic, *fields = FIXED.unpack_from(data)
    if magic != MAGIC:
        raise BadImage("it does not begin with the magic number of qcow2")
    header = Header(*fields)
    if header.version not in (2, 3):
        raise BadImage(f"version {header.version} is unknown")
    if not 9 <= header.cluster_bits <= 21:
        raise BadImage(f"cluster_bits is {header.cluster_bits}, not 9 to 21")
    more = FEATURES.unpack_from(data, FIXED.size) if header.version == 3 else (0, 0, 0, 4, 72)
    header = Header(*fields, *more)
    if header.refcount_order > 6 or header.header_length % 8:
        raise BadImage("refcount_order or header_length is wrong")
    if header.header_length > header.cluster:
        raise BadImage("the header is longer than a cluster")
    if max(header.l1_size * 8, header.table_clusters * header.cluster) > LARGEST_TABLE:
        raise BadImage("a table is larger than 32 MiB")
    name = ""
    if header.backing_offset:
        if header.backing_length > 1023:
            raise BadImage("the name of the backing file has more than 1023 bytes")
        name = file.read(header.backing_offset, header.backing_length).decode("utf-8", "replace")
    return replace(header, backing=name, extensions=_extensions(file, header))


def _extensions(file: Readable, header: Header) -> dict[int, bytes]:
    area = file.read(0, min(header.backing_offset or header.cluster, header.cluster))
    found: dict[int, bytes] = {}
    at = header.header_length
    while at + 8 <= len(area):
        kind, length = struct.unpack_from(">II", area, at)
        if not kind:
            break
        if at + 8 + length > len(area):
            raise BadImage(f"header extension {kind:#x} is longer than the cluster")
        found[kind] = area[at + 8 : at + 8 + length]
        at += 8 + (length + 7) // 8 * 8
    return found


def read_snapshots(file: Readable, header: Header) -> tuple[list[SnapshotRow], int]:
    """Return the snapshot table, and its length in bytes. Raise BadImage."""
    rows = []
    at = header.snapshots_offset
    for _ in range(header.snapshots):
        fixed = file.read(at, SNAPSHOT.size)
        if len(fixed) < SNAPSHOT.size:
            raise BadImage("the snapshot table reaches behind the file's end")
        l1_offset, l1_size, of_id, of_name, _, _, _, state, of_extra = SNAPSHOT.unpack(fixed)
        if l1_size * 8 > LARGEST_TABLE or of_extra > 1024:
            raise BadImage(f"the snapshot at {at:#x} has tables that are too large")
        rest = file.read(at + SNAPSHOT.size, of_extra + of_id + of_name)
        size = -1
        if of_extra >= 16:
            state, size = struct.unpack_from(">QQ", rest.ljust(16, b"\0"))
        id_ = rest[of_extra : of_extra + of_id].decode("utf-8", "replace")
        name = rest[of_extra + of_id :].decode("utf-8", "replace")
        rows.append(SnapshotRow(l1_offset, l1_size, id_, name, state, size))
        at += (SNAPSHOT.size + len(rest) + 7) // 8 * 8
    return rows, at - header.snapshots_offset
