"""Frames: a JSON document behind its length, 4 bytes, most significant first."""

from __future__ import annotations

import os

CAP = 4 << 20
"""The largest frame, in bytes. No call needs more: guest memory is shared, not sent."""
HEADER = 4


class FrameTooLarge(ValueError):
    """A frame is larger than the cap."""


def pack(body: bytes) -> bytes:
    """Return a frame. Raise FrameTooLarge."""
    if len(body) > CAP:
        raise FrameTooLarge(f"{len(body):,} bytes, more than {CAP:,}")
    return len(body).to_bytes(HEADER, "big") + body


def read(descriptor: int) -> bytes | None:
    """Wait for a frame and return its body, or None if the other end has closed."""
    header = _read_exactly(descriptor, HEADER)
    return None if header is None else _read_exactly(descriptor, int.from_bytes(header, "big"))


def write(descriptor: int, body: bytes) -> None:
    """Send a frame, all of it. Raise FrameTooLarge."""
    rest = memoryview(pack(body))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    chunk = os.read(descriptor, count)
    if len(chunk) == count:
        return chunk
    chunks = [chunk]
    missing = count - len(chunk)
    while chunk and missing:
        chunk = os.read(descriptor, missing)
        chunks.append(chunk)
        missing -= len(chunk)
    return None if missing else b"".join(chunks)
