"""Instructions that read `sstatus`, and those that write to it what it holds already.

Kernels execute many of them, as every lock turns interrupts off, mostly once more. Nothing follows
from one, so it can stay in a region; any other write raises KeyError and goes by the book.
"""

from __future__ import annotations

from .. import csrs
from ..isa import CsrForm, Decoded, Kind
from ..mstatus import SSTATUS, TVM, WRITABLE
from ..privileged import Privileged, writes_csr
from .values import Value, constant

NUMBER = csrs.NUMBERS["sstatus"]
CHANGED = {
    CsrForm.WRITE: "({value} ^ hart.mstatus)",
    CsrForm.SET: "{value} & ~hart.mstatus",
    CsrForm.CLEAR: "{value} & hart.mstatus",
}
"""The bits that an instruction would change, if they could be written."""


def translatable(decoded: Decoded, privileged: Privileged) -> bool:
    """Tell whether a CSR instruction can be in a region of the present mode."""
    return decoded.csr == NUMBER and privileged.allows(decoded)


def lines(decoded: Decoded, rs1: Value) -> tuple[list[str], Value]:
    """Return the statements of the instruction but for the write to rd, and what rd becomes.

    The first raises KeyError where the `traps` part might refuse what it has allowed before.
    """
    row = decoded.instruction
    assert row.kind is Kind.CSR
    assert row.form is not None
    refusals = [f"hart.mstatus & {TVM}", "not hart.mode"]
    if writes_csr(decoded):
        value = rs1 if "rs1" in row.needs else constant(decoded.imm)
        refusals.append(CHANGED[row.form].format(value=value.source) + f" & {SSTATUS & WRITABLE}")
    read = Value(f"(hart.mstatus & {SSTATUS})", 0, SSTATUS)
    return [f"if {' or '.join(refusals)}: raise KeyError"], read
