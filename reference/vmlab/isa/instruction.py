"""What a row of the instruction table holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeVar

from .row import Row

Meaning = Callable[..., int]
M = TypeVar("M", bound=Meaning)


class Kind(Enum):
    """What an engine does with an instruction, and what its meaning computes.

    A meaning is a pure function whose body is one `return`. Its parameters are named by what they
    need: `rs1`, `rs2` (unsigned, 64 bits), `imm` (signed), `pc`, `old`. Engines wrap what it
    returns to 64 bits.
    """

    COMPUTE = "compute"
    """Meaning: the value of rd, from any of rs1, rs2, imm, pc."""
    BRANCH = "branch"
    """Meaning: whether to go to pc + imm, from rs1, rs2."""
    JUMP = "jump"
    """Meaning: the target, from any of rs1, imm, pc. The link, pc + length, goes to rd."""
    LOAD = "load"
    """No meaning: `width` bytes at rs1 + imm go to rd, sign-extended if `signed`."""
    STORE = "store"
    """No meaning: the low `width` bytes of rs2 go to rs1 + imm."""
    AMO = "amo"
    """Meaning: what memory at rs1 becomes (its low `width` bytes), from old, rs2. `old` is what
    memory held, sign-extended to 64 bits unsigned; it goes to rd."""
    LR = "load-reserved"
    """No meaning: as a signed load at rs1, and makes a reservation."""
    SC = "store-conditional"
    """No meaning: as a store at rs1; rd becomes 0 if the reservation held, else 1."""
    FENCE = "fence"
    """No meaning: orders memory accesses, which engines of one hart do anyway."""
    CSR = "csr"
    """Meaning: what the CSR becomes, from old and either rs1 or imm; `old` goes to rd."""
    SYSTEM = "system"
    """No meaning: an engine knows it by its name."""

    __hash__ = object.__hash__  # that of an enumeration is a function in Python


class CsrForm(Enum):
    """When a CSR instruction reads and writes its CSR (Zicsr, "CSR Instructions")."""

    WRITE = "write"
    """Always writes; reads only if rd is not x0 (norm:csrrw_op, norm:csrrwi_rd_x0)."""
    SET = "set"
    """Always reads; writes unless rs1 is x0 or the immediate 0 (norm:csrrs_csrrc_rs1_x0)."""
    CLEAR = "clear"
    """As SET."""


@dataclass(frozen=True, eq=False)
class Instruction(Row):
    """A row of the table: everything that is known about one instruction."""

    kind: Kind
    meaning: Meaning | None = None
    width: int = 0
    """Bytes of memory that a load, store or atomic accesses: 1, 2, 4 or 8; else 0."""
    signed: bool = False
    """Whether a load extends the sign."""
    form: CsrForm | None = None
    """How a CSR instruction accesses; None for all others."""

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The names of the meaning's parameters, in order."""
        return tuple(inspect.signature(self.meaning).parameters) if self.meaning else ()
