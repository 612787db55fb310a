"""Bit patterns, written as in the manual's instruction listings.

    imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011
    010 uimm[5:3] rs1' uimm[2|6] rd' 00

Words stand from the most significant bit down. Zeros and ones are fixed bits, which decoding
checks; a dash is a bit that the manual reserves and tells implementations to ignore. Anything else
is a field: `imm` is signed, every other one is unsigned, and brackets say which bits of the value
stand where. Fields without brackets have the widths of `WIDTHS`. A prime marks the three bits that
name one of the registers x8 to x15 (norm:Zca_regs8); the field's value is the register's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

WIDTHS = {"rd": 5, "rs1": 5, "rs2": 5, "csr": 12, "aq": 1, "rl": 1, "pred": 4, "succ": 4}
POPULAR = 8
"""The first of the eight registers that primed fields name."""
_FIELD = re.compile(r"(?P<name>[a-z][a-z0-9]*)(?P<prime>')?(\[(?P<bits>[0-9:|]+)\])?")


@dataclass(frozen=True)
class Piece:
    """`width` adjacent bits of a field: bit `at` of the word on, from bit `bit` of the value on."""

    at: int
    bit: int
    width: int


@dataclass(frozen=True)
class Field:
    """A variable field of an instruction word, perhaps scattered over several pieces."""

    name: str
    pieces: tuple[Piece, ...]
    lowest_register: int = 0
    """What is added to the bits: 8 for a primed register."""

    @cached_property
    def signed(self) -> bool:
        """Whether the highest bit of the value is its sign."""
        return self.name == "imm"

    @cached_property
    def bits(self) -> int:
        """Width of the value in bits, low bits that are always zero included."""
        return max(piece.bit + piece.width for piece in self.pieces)

    @cached_property
    def step(self) -> int:
        """What the value is a multiple of: 2 for a branch offset, 4096 for an upper immediate."""
        return 1 << min(piece.bit for piece in self.pieces)

    @cached_property
    def lowest(self) -> int:
        """The least value that the field holds."""
        return -(1 << self.bits - 1) if self.signed else self.lowest_register

    @cached_property
    def highest(self) -> int:
        """The greatest value that the field holds."""
        return self.lowest_register + (1 << self.bits - self.signed) - self.step

    def extract(self, word: int) -> int:
        """Read the value out of an instruction word."""
        value = 0
        for piece in self.pieces:
            value |= (word >> piece.at & (1 << piece.width) - 1) << piece.bit
        if self.signed and value >> self.bits - 1:
            value -= 1 << self.bits
        return self.lowest_register + value

    def insert(self, value: int) -> int:
        """Return the word that holds `value` in this field and zeros elsewhere.

        Raises:
            ValueError: if the field cannot hold the value.
        """
        if not self.lowest <= value <= self.highest:
            raise ValueError(f"{value} is not in {self.lowest}..{self.highest}")
        if value % self.step:
            raise ValueError(f"{value} is not a multiple of {self.step}")
        value -= self.lowest_register
        word = 0
        for piece in self.pieces:
            word |= (value >> piece.bit & (1 << piece.width) - 1) << piece.at
        return word


@dataclass(frozen=True)
class Pattern:
    """A parsed bit pattern."""

    mask: int
    """The bits that are fixed."""
    match: int
    """What the fixed bits are."""
    ignored: int
    """The bits that decoding ignores and encoding leaves 0."""
    length: int
    """Length of the instruction in bytes: 2 or 4."""
    fields: dict[str, Field]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern. Raise ValueError if it is malformed or not 16 or 32 bits long."""
        mask = match = ignored = at = 0
        pieces: dict[str, list[Piece]] = {}
        primed: set[str] = set()
        for word in reversed(text.split()):  # from bit 0 up
            if set(word) <= set("01-"):
                mask |= int(word.replace("0", "1").replace("-", "0"), 2) << at
                match |= int(word.replace("-", "0"), 2) << at
                ignored |= int(re.sub("[01]", "0", word).replace("-", "1"), 2) << at
                at += len(word)
                continue
            field = _FIELD.fullmatch(word)
            if field is None:
                raise ValueError(f"{word!r} is not a field, in {text!r}")
            name, bits = field["name"], field["bits"]
            if field["prime"]:
                primed.add(name)
                bits = "2:0"
            for span in reversed((bits or f"{WIDTHS[name] - 1}:0").split("|")):
                high, _, low = span.partition(":")
                piece = Piece(at, int(low or high), int(high) - int(low or high) + 1)
                pieces.setdefault(name, []).append(piece)
                at += piece.width
        if at not in (16, 32):
            raise ValueError(f"{at} bits in {text!r}")
        fields = {
            name: Field(name, tuple(found), POPULAR if name in primed else 0)
            for name, found in pieces.items()
        }
        return cls(mask, match, ignored, at // 8, fields)
