"""From a word to the row of the table that it encodes, and its operands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .compressed import Compressed
from .instruction import Instruction
from .rv64c import COMPRESSED
from .table import INSTRUCTIONS

_OPCODE = 0x7F
_BY_OPCODE: dict[int, list[Instruction]] = {}
for _row in INSTRUCTIONS:
    _BY_OPCODE.setdefault(_row.match & _OPCODE, []).append(_row)
_QUADRANT = 0xE003
"""The bits that all compressed instructions fix: funct3 and the quadrant."""
_BY_QUADRANT: dict[int, list[Compressed]] = {}
for _short in COMPRESSED:
    _BY_QUADRANT.setdefault(_short.match & _QUADRANT, []).append(_short)


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction word taken apart. Operands that the instruction lacks are 0.

    A compressed instruction is the base instruction that it expands to, but for `word`, `length`
    and `compressed`.
    """

    instruction: Instruction
    word: int
    """The bits as fetched: `length` bytes of them."""
    length: int
    """Bytes from this instruction to the next."""
    rd: int = 0
    rs1: int = 0
    rs2: int = 0
    """Register numbers."""
    imm: int = 0
    """The immediate, sign-extended; a shift amount or a CSR immediate is unsigned."""
    csr: int = 0
    """CSR number."""
    aq: int = 0
    rl: int = 0
    """Acquire and release bits of an atomic."""
    compressed: Compressed | None = None
    """The row of the short encoding, if it was one."""


def length(word: int) -> int:
    """Return the length in bytes of the instruction that begins with these bits: 2 or 4.

    Longer encodings are not distinguished, as none is in the table; they are illegal either way.
    """
    return 4 if word & 3 == 3 else 2


def decode(word: int) -> Decoded | None:
    """Take apart the instruction in the low bits of `word`, 16 or 32 bits as fetched.

    Returns None where no instruction of the tables has these bits. Rows are tried in order, so a
    row that is a special case of another stands before it.
    """
    return _long(word & 0xFFFF_FFFF) if word & 3 == 3 else _short_form(word & 0xFFFF)


@lru_cache(maxsize=1 << 16)
def _short_form(word: int) -> Decoded | None:
    for row in _BY_QUADRANT.get(word & _QUADRANT, ()):
        if row.matches(word):
            return Decoded(row.base, word, row.length, **row.operands(word), compressed=row)
    return None


@lru_cache(maxsize=1 << 16)
def _long(word: int) -> Decoded | None:
    for row in _BY_OPCODE.get(word & _OPCODE, ()):
        if word & row.mask == row.match:
            values = {name: field.extract(word) for name, field in row.fields.items()}
            return Decoded(
                row,
                word,
                row.length,
                rd=values.get("rd", 0),
                rs1=values.get("rs1", 0),
                rs2=values.get("rs2", 0),
                imm=values.get("imm", values.get("uimm", 0)),
                csr=values.get("csr", 0),
                aq=values.get("aq", 0),
                rl=values.get("rl", 0),
            )
    return None
