"""Memory that the grader and a worker share: the guest's RAM."""

from __future__ import annotations

import fcntl
import mmap
import os
from types import TracebackType

F_ADD_SEALS, F_GET_SEALS = 1033, 1034
SEALS = 0x1 | 0x2 | 0x4
"""F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW."""


class SharedMemory:
    """A memory file of fixed size, mapped here as `view`, handed to a worker as `descriptor`.

    Its size is sealed: a worker that could cut it short would kill the grader at its next access.
    """

    def __init__(self, size: int) -> None:
        self.descriptor = os.memfd_create("ram", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, size)
        fcntl.fcntl(self.descriptor, F_ADD_SEALS, SEALS)
        self._map = mmap.mmap(self.descriptor, size)
        self.view = memoryview(self._map)

    def __enter__(self) -> SharedMemory:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unmap it, unless a view of it is still in use; the worker's mapping stays."""
        os.close(self.descriptor)
        try:
            self.view.release()
            self._map.close()
        except BufferError:
            return  # whoever holds a view keeps the memory; it goes with the last one


def check_sealed(descriptor: int) -> None:
    """Raise ValueError if a worker could change the size of the memory."""
    if fcntl.fcntl(descriptor, F_GET_SEALS) & SEALS != SEALS:
        raise ValueError("the memory's size is not sealed")
