"""The disassembler: from a word to the line of assembly that gives it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain

from vmlab.asm.operands import FENCE_BITS
from vmlab.asm.pseudo import PSEUDO, Pseudo
from vmlab.csrs import CSRS
from vmlab.hart import MASK64
from vmlab.isa import Decoded, Row, decode, length, registers


def disassemble(word: int, pc: int = 0, *, aliases: bool = False) -> str:
    """Write an instruction as assembly.

    Args:
        word: the bits as fetched, 16 or 32 of them.
        pc: its address; targets of jumps and branches are written as addresses.
        aliases: whether to write `ret` for `jalr zero, 0(ra)` and the like, where they fit.

    Returns:
        A line that assembles to the same word at that address. What is no instruction, or has bits
        that no assembly can express, is written as `.word`; or `.half`, if it is 16 bits long.
    """
    decoded = decode(word)
    if decoded is None:
        return _raw(word)
    row: Row = decoded.compressed or decoded.instruction
    if decoded.word & row.encoding.ignored:
        return f"{_raw(word)}  # {row.name}"
    operands = [_WRITERS[name](decoded, pc) for name in row.syntax.split(", ") if name]
    name = row.name + ("." + "aq" * decoded.aq + "rl" * decoded.rl).rstrip(".")
    if aliases and decoded.compressed is None:
        return _alias(name, operands) or _line(name, operands)
    return _line(name, operands)


def cut(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut code into instructions: the offset and the 4 or 2 bytes of each, or what is left."""
    at = 0
    while at < len(data):
        piece = data[at : at + length(data[at])]
        yield at, piece
        at += len(piece)


def _raw(word: int) -> str:
    return f".word {word:#010x}" if length(word) == 4 else f".half {word & 0xFFFF:#06x}"


def _line(name: str, operands: list[str]) -> str:
    return f"{name} {', '.join(operands)}".rstrip()


def _letters(field: str) -> Callable[[Decoded, int], str]:
    def write(decoded: Decoded, pc: int) -> str:
        bits = decoded.instruction.fields[field].extract(decoded.word)
        return "".join(letter for letter, bit in FENCE_BITS.items() if bits & bit) or "0"

    return write


def _csr(decoded: Decoded, pc: int) -> str:
    return CSRS[decoded.csr].name if decoded.csr in CSRS else f"{decoded.csr:#x}"


_ABI = registers.ABI_NAMES
_WRITERS: dict[str, Callable[[Decoded, int], str]] = {
    "rd": lambda decoded, pc: _ABI[decoded.rd],
    "rs1": lambda decoded, pc: _ABI[decoded.rs1],
    "rs2": lambda decoded, pc: _ABI[decoded.rs2],
    "imm": lambda decoded, pc: str(decoded.imm),
    "uimm": lambda decoded, pc: str(decoded.imm),
    "upper": lambda decoded, pc: f"{decoded.imm >> 12 & 0xF_FFFF:#x}",
    "target": lambda decoded, pc: f"{pc + decoded.imm & MASK64:#x}",
    "imm(rs1)": lambda decoded, pc: f"{decoded.imm}({_ABI[decoded.rs1]})",
    "uimm(rs1)": lambda decoded, pc: f"{decoded.imm}({_ABI[decoded.rs1]})",
    "uimm(sp)": lambda decoded, pc: f"{decoded.imm}(sp)",
    "sp": lambda decoded, pc: "sp",
    "(rs1)": lambda decoded, pc: f"({_ABI[decoded.rs1]})",
    "csr": _csr,
    "pred": _letters("pred"),
    "succ": _letters("succ"),
}
"""How each word of `Instruction.syntax` is written; `vmlab.asm.operands` reads them."""


def _alias(name: str, operands: list[str]) -> str | None:
    """Find a pseudo-instruction that stands for this one alone, and write it."""
    for alias, order, pattern in _aliases().get(name, ()):
        found = pattern.fullmatch(", ".join(operands))
        if found is not None:
            return _line(alias, [found[operand] for operand in order])
    return None


@lru_cache(maxsize=1)
def _aliases() -> dict[str, list[tuple[str, tuple[str, ...], re.Pattern[str]]]]:
    """The pseudo-instructions of each instruction, the most special first.

    Each has its name, its operands in order, and a pattern for what it expands to. One that merely
    gives another order to the operands, as `bgt` does, is none.
    """
    table: dict[str, list[tuple[str, tuple[str, ...], re.Pattern[str]]]] = {}
    rows = [Pseudo("li", ("rd", "imm"), "addi rd, x0, imm"), *chain(*PSEUDO.values())]
    for row in sorted(rows, key=lambda row: len(row.operands)):
        name, _, expansion = row.expansion.partition(" ")
        words = re.split(r"([^\w-]+)", expansion)
        fixed = [word for word in words[::2] if word and word not in row.operands]
        if fixed and ";" not in expansion:
            pattern = "".join(_pattern(word, row.operands) for word in words)
            table.setdefault(name, []).append((row.name, row.operands, re.compile(pattern)))
    return table


def _pattern(word: str, operands: tuple[str, ...]) -> str:
    if word in operands:
        return rf"(?P<{word}>[^,() ]+)"
    if word in registers.NUMBERS:
        return _ABI[registers.NUMBERS[word]]
    return re.escape(word)
