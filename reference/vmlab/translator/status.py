"""Instructions that read `sstatus`, and those writes from which nothing follows.

Kernels execute many of them, as every lock turns interrupts off and on: mostly they write what it
holds already, and while nothing is pending, SIE makes no difference. So they can stay in a region;
any other write raises KeyError and goes by the book. Whether they are allowed depends on what no
other instruction of a region changes, and is checked where the region is entered.
"""

from __future__ import annotations

from .. import csrs
from ..hart import HartState
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
REFUSED = f"hart.mstatus & {TVM} or not hart.mode"
"""Whether the `traps` part might refuse now what it has allowed before, in the same context."""


def translatable(decoded: Decoded, hart: HartState, privileged: Privileged) -> bool:
    """Tell whether a CSR instruction can be in a region of the present mode."""
    if decoded.csr != NUMBER or hart.mstatus & TVM or not hart.mode:
        return False
    return privileged.allows(decoded)


def lines(decoded: Decoded, rs1: Value) -> tuple[list[str], Value]:
    """Return the statements of the instruction but for the write to rd, and what rd becomes."""
    row = decoded.instruction
    assert row.kind is Kind.CSR
    assert row.form is not None
    if not writes_csr(decoded):
        return [], Value(f"(hart.mstatus & {SSTATUS})", 0, SSTATUS)
    value = rs1 if "rs1" in row.needs else constant(decoded.imm)
    changed = f"(t := {CHANGED[row.form].format(value=value.source)} & {SSTATUS & WRITABLE})"
    matters = f"{changed} and (t != {SIE} or hart.mip or hart.seip)"
    first = [f"if {matters}: raise KeyError", "hart.mstatus ^= t"]
    return first, Value(f"((hart.mstatus ^ t) & {SSTATUS})", 0, SSTATUS)
