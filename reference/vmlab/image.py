"""What a VMM and its `disk` part tell each other about disk images, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from .block import DiskError
from .ranges import U16, U32, U64, Length

Name = Annotated[str, Length(1 << 10, least=1)]
"""A file of the store, or a snapshot."""
Text = Annotated[str, Length(1 << 10)]
Data = Annotated[bytes, Length(1 << 20)]
"""What one call moves, at most."""
MOST = 1 << 20
"""Bytes that one call moves at most."""


class Format(Enum):
    """How a disk lies in a file."""

    RAW = "raw"
    """Byte n of the disk is byte n of the file."""
    QCOW2 = "qcow2"
    """As QEMU's docs/interop/qcow2 has it."""


class Reason(Enum):
    """Why something is refused."""

    BOUNDS = "bounds"
    """It leads out of the disk."""
    READ_ONLY = "read-only"
    """The disk was opened only to be read."""
    LOCKED = "locked"
    """Someone else has the file open."""
    MISSING = "missing"
    """There is no such file, or no such snapshot."""
    EXISTS = "exists"
    """There is such a file, or snapshot, already."""
    CORRUPT = "corrupt"
    """The image breaks a rule of its format."""
    UNSUPPORTED = "unsupported"
    """The image keeps the rules, but needs something that is not there."""
    UNSAFE = "unsafe"
    """The chain of backing files leads where it must not."""
    FAILED = "failed"
    """The store could not do it: an I/O error, or no space."""


class Refused(DiskError):
    """A disk, or the store, does not do what it was asked for, and nothing has come of it."""

    def __init__(self, reason: Reason, message: Text) -> None:
        super().__init__(f"{reason.value}: {message}")
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class NewImage:
    """What a new image is to be like."""

    format: Format
    size: U64
    """Of the disk, in bytes."""
    version: U32 = 3
    """This and all below for qcow2 only. 2 or 3."""
    cluster_bits: U32 = 16
    """9 to 21: a cluster has 1 << cluster_bits bytes."""
    refcount_order: U32 = 4
    """0 to 6: a refcount has 1 << refcount_order bits. In version 2 always 4."""
    backing: Name | None = None
    """The name of the file below, relative to the folder of the new one."""
    backing_format: Format = Format.RAW


@dataclass(frozen=True)
class Snapshot:
    """A snapshot inside an image."""

    id: Text
    """Unique among those of the image."""
    name: Text
    size: U64
    """Of the disk when it was taken, in bytes."""


@dataclass
class Queue:
    """A split virtqueue (virtio 1.2, 2.7) as driver and device have agreed on it, and how far the
    device has come. Addresses are physical; the driver chooses them, and need not be honest."""

    size: U16
    """The number of descriptors: a power of 2, 1 to 32768."""
    descriptors: U64
    """Address of the descriptor table, a multiple of 16."""
    driver: U64
    """Address of the available ring, a multiple of 2."""
    device: U64
    """Address of the used ring, a multiple of 4."""
    indirect: bool = False
    """Whether VIRTIO_F_INDIRECT_DESC was negotiated."""
    write_back: bool = True
    """Whether VIRTIO_BLK_F_FLUSH was negotiated: then a write may wait for a flush."""
    taken: U16 = 0
    """How many chains the device has taken from the available ring, modulo 2^16."""
    used: U16 = 0
    """How many chains it has put into the used ring, modulo 2^16."""
    broken: bool = False
    """The driver broke a rule; the transport sets DEVICE_NEEDS_RESET, and serves it no more."""
