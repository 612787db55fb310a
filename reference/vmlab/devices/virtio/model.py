"""What the transport needs of the device behind it: a disk, a network card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .queue import SplitQueue


class Model(Protocol):
    """A kind of virtio device (virtio 1.2, 5), without registers and queues of its own."""

    device_id: int
    features: int
    """The features that it offers, besides those of transport and queues."""
    queue_sizes: tuple[int, ...]
    """For each queue, how many descriptors it can have: powers of 2."""

    def plug(self, kick: Callable[[int], None], changed: Callable[[], None]) -> None:
        """Take what to call when there is work at a queue, and when `config` has changed."""
        ...

    def config(self) -> bytes:
        """Return the configuration space, little-endian. The driver cannot write it."""
        ...

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Work off the chains that wait in queue `index`. Raise Broken if the driver broke it."""
        ...

    def reset(self) -> None:
        """Forget what the last driver did."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        ...
