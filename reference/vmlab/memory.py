"""The machine's RAM."""

from __future__ import annotations

import mmap
import sys
from typing import Literal

RAM_BASE = 0x8000_0000
"""Physical address of the first byte, as on QEMU's `virt` board."""
PAGE_SIZE = 4096

_UNSIGNED: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SIGNED: dict[int, Literal["b", "h", "i", "q"]] = {1: "b", 2: "h", 4: "i", 8: "q"}


class Ram:
    """Zeroed memory; a page costs the host nothing before it is touched.

    An access is named by its *offset*, the distance from `base` in bytes, which is a multiple of
    the width.
    """

    def __init__(self, size: int, *, base: int = RAM_BASE, fd: int | None = None) -> None:
        """Map `size` bytes, a multiple of the page size; of the shared memory `fd`, if given.

        Raises:
            ValueError: if the size is no multiple of 4096, or `fd` is shorter.
        """
        if size <= 0 or size % PAGE_SIZE:
            raise ValueError(f"RAM of {size} bytes: the size must be a multiple of {PAGE_SIZE}")
        if sys.byteorder != "little":  # the views below read memory in the host's byte order
            raise ValueError("the machine needs a little-endian host")
        self.base = base
        self.size = size
        self.bytes = memoryview(_private(size) if fd is None else mmap.mmap(fd, size))
        """All of RAM, as unsigned bytes."""
        self.unsigned: dict[int, memoryview[int]] = {
            width: self.bytes.cast(code) for width, code in _UNSIGNED.items()
        }
        """RAM as numbers of 1, 2, 4 or 8 bytes: `unsigned[width][offset // width]`."""
        self.signed: dict[int, memoryview[int]] = {
            width: self.bytes.cast(code) for width, code in _SIGNED.items()
        }

    def offset(self, address: int, width: int) -> int | None:
        """Return the offset of `width` bytes at a physical address; None if not all are RAM."""
        offset = address - self.base
        return offset if 0 <= offset <= self.size - width else None

    def read(self, offset: int, width: int) -> int:
        """Return an unsigned number."""
        return self.unsigned[width][offset // width]

    def write(self, offset: int, width: int, value: int) -> None:
        """Store the low `width` bytes of `value`."""
        self.unsigned[width][offset // width] = value & (1 << 8 * width) - 1


def _private(size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    # A page of private memory that is only read, as a snapshot reads all of it, stays free.
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
