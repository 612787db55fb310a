"""A virtio disk whose queue someone else serves: a VMM, with its `disk` part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmlab.image import Queue

from .block import FLUSH, BlockDevice
from .queue import Broken, SplitQueue


@dataclass
class _Geometry:
    """What the device tells of a disk; its sectors nobody asks for."""

    sectors: int
    read_only: bool

    def read(self, sector: int, count: int) -> bytes:
        raise NotImplementedError

    def write(self, sector: int, data: bytes) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError


class ServedDisk(BlockDevice):
    """Registers and negotiation are the device's, all else is done by `serve`."""

    def __init__(self, sectors: int, read_only: bool, serve: Callable[[Queue], None]) -> None:
        """Make a disk of so many sectors of 512 bytes; `serve` answers what waits in a queue."""
        super().__init__(_Geometry(sectors, read_only))
        self._serve = serve

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Have the queue served. Raise Broken if the driver broke it."""
        places = queue.descriptors, queue.driver, queue.device
        write_back = bool(queue.features & FLUSH)
        record = Queue(queue.num, *places, queue.indirect, write_back, queue.taken, queue.used)
        self._serve(record)
        queue.taken, queue.used = record.taken, record.used
        if record.broken:
            raise Broken("whoever serves it says so")
