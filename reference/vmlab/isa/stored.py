"""What an instruction that stores leaves in memory."""

from __future__ import annotations

from collections.abc import Sequence

from .decoder import Decoded
from .instruction import Kind


def stored(decoded: Decoded, x: Sequence[int], old: int = 0) -> bytes:
    """Return the bytes that a store, an AMO or an SC that succeeds writes, the lowest first.

    Args:
        decoded: The instruction.
        x: The 32 registers, unsigned.
        old: Of an AMO: what memory held, sign-extended to 64 bits, unsigned.
    """
    row, value = decoded.instruction, x[decoded.rs2]
    if row.kind is Kind.AMO:
        assert row.meaning is not None
        value = row.meaning(old, value)
    return (value & (1 << 8 * row.width) - 1).to_bytes(row.width, "little")
