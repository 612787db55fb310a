"""A virtio disk whose queue someone else serves: a `disk` part, alone or inside a VMM."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.image import Queue

from .block import FLUSH, BlockFront
from .queue import Broken, SplitQueue


class ServedDisk(BlockFront):
    """Registers and negotiation are the device's, all else is done by whoever serves it."""

    def __init__(self, sectors: int, read_only: bool, answer: Callable[[Queue], object]) -> None:
        """Make a disk of so many sectors of 512 bytes; `answer` answers what waits in a queue."""
        super().__init__(sectors, read_only)
        self._answer = answer

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Have the queue served. Raise Broken if the driver broke it."""
        places = queue.descriptors, queue.driver, queue.device
        write_back = bool(queue.features & FLUSH)
        record = Queue(queue.num, *places, queue.indirect, write_back, queue.taken, queue.used)
        self._answer(record)
        queue.taken, queue.used = record.taken, record.used
        if record.broken:
            raise Broken("whoever serves it says so")
