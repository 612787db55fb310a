"""A hart's architectural state, as plain data.

The same record serves the real hart of a machine and the virtual hart (vCPU) of a guest, so what
is written for one holds for the other. It can be copied, compared, printed and sent over a link.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, fields
from enum import IntEnum

from .ranges import U64, Registers

XLEN = 64
MASK64 = (1 << 64) - 1
NEVER = MASK64
"""What `mtimecmp` and `stimecmp` hold after reset, and by which software turns a timer off."""


class Mode(IntEnum):
    """Privilege modes and their encodings (Privileged manual, 1.2 "Privilege levels")."""

    U = 0
    S = 1
    M = 3


@dataclass(slots=True)
class HartState:
    """Registers, pc, mode and the privileged CSRs of one hart. Every field but `mode` is unsigned.

    `mip` holds the bits that are stored: the software-writable ones, the wires of the CLINT and
    the PLIC's M context (MSIP, MTIP, MEIP), and the timer's STIP (`vmlab.sstc`). The wire of the
    PLIC's S context is `seip`, apart, because a read-modify-write of `mip` must not latch it
    (norm:mip_seip_wrcsr); the bits that are pending are `mip | seip << 9`, see
    `vmlab.csrs.pending`.
    """

    x: Registers = field(default_factory=lambda: [0] * 32)
    """Integer registers, 64 bits each; x[0] stays 0."""
    pc: U64 = 0
    mode: Mode = Mode.M

    mstatus: U64 = 0xA_0000_0000
    """64 bits, all views in one; SXL = UXL = 2 (64 bit)."""
    medeleg: U64 = 0
    mideleg: U64 = 0
    mie: U64 = 0
    mip: U64 = 0
    seip: bool = False
    """Level of the PLIC's interrupt line for S-mode."""
    mtvec: U64 = 0
    mcounteren: U64 = 0
    menvcfg: U64 = 0
    mscratch: U64 = 0
    mepc: U64 = 0
    mcause: U64 = 0
    mtval: U64 = 0

    stvec: U64 = 0
    scounteren: U64 = 0
    senvcfg: U64 = 0
    sscratch: U64 = 0
    sepc: U64 = 0
    scause: U64 = 0
    stval: U64 = 0
    satp: U64 = 0
    stimecmp: U64 = NEVER

    cycle: U64 = 0
    """The `mcycle` counter; one cycle an instruction, and idle time while waiting."""
    instret: U64 = 0
    """The `minstret` counter: retired instructions."""
    time: U64 = 0
    """What the `time` CSR shows: the CLINT's `mtime`."""
    mcountinhibit: U64 = 0

    hartid: U64 = 0

    def copy(self) -> HartState:
        """Return an independent copy."""
        twin = copy.copy(self)
        twin.x = list(self.x)
        return twin

    def assign(self, other: HartState) -> None:
        """Take over every field of `other`, registers copied."""
        for name in FIELDS:
            setattr(self, name, getattr(other, name))
        self.x[:] = other.x

    def changes(self, later: HartState) -> dict[str, tuple[int, int]]:
        """Name each field that differs in `later`, with both values; registers as `x5`."""
        found = {
            name: (getattr(self, name), getattr(later, name))
            for name in FIELDS
            if getattr(self, name) != getattr(later, name)
        }
        for index, (before, after) in enumerate(zip(self.x, later.x, strict=True)):
            if before != after:
                found[f"x{index}"] = (before, after)
        return found


FIELDS = tuple(f.name for f in fields(HartState) if f.name != "x")
