"""What a disk does with a request: read, write, flush, say its name (virtio 1.2, 5.2.6)."""

from __future__ import annotations

import struct
from typing import Protocol

from vmlab.block import SECTOR, BlockBackend, DiskError

HEADER = struct.Struct("<IIQ")
"""type, reserved, sector."""
IN, OUT, FLUSH, GET_ID = 0, 1, 4, 8
STATUS_OK, STATUS_IOERR, STATUS_UNSUPP = 0, 1, 2
ID_SIZE = 20


class Requests(Protocol):
    """Answers requests, given as plain bytes: where they came from in memory is seen to."""

    def serve(self, request: bytes, room: int) -> tuple[bytes, int]:
        """Carry out one request.

        Args:
            request: All that the driver says: the header of 16 bytes, then what is to be written;
                a hostile driver may say less.
            room: How many bytes the data of the answer may have.

        Returns:
            The data, at most `room` bytes, and the status byte.
        """
        ...


class BlockRequests:
    """Answers from a backend. Errors of the backend become the status for I/O errors."""

    def __init__(self, backend: BlockBackend, name: bytes = b"vmlab") -> None:
        """Build it; `name`, at most 20 bytes, is what the disk says it is."""
        self._backend = backend
        self._name = name.ljust(ID_SIZE, b"\0")

    def serve(self, request: bytes, room: int) -> tuple[bytes, int]:
        """Carry out one request; see `Requests.serve`."""
        if len(request) < HEADER.size:
            return b"", STATUS_IOERR
        kind, _, sector = HEADER.unpack_from(request)
        try:
            if kind == IN:
                return self._read(sector, room)
            if kind == OUT:
                return b"", self._write(sector, request[HEADER.size :])
            if kind == FLUSH:
                self._backend.flush()
                return b"", STATUS_OK
        except (OSError, DiskError):
            return b"", STATUS_IOERR
        if kind == GET_ID:
            return self._name[:room], STATUS_OK
        return b"", STATUS_UNSUPP

    def _read(self, sector: int, length: int) -> tuple[bytes, int]:
        if not self._fits(sector, length):
            return b"", STATUS_IOERR
        return self._backend.read(sector, length // SECTOR), STATUS_OK

    def _write(self, sector: int, data: bytes) -> int:
        if self._backend.read_only or not self._fits(sector, len(data)):
            return STATUS_IOERR
        self._backend.write(sector, data)
        return STATUS_OK

    def _fits(self, sector: int, length: int) -> bool:
        return length % SECTOR == 0 and sector + length // SECTOR <= self._backend.sectors
