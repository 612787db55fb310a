"""State and pages to bytes and back. The format is in the package's docstring."""

from __future__ import annotations

import json
import zlib
from typing import Any

from vmlab.memory import PAGE_SIZE

from .errors import SnapshotError
from .pages import Pages
from .state import State

MAGIC = b"VMLABSNP"
VERSION = 1
SUM = len(MAGIC) + 4
"""Offset of the checksum."""
BODY = SUM + 4
"""Offset of the zlib stream."""
COMPRESSION = 1
"""Fast: four times as slow saves a tenth of the size."""
LARGEST_STATE = 1 << 30
"""What a snapshot may unpack to, in bytes, besides RAM."""


def encode(state: State, pages: Pages) -> bytes:
    """Return the bytes of a snapshot."""
    blobs: list[bytes] = []
    plain = _take_out(state, blobs)
    numbers = sorted(pages)
    lengths = [len(blob) for blob in blobs] + [PAGE_SIZE * len(numbers)]
    text = json.dumps({"state": plain, "pages": numbers, "blobs": lengths}).encode()
    packer = zlib.compressobj(COMPRESSION)
    parts = []
    for piece in (len(text).to_bytes(8, "little"), text, *blobs, *(pages[n] for n in numbers)):
        parts.append(packer.compress(piece))
    parts.append(packer.flush())
    body = b"".join(parts)
    return MAGIC + VERSION.to_bytes(4, "little") + checksum(body) + body


def checksum(body: bytes) -> bytes:
    """Return the four bytes that stand before a zlib stream."""
    return zlib.crc32(body).to_bytes(4, "little")


def decode(data: bytes, ram_size: int) -> tuple[State, Pages]:
    """Read what `encode` made. Raise SnapshotError; whether the state fits is not looked at."""
    if data[: len(MAGIC)] != MAGIC:
        raise SnapshotError("these bytes are no snapshot of a machine")
    version = int.from_bytes(data[len(MAGIC) : SUM], "little")
    if len(data) >= SUM and version != VERSION:
        raise SnapshotError(f"the snapshot has format {version}; this machine reads {VERSION}")
    if data[SUM:BODY] != checksum(data[BODY:]):
        raise SnapshotError("the snapshot is damaged or cut off: its checksum is wrong")
    body = _unpack(data[BODY:], ram_size + LARGEST_STATE)
    end = 8 + int.from_bytes(body[:8], "little")
    try:
        head = json.loads(bytes(body[8:end]), parse_float=_refuse, parse_constant=_refuse)
        blobs = _split(body[end:], head["blobs"])
        content = blobs.pop()
        numbers = head["pages"]
        if len(content) != PAGE_SIZE * len(numbers):
            raise ValueError("the pages are not all there")
        if numbers != sorted({n for n in numbers if 0 <= n < ram_size // PAGE_SIZE}):
            raise ValueError("it has pages outside RAM")
        pages = {
            number: bytes(content[start : start + PAGE_SIZE])
            for number, start in zip(numbers, range(0, len(content), PAGE_SIZE), strict=True)
        }
        return _put_in(head["state"], blobs), pages
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise SnapshotError(f"the snapshot is damaged: {type(error).__name__}: {error}") from None


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no whole number")


def _unpack(stream: bytes, limit: int) -> memoryview:
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(stream, limit)
    except zlib.error as error:
        raise SnapshotError(f"the snapshot is damaged: {error}") from None
    if not unpacker.eof:
        raise SnapshotError("the snapshot is cut off")
    if unpacker.unused_data:
        raise SnapshotError("the snapshot goes on after its end")
    return memoryview(body)


def _split(rest: memoryview, lengths: list[int]) -> list[memoryview]:
    blobs = []
    for length in lengths:
        if not 0 <= length <= len(rest):
            raise ValueError("a blob is not all there")
        blobs.append(rest[:length])
        rest = rest[length:]
    return blobs


def _take_out(value: Any, blobs: list[bytes]) -> Any:
    """Return `value` with all bytes moved to `blobs`."""
    if isinstance(value, bytes):
        blobs.append(value)
        return {"blob": len(blobs) - 1}
    if isinstance(value, dict):
        return {key: _take_out(item, blobs) for key, item in value.items()}
    if isinstance(value, list):
        return [_take_out(item, blobs) for item in value]
    return value


def _put_in(value: Any, blobs: list[memoryview]) -> Any:
    """Undo `_take_out`."""
    if isinstance(value, dict):
        if value.keys() == {"blob"}:
            return bytes(blobs[value["blob"]])
        return {key: _put_in(item, blobs) for key, item in value.items()}
    if isinstance(value, list):
        return [_put_in(item, blobs) for item in value]
    return value
