"""A store whose files may not become as long as they like."""

from __future__ import annotations

from collections.abc import Callable

from .parts.disk import Store


class CheckedStore:
    """Another store, but for what a check refuses; see `vmlab.parts.disk.Store`."""

    def __init__(self, store: Callable[[], Store], check: Callable[[str, int], None]) -> None:
        """Build it.

        Args:
            store: Returns the store below, which a VMM has only while it is called.
            check: Called before a file has so many bytes at least; may raise Refused.
        """
        self._store = store
        self._check = check

    def size(self, name: str) -> int | None:
        """Return the length of a file."""
        return self._store().size(name)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return bytes of a file."""
        return self._store().read(name, offset, length)

    def write(self, name: str, offset: int, data: bytes) -> int:
        """Write bytes to a file, if the check allows."""
        self._check(name, offset + len(data))
        return self._store().write(name, offset, data)

    def flush(self, name: str) -> None:
        """Make a file durable."""
        self._store().flush(name)

    def resize(self, name: str, size: int) -> None:
        """Give a file a length, if the check allows."""
        self._check(name, size)
        self._store().resize(name, size)

    def lock(self, name: str, exclusive: bool) -> bool:
        """Lock a file, if that is possible."""
        return self._store().lock(name, exclusive)

    def unlock(self, name: str) -> None:
        """Give a lock back."""
        self._store().unlock(name)
