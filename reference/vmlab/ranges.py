"""Exact ranges of plain data, as annotations: `U64 = Annotated[int, Bits(64)]`.

Both ends of a link read them (`vmlab.link.wire`), and so does the validation of what a worker
answers. At run time an annotated integer is an `int`, nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Bits:
    """An unsigned integer of `width` bits."""

    width: int


@dataclass(frozen=True)
class Length:
    """How many items, characters or bytes a value has."""

    most: int
    least: int = 0


@dataclass(frozen=True)
class ZeroFirst:
    """A list whose item 0 is 0, as register x0 is."""


@dataclass(frozen=True)
class Only:
    """A record of which the callee uses, and changes, these fields only: no others cross a link."""

    fields: tuple[str, ...]


U8 = Annotated[int, Bits(8)]
U12 = Annotated[int, Bits(12)]
U16 = Annotated[int, Bits(16)]
U32 = Annotated[int, Bits(32)]
U64 = Annotated[int, Bits(64)]
Registers = Annotated[list[Annotated[int, Bits(64)]], Length(32, least=32), ZeroFirst()]

# What a value may be whose annotation says no more than its type.
PLAIN_INT = range(-(1 << 63), 1 << 64)
PLAIN_LENGTH = Length(1 << 16)
"""Items of a list or dict, characters of a string."""
PLAIN_BYTES = Length(1 << 20)
