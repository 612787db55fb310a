"""The few notions of arithmetic that the meanings of instructions share.

Each is one `return`, as the meanings themselves are, so that a translator may inline it too.
A register holds an unsigned 64-bit integer; a signed value is a plain Python integer.
"""

from __future__ import annotations


def s64(value: int) -> int:
    """The low 64 bits of `value`, as a signed integer."""
    return ((value & 0xFFFF_FFFF_FFFF_FFFF) ^ 0x8000_0000_0000_0000) - 0x8000_0000_0000_0000


def u64(value: int) -> int:
    """The low 64 bits of `value`, as an unsigned integer."""
    return value & 0xFFFF_FFFF_FFFF_FFFF


def s32(value: int) -> int:
    """The low 32 bits of `value`, as a signed integer: what the W forms write back."""
    return ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000


def u32(value: int) -> int:
    """The low 32 bits of `value`, as an unsigned integer."""
    return value & 0xFFFF_FFFF


def quotient(dividend: int, divisor: int) -> int:
    """Division rounded towards zero; by zero all bits are set (M, "Division Operations")."""
    return (
        -1
        if divisor == 0
        else abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
    )


def remainder(dividend: int, divisor: int) -> int:
    """What `quotient` leaves, with the dividend's sign; by zero, the dividend itself."""
    return dividend if divisor == 0 else abs(dividend) % abs(divisor) * (-1 if dividend < 0 else 1)
