"""The `disk` part: disk images, and the block device that a guest sees of them."""

from __future__ import annotations

from typing import Protocol

from vmlab.image import Data, Format, Name, NewImage, Queue, Snapshot
from vmlab.link.interface import Callback, InOut, Shared
from vmlab.ranges import U32, U64


class Store(Callback, Protocol):
    """The folder in which images lie, as the host's file system has it.

    A file is named by its path in the folder, with "/" between folders: "base.img",
    "vm1/disk.qcow2". What has been written is read back at once; but if the host loses power, it
    may be lost, sector by sector, as long as `flush` has not been called for that file and
    returned. Every method but `size` may raise Refused with Reason.FAILED.
    """

    def size(self, name: Name) -> U64 | None:
        """Return the length of a file in bytes, or None if there is no such file."""
        ...

    def read(self, name: Name, offset: U64, length: U32) -> Data:
        """Return bytes: at most `length`, maybe fewer; none only at or behind the end of the file.

        `length` is at most 1 MiB.
        """
        ...

    def write(self, name: Name, offset: U64, data: Data) -> U32:
        """Write bytes; return how many of `data`: at least one, maybe not all.

        A file that is shorter than `offset` becomes longer; what lies between reads as zeros.
        """
        ...

    def flush(self, name: Name) -> None:
        """Return when all that was written to the file before is durable."""
        ...

    def resize(self, name: Name, size: U64) -> None:
        """Give a file a length, and create it if there is none. New bytes are zeros."""
        ...

    def lock(self, name: Name, exclusive: bool) -> bool:
        """Try to lock a file: for this disk alone, or together with others who do not write.

        Return whether that was possible. It never waits. Nothing else keeps two VMs apart.
        """
        ...

    def unlock(self, name: Name) -> None:
        """Give back one lock."""
        ...


class Part(Protocol):
    """The functions of `disk.py`. Each may raise Refused."""

    def create(self, store: Store, name: Name, new: NewImage) -> None:
        """Make an image. When this returns it is durable."""
        ...

    def attach(self, store: Store, name: Name, format: Format, read_only: bool) -> U32:
        """Open an image; return a number for it."""
        ...

    def detach(self, store: Store, disk: U32) -> None:
        """Close an image: durable, and unlocked."""
        ...

    def size(self, store: Store, disk: U32) -> U64:
        """Return the size of the disk in bytes, a multiple of 512."""
        ...

    def read(self, store: Store, disk: U32, offset: U64, length: U64) -> Data:
        """Return bytes of the disk: at most 1 MiB in one call, if they are in the disk."""
        ...

    def write(self, store: Store, disk: U32, offset: U64, data: Data) -> None:
        """Write bytes of the disk."""
        ...

    def flush(self, store: Store, disk: U32) -> None:
        """Return when all that was written before is durable."""
        ...

    def snapshots(self, store: Store, disk: U32) -> list[Snapshot]:
        """Return the snapshots in an image, the oldest first."""
        ...

    def take_snapshot(self, store: Store, disk: U32, name: Name) -> None:
        """Keep the disk as it is, under a name. When this returns it is durable."""
        ...

    def apply_snapshot(self, store: Store, disk: U32, name: Name) -> None:
        """Make the disk what it was when the snapshot was taken, which stays."""
        ...

    def delete_snapshot(self, store: Store, disk: U32, name: Name) -> None:
        """Forget a snapshot, and free what only it had."""
        ...

    def serve(self, store: Store, memory: Shared, disk: U32, queue: InOut[Queue]) -> bool:
        """Answer the requests that wait in a queue; return whether to interrupt the driver.

        `memory` is the guest's RAM, from physical address 0x8000_0000 on. The guest may write it
        at any time.
        """
        ...
