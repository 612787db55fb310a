"""What is known of a value while source is written: an expression, and between which numbers it is.

A register's local variable holds a number that is congruent to the register modulo 2^64. Where
paths meet, it is the *signed* one, S64: so most numbers in programs are small for Python, and
additions, signed comparisons and loads of C's `int` need no masking at all. In between it may be
off by a multiple of 2^64, or for the result of a 32-bit operation, of 2^32: an address that is only
added up and used, and words that are only mixed with others, are never wrapped.
"""

from __future__ import annotations

from typing import NamedTuple

SIGN = 1 << 63
MASK = (1 << 64) - 1


class Value(NamedTuple):
    """A Python expression without side effects, and the least and greatest number it can give."""

    source: str
    low: int
    high: int
    half: bool = False
    """Whether it is only congruent modulo 2^32 to the register, which is its sign extension."""

    @property
    def constant(self) -> bool:
        """Whether it is one known number."""
        return self.low == self.high

    def within(self, low: int, high: int) -> bool:
        """Tell whether the value cannot lie outside."""
        return low <= self.low and self.high <= high

    @property
    def signed(self) -> bool:
        """Whether it is a signed number of 64 bits."""
        return self.within(-SIGN, SIGN - 1)

    @property
    def word(self) -> bool:
        """Whether it is a signed number of 32 bits."""
        return self.within(*S32)

    @property
    def loose(self) -> bool:
        """Whether it is small enough to be kept for a while."""
        return self.within(*LOOSE)


S64 = (-SIGN, SIGN - 1)
S32 = (-(1 << 31), (1 << 31) - 1)
LOOSE = (-8 * SIGN, 8 * SIGN)
DIGIT = (1 << 30) - 1
"""Up to here, CPython stores an integer in one digit, and compares it in one specialised step."""
TEMPORARY = "t"
"""A local variable for use inside of one expression."""


def constant(number: int) -> Value:
    """Return a known number."""
    return Value(str(number), number, number)


def signed(value: Value, bits: int) -> Value:
    """Return the signed number of 32 or 64 bits that is congruent to `value`.

    Nearly always the value is that number already, and a comparison is cheaper than masking; for
    32 bits with a smaller bound, that is compared faster.
    """
    sign = 1 << bits - 1
    if value.within(-sign, sign - 1):
        return value
    if value.constant:
        return constant(((value.low & 2 * sign - 1) ^ sign) - sign)
    low, high = (-SIGN, SIGN - 1) if bits == 64 else (-DIGIT, DIGIT)
    below = f"{low} <= " if value.low < -sign else ""
    above = f" <= {high}" if value.high >= sign else ""
    name, test = TEMPORARY, f"({TEMPORARY} := {value.source})"
    if value.source.isidentifier():
        name, test = value.source, value.source
    wrapped = f"({name} & {2 * sign - 1:#x} ^ {sign:#x}) - {sign:#x}"
    return Value(f"({name} if {below}{test}{above} else {wrapped})", -sign, sign - 1)


def unsigned(value: Value, bits: int) -> Value:
    """Return the unsigned number of 32 or 64 bits that is congruent to `value`."""
    mask = (1 << bits) - 1
    if value.within(0, mask):
        return value
    if value.constant:
        return constant(value.low & mask)
    name = value.source
    if bits == 64 and value.signed and name.isidentifier():
        return Value(f"({name} if {name} >= 0 else {name} & {mask:#x})", 0, mask)
    return Value(f"({value.source} & {mask:#x})", 0, mask)


def add(left: Value, right: Value) -> Value:
    """Return the sum, not wrapped."""
    if left.constant and right.constant:
        return constant(left.low + right.low)
    if right.low == right.high == 0:
        return left
    if left.low == left.high == 0:
        return right
    source = f"({left.source} + {right.source})"
    if right.constant and right.low < 0:
        source = f"({left.source} - {-right.low})"
    return Value(source, left.low + right.low, left.high + right.high)
