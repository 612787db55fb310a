"""Ethernet links: what a network device is plugged into.

A frame is bytes, from the destination address to the end of the payload, without preamble and
checksum (IEEE 802.3, 3.1.1). Links have no delay: a frame has arrived when `send` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Receiver = Callable[[bytes], None]
"""What takes the frames that arrive at one end of a link."""


class Link(Protocol):
    """One end of a link, as a network device sees it."""

    def connect(self, receiver: Receiver) -> None:
        """Say who takes the frames that arrive here."""
        ...

    def send(self, frame: bytes) -> None:
        """Send a frame to the other end."""
        ...


class Wire:
    """A link whose other end is in the hands of a test: it reads `sent`, and calls `deliver`."""

    def __init__(self, answer: Callable[[bytes], bytes | None] = lambda frame: None) -> None:
        """Make one; `answer` may return a frame to send back at once for each that is sent."""
        self.sent: list[bytes] = []
        """Every frame that the device has sent, the oldest first."""
        self._answer = answer
        self._receiver: Receiver = _nobody

    def connect(self, receiver: Receiver) -> None:
        """Say who takes the frames that arrive at the device."""
        self._receiver = receiver

    def send(self, frame: bytes) -> None:
        """Note a frame of the device's, and let it be answered."""
        self.sent.append(frame)
        reply = self._answer(frame)
        if reply is not None:
            self.deliver(reply)

    def deliver(self, frame: bytes) -> None:
        """Send a frame to the device."""
        self._receiver(frame)


class CableEnd:
    """One of the two ends of a cable that `cable` makes."""

    def __init__(self) -> None:
        self.other = self
        self._receiver: Receiver = _nobody

    def connect(self, receiver: Receiver) -> None:
        """Say who takes the frames that arrive here."""
        self._receiver = receiver

    def send(self, frame: bytes) -> None:
        """Send a frame to the other end."""
        self.other._receiver(frame)


def cable() -> tuple[CableEnd, CableEnd]:
    """Return the two ends of a new link, for the network devices of two machines."""
    left, right = CableEnd(), CableEnd()
    left.other, right.other = right, left
    return left, right


def _nobody(frame: bytes) -> None:
    """Take a frame at an end where nothing is plugged in: it is lost."""
