"""How a device reaches RAM by itself."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.memory import Ram


class DmaError(Exception):
    """A guest sent a device to a place that is not RAM."""


class Dma:
    """Reads and writes RAM by physical address, at any alignment."""

    def __init__(self, ram: Ram, written: Callable[[int, int], None] = lambda at, n: None) -> None:
        """Build it; `written` is told the offset in RAM and the length of each change."""
        self._ram = ram
        self._written = written

    @property
    def size(self) -> int:
        """The size of RAM in bytes: no set of disjoint buffers is larger."""
        return self._ram.size

    def check(self, address: int, length: int) -> None:
        """Raise DmaError unless all of the range is RAM."""
        self._offset(address, length)

    def read(self, address: int, length: int) -> bytes:
        """Return bytes. Raise DmaError unless all of them are in RAM."""
        offset = self._offset(address, length)
        return bytes(self._ram.bytes[offset : offset + length])

    def write(self, address: int, data: bytes) -> None:
        """Store bytes. Raise DmaError, with nothing changed, unless all of them fall in RAM."""
        offset = self._offset(address, len(data))
        self._ram.bytes[offset : offset + len(data)] = data
        self._written(offset, len(data))

    def changed(self, offset: int, length: int) -> None:
        """Hear that someone else has written RAM on a device's behalf, at an offset in it."""
        self._written(offset, length)

    def _offset(self, address: int, length: int) -> int:
        offset = self._ram.offset(address, length)
        if offset is None:
            raise DmaError(f"{length} bytes at {address:#x} are not all in RAM")
        return offset
