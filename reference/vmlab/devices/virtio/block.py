"""The virtio block device: between the queue and whoever handles requests (virtio 1.2, 5.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from vmlab.block import SECTOR, BlockBackend, Restorable

from .model import Model
from .queue import Broken, Chain, SplitQueue
from .requests import HEADER, STATUS_IOERR, BlockRequests, Requests

DEVICE_ID = 2
SEG_MAX, RO, BLK_SIZE, FLUSH = 1 << 2, 1 << 5, 1 << 6, 1 << 9

QUEUE_SIZE = 256
SEGMENTS = QUEUE_SIZE - 2
"""Buffers of data in a request: two of the chain hold the header and the status."""
LARGEST = 16 << 20
"""Bytes of data that one request may move; it takes memory of the host."""

CONFIG = struct.Struct("<QIIHBBI")
"""capacity in sectors, size_max, seg_max, geometry, blk_size in bytes."""


class BlockFront(Model):
    """What a driver sees of any disk before it sends requests: features, size, one queue."""

    device_id = DEVICE_ID
    queue_sizes: tuple[int, ...] = (QUEUE_SIZE,)

    def __init__(self, sectors: int, read_only: bool) -> None:
        """Tell of a disk of so many sectors of 512 bytes."""
        self.sectors = sectors
        self.features = SEG_MAX | BLK_SIZE | FLUSH | (RO if read_only else 0)

    def plug(self, kick: Callable[[int], None], changed: Callable[[], None]) -> None:
        """Do nothing: only the driver brings work, and the disk never changes its size."""

    def config(self) -> bytes:
        """Return `virtio_blk_config`, as far as the features go."""
        return CONFIG.pack(self.sectors, 0, SEGMENTS, 0, 0, 0, SECTOR)

    def reset(self) -> None:
        """Do nothing: no request outlasts its notification."""

    @property
    def restorable(self) -> bool:
        """Whether a snapshot holds the contents."""
        return False

    def state(self) -> dict[str, Any]:
        """Return nothing: someone else keeps the contents."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Do nothing, as `state` gave nothing."""


class BlockDevice(BlockFront):
    """A disk. Requests are served in order, each before the notification that brought it ends."""

    def __init__(self, backend: BlockBackend, requests: Requests | None = None) -> None:
        """Make a disk of `backend`; `requests` answers requests, by default `BlockRequests`."""
        super().__init__(backend.sectors, backend.read_only)
        self.backend = backend
        self._requests = requests or BlockRequests(backend)

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Answer the requests that wait."""
        for _ in range(queue.waiting()):
            chain = queue.take()
            queue.give_back(chain, self._answer(chain, queue))

    def _answer(self, chain: Chain, queue: SplitQueue) -> int:
        """Answer a request; return how many bytes from the start of its room are written."""
        room = chain.room - 1  # the last byte is the status
        if room < 0:
            raise Broken("a request without room for a status")
        if chain.said > HEADER.size + LARGEST or room > LARGEST:
            data, status = b"", STATUS_IOERR
        else:
            data, status = self._requests.serve(queue.read(chain), room)
        queue.write(chain, data)
        queue.write(chain, bytes([status]), room)
        return len(data) + (len(data) == room)

    @property
    def restorable(self) -> bool:
        """Whether the backend gives its contents to a snapshot."""
        return isinstance(self.backend, Restorable)

    def state(self) -> dict[str, Any]:
        """Return the contents of the disk, if the backend gives them."""
        return self.backend.state() if isinstance(self.backend, Restorable) else {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        if isinstance(self.backend, Restorable):
            self.backend.restore(state)
