"""Packets of the remote serial protocol: `$` data `#` two hexadecimal digits of a checksum.

In what gdb sends, `}` escapes: the byte after it is XORed with 0x20 ("Overview").
"""

from __future__ import annotations

from enum import Enum

LARGEST = 1 << 14
"""Bytes of a packet's data; what is longer is refused."""
ESCAPE = 0x7D
ESCAPED = b"}$#*"
"""Bytes that cannot stand for themselves in a reply."""


class Mark(Enum):
    """What can come besides packets."""

    INTERRUPT = "interrupt"
    """Ctrl-C: byte 0x03 outside a packet."""
    BROKEN = "broken"
    """A packet with a wrong checksum, or too long."""
    AGAIN = "again"
    """The other end did not understand our last reply (`-`)."""


class Reader:
    """Takes bytes as they come, in pieces of any size, and finds packets in them."""

    def __init__(self) -> None:
        self._data: bytearray | None = None
        """The packet that has begun; None between packets."""
        self._checksum: bytearray | None = None
        """What came behind its `#`."""
        self._too_long = False

    def feed(self, piece: bytes) -> list[bytes | Mark]:
        """Return what is complete now: the data of packets, still escaped, and marks."""
        found = (self._take(byte) for byte in piece)
        return [item for item in found if item is not None]

    def _take(self, byte: int) -> bytes | Mark | None:
        if self._checksum is not None:
            self._checksum.append(byte)
            return self._finish() if len(self._checksum) == 2 else None
        if self._data is not None:
            if byte == ord("#"):
                self._checksum = bytearray()
            elif byte == ord("$"):  # the last packet was not finished
                self._begin()
            elif len(self._data) < LARGEST:
                self._data.append(byte)
            else:
                self._too_long = True
            return None
        if byte == ord("$"):
            self._begin()
        return {0x03: Mark.INTERRUPT, ord("-"): Mark.AGAIN}.get(byte)

    def _begin(self) -> None:
        self._data, self._too_long = bytearray(), False

    def _finish(self) -> bytes | Mark:
        assert self._data is not None
        assert self._checksum is not None
        data, given = bytes(self._data), bytes(self._checksum)
        self._data = self._checksum = None
        if self._too_long or given.lower() != checksum(data):
            return Mark.BROKEN
        return data


def checksum(data: bytes) -> bytes:
    """Return the sum of all bytes modulo 256, as two hexadecimal digits."""
    return b"%02x" % (sum(data) & 0xFF)


def packet(data: bytes) -> bytes:
    """Return a reply as it goes over the socket, escaped where it has to be."""
    body = bytearray()
    for byte in data:
        body += bytes((ESCAPE, byte ^ 0x20)) if byte in ESCAPED else bytes((byte,))
    return b"$" + bytes(body) + b"#" + checksum(bytes(body))


def unescape(data: bytes) -> bytes:
    """Undo the escapes of binary data. Raise ValueError if it ends in the middle of one."""
    found = bytearray()
    rest = iter(data)
    for byte in rest:
        if byte == ESCAPE:
            byte = next(rest, -1) ^ 0x20
        if byte < 0:
            raise ValueError("an escape at the end")
        found.append(byte)
    return bytes(found)
