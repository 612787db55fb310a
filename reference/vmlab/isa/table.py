"""The table of 32-bit instructions: RV64IMA with Zicsr, Zifencei and M, S, U; C is `rv64c`."""

from __future__ import annotations

from . import privileged, rv64a, rv64i, rv64i_control, rv64i_words, rv64m, zicsr
from .instruction import Instruction

EXTENSIONS = (
    rv64i.RV64I,
    rv64i_words.RV64I,
    rv64i_control.RV64I,
    rv64i_control.ZIFENCEI,
    rv64m.RV64M,
    rv64a.RV64A,
    zicsr.ZICSR,
    privileged.PRIVILEGED,
)

INSTRUCTIONS: tuple[Instruction, ...] = tuple(row for ext in EXTENSIONS for row in ext.rows)
BY_NAME: dict[str, Instruction] = {row.name: row for row in INSTRUCTIONS}
