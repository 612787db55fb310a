"""The virtio network card (virtio 1.2, 5.1): one pair of queues, no offloads."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import Any

from vmlab.net import Link

from .queue import SplitQueue

DEVICE_ID = 1
MAC, STATUS = 1 << 5, 1 << 16
RX, TX = 0, 1
QUEUE_SIZE = 256
BACKLOG = 256
"""Frames that wait for room in the receive queue; those that come after are lost."""
LINK_UP = 1

HEADER = struct.Struct("<BBHHHHH")
"""flags, gso_type, hdr_len, gso_size, csum_start, csum_offset, num_buffers."""
PLAIN = HEADER.pack(0, 0, 0, 0, 0, 0, 1)
"""Before each frame received: nothing was offloaded, and it lies in one chain."""
SHORTEST, LONGEST = 14, 65550
"""Bytes of a frame: its Ethernet header, or that and the longest IP packet."""

DEFAULT_MAC = bytes.fromhex("525400123456")


class NetDevice:
    """A network card at one end of a link."""

    device_id = DEVICE_ID
    features = MAC | STATUS
    queue_sizes: tuple[int, ...] = (QUEUE_SIZE, QUEUE_SIZE)

    def __init__(self, link: Link, mac: bytes = DEFAULT_MAC) -> None:
        """Plug a card with an address of 6 bytes into a link."""
        self.link = link
        self._mac = mac
        self._up = True
        self._arrived: deque[bytes] = deque()
        self._kick: Callable[[int], None] = lambda index: None
        self._changed: Callable[[], None] = lambda: None
        link.connect(self.receive)

    def plug(self, kick: Callable[[int], None], changed: Callable[[], None]) -> None:
        """Take what to call when a frame arrives, and when the link goes up or down."""
        self._kick, self._changed = kick, changed

    @property
    def up(self) -> bool:
        """Whether the link is up; the driver learns of a change. While down, frames are lost."""
        return self._up

    @up.setter
    def up(self, up: bool) -> None:
        if up != self._up:
            self._up = up
            self._changed()

    def config(self) -> bytes:
        """Return `virtio_net_config`: MAC and status."""
        return struct.pack("<6sH", self._mac, LINK_UP if self._up else 0)

    def receive(self, frame: bytes) -> None:
        """Take a frame that has arrived."""
        if self._up and SHORTEST <= len(frame) <= LONGEST and len(self._arrived) < BACKLOG:
            self._arrived.append(bytes(frame))
            self._kick(RX)

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Hand frames to the driver, or take them from it."""
        if index == TX:
            self._transmit(queue)
        else:
            self._hand_over(queue)

    def _transmit(self, queue: SplitQueue) -> None:
        for _ in range(queue.waiting()):
            chain = queue.take()
            fits = HEADER.size + SHORTEST <= chain.said <= HEADER.size + LONGEST
            frame = queue.read(chain)[HEADER.size :] if fits and self._up else b""
            queue.give_back(chain, 0)
            if frame:
                self.link.send(frame)

    def _hand_over(self, queue: SplitQueue) -> None:
        for _ in range(min(queue.waiting(), len(self._arrived))):
            chain = queue.take()
            packet = PLAIN + self._arrived.popleft()
            if len(packet) > chain.room:  # a frame may be lost, and this one does not fit
                packet = b""
            queue.write(chain, packet)
            queue.give_back(chain, len(packet))

    def reset(self) -> None:
        """Lose the frames that wait."""
        self._arrived.clear()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {"up": self._up, "arrived": list(self._arrived)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._up = state["up"]
        self._arrived = deque(state["arrived"])
