"""Instructions that read `sstatus`, and those writes from which nothing follows.

Kernels execute many of them, as every lock turns interrupts off and on: mostly they write what it
holds already, and while nothing is pending, SIE makes no difference. So they can stay in a region;
any other write raises KeyError and goes by the book.
"""

from __future__ import annotations

from .. import csrs
from ..isa import CsrForm, Decoded, Kind
from ..mstatus import SIE, SSTATUS, TVM, WRITABLE
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
    refused = f"hart.mstatus & {TVM} or not hart.mode"
    if not writes_csr(decoded):
        read = Value(f"(hart.mstatus & {SSTATUS})", 0, SSTATUS)
        return [f"if {refused}: raise KeyError"], read
    value = rs1 if "rs1" in row.needs else constant(decoded.imm)
    changed = f"(t := {CHANGED[row.form].format(value=value.source)} & {SSTATUS & WRITABLE})"
    refused += f" or {changed} and (t != {SIE} or hart.mip or hart.seip)"
    first = [f"if {refused}: raise KeyError", "hart.mstatus ^= t"]
    return first, Value(f"((hart.mstatus ^ t) & {SSTATUS})", 0, SSTATUS)
