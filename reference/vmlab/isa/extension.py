"""How the modules of this package write rows: one `Extension` each, one call or decorator a row."""

from __future__ import annotations

from collections.abc import Callable

from .instruction import CsrForm, Instruction, Kind, M


class Extension:
    """The instructions of one extension, in the manual's order.

    The decorators give their function back as it was: it is the row's meaning, and stays an
    ordinary function that can be called, stepped through, or read by a translator.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[Instruction] = []

    def compute(self, name: str, pattern: str, syntax: str) -> Callable[[M], M]:
        """Add an instruction that computes rd."""
        return self._with_meaning(name, pattern, syntax, Kind.COMPUTE)

    def branch(self, name: str, pattern: str) -> Callable[[M], M]:
        """Add a conditional branch."""
        return self._with_meaning(name, pattern, "rs1, rs2, target", Kind.BRANCH)

    def jump(self, name: str, pattern: str, syntax: str) -> Callable[[M], M]:
        """Add a jump that leaves a link in rd."""
        return self._with_meaning(name, pattern, syntax, Kind.JUMP)

    def csr(self, name: str, pattern: str, syntax: str, form: CsrForm) -> Callable[[M], M]:
        """Add an instruction that reads and writes a CSR."""
        return self._with_meaning(name, pattern, syntax, Kind.CSR, form=form)

    def amo(self, name: str, pattern: str, width: int) -> Callable[[M], M]:
        """Add an atomic memory operation."""
        return self._with_meaning(name, pattern, "rd, rs2, (rs1)", Kind.AMO, width=width)

    def load(self, name: str, pattern: str, width: int, signed: bool) -> None:
        """Add a load."""
        self._add(name, pattern, "rd, imm(rs1)", Kind.LOAD, width=width, signed=signed)

    def store(self, name: str, pattern: str, width: int) -> None:
        """Add a store."""
        self._add(name, pattern, "rs2, imm(rs1)", Kind.STORE, width=width)

    def load_reserved(self, name: str, pattern: str, width: int) -> None:
        """Add a load that makes a reservation."""
        self._add(name, pattern, "rd, (rs1)", Kind.LR, width=width, signed=True)

    def store_conditional(self, name: str, pattern: str, width: int) -> None:
        """Add a store that needs a reservation."""
        self._add(name, pattern, "rd, rs2, (rs1)", Kind.SC, width=width)

    def fence(self, name: str, pattern: str, syntax: str) -> None:
        """Add a fence of memory accesses."""
        self._add(name, pattern, syntax, Kind.FENCE)

    def system(self, name: str, pattern: str, syntax: str = "") -> None:
        """Add an instruction that engines know by name."""
        self._add(name, pattern, syntax, Kind.SYSTEM)

    def _add(
        self,
        name: str,
        pattern: str,
        syntax: str,
        kind: Kind,
        meaning: M | None = None,
        width: int = 0,
        signed: bool = False,
        form: CsrForm | None = None,
    ) -> None:
        row = Instruction(name, self.name, pattern, syntax, kind, meaning, width, signed, form)
        self.rows.append(row)

    def _with_meaning(
        self,
        name: str,
        pattern: str,
        syntax: str,
        kind: Kind,
        width: int = 0,
        form: CsrForm | None = None,
    ) -> Callable[[M], M]:
        def add(meaning: M) -> M:
            self._add(name, pattern, syntax, kind, meaning, width, form=form)
            return meaning

        return add
