"""Frames: a document behind its length, 4 bytes, most significant first."""

from __future__ import annotations

import os

CAP = 4 << 20
"""The largest frame, in bytes. No call needs more: guest memory is shared, not sent."""
HEADER = 4
READ_AHEAD = 1 << 16


class FrameTooLarge(ValueError):
    """A frame is larger than the cap."""


def pack(body: bytes) -> bytes:
    """Return a frame. Raise FrameTooLarge."""
    if len(body) > CAP:
        raise FrameTooLarge(f"{len(body):,} bytes, more than {CAP:,}")
    return len(body).to_bytes(HEADER, "big") + body


def is_whole(data: bytes) -> bool:
    """Tell whether what came in one read is one frame, as it mostly is."""
    return int.from_bytes(data[:HEADER], "big") == len(data) - HEADER


def write(descriptor: int, body: bytes) -> None:
    """Send a frame, all of it. Raise FrameTooLarge."""
    frame = pack(body)
    sent = os.write(descriptor, frame)
    while sent < len(frame):
        sent += os.write(descriptor, memoryview(frame)[sent:])


class Reader:
    """Takes frames off a descriptor, mostly one a read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ahead = b""

    def read(self) -> bytes | None:
        """Wait for a frame and return its body, or None if the other end has closed."""
        if not self._ahead:
            self._ahead = os.read(self._descriptor, READ_AHEAD)
            if is_whole(self._ahead):
                body, self._ahead = self._ahead[HEADER:], b""
                return body
        if not self._more(HEADER):
            return None
        end = HEADER + int.from_bytes(self._ahead[:HEADER], "big")
        if not self._more(end):
            return None
        body, self._ahead = self._ahead[HEADER:end], self._ahead[end:]
        return body

    def _more(self, count: int) -> bool:
        """Read until so many bytes are there; return whether they are."""
        if len(self._ahead) >= count:
            return True
        chunks, size = [self._ahead], len(self._ahead)
        while size < count:
            chunk = os.read(self._descriptor, READ_AHEAD)
            if not chunk:
                return False
            chunks.append(chunk)
            size += len(chunk)
        self._ahead = b"".join(chunks)
        return True
