"""What a row of the table of compressed instructions holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .instruction import Instruction
from .row import Row

_ROLES = {"uimm": "imm", "upper": "imm", "target": "imm"}
"""Words of a base instruction's syntax, and the operand of `Decoded` that they fill."""


@dataclass(frozen=True, eq=False)
class Compressed(Row):
    """A 16-bit form of a base instruction: other bits, the same meaning."""

    base: Instruction
    """The instruction that it expands to."""
    expansion: str
    """The operands of the base instruction in assembly; words are this row's fields, registers by
    their number as in `x2`, and 0."""

    @cached_property
    def _operands(self) -> list[tuple[str, str]]:
        """For each operand of the base instruction, the word of the expansion that gives it."""
        names = re.findall(r"\w+", self.base.syntax)
        words = re.findall(r"\w+", self.expansion)
        return [(_ROLES.get(name, name), word) for name, word in zip(names, words, strict=True)]

    def matches(self, word: int) -> bool:
        """Tell whether these 16 bits are the instruction of this row."""
        return word & self.mask == self.match and all(
            self.fields[name].extract(word) for name in self.nonzero
        )

    def values(self, operands: Mapping[str, int]) -> dict[str, int] | None:
        """Return the fields that give a base instruction these operands; None if none do."""
        values: dict[str, int] = {}
        for name, source in self._operands:
            value = operands[name]
            fits = values.setdefault(source, value) if source in self.fields else _constant(source)
            if fits != value:
                return None
        return values

    def operands(self, word: int) -> dict[str, int]:
        """Return the operands of the base instruction, by name: rd, rs1, rs2, imm."""
        return {
            name: self.fields[source].extract(word) if source in self.fields else _constant(source)
            for name, source in self._operands
        }


def _constant(word: str) -> int:
    """Return what a word of an expansion means that is no field: `x2`, or 0."""
    return int(word.removeprefix("x"))
