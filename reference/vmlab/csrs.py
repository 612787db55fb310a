"""The CSR file: what each number names, what a read gives and what a write keeps.

Nothing here asks who is allowed: that is the `traps` part. A WARL field keeps its old value, or
drops the illegal bits, as the comment at its row says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import mstatus, sstc
from .clock import CY, IR
from .hart import MASK64, HartState
from .trap import IllegalInstruction, Irq

S_INTERRUPTS = 1 << Irq.SSI | 1 << Irq.STI | 1 << Irq.SEI
M_INTERRUPTS = 1 << Irq.MSI | 1 << Irq.MTI | 1 << Irq.MEI
DELEGABLE = 0xB3FF
"""Exceptions 0 to 9, 12, 13, 15. ECALL_M is read-only 0 (norm:medeleg_no_rd1)."""
MISA = 2 << 62 | sum(1 << ord(letter) - ord("A") for letter in "ACIMSU")
EPC_MASK = MASK64 & ~1
"""IALIGN = 16: bit 0 of `mepc` and `sepc` is always 0 (norm:mepc_align)."""
TM = 1 << 1
"""The bit of `mcounteren` that shows `time` and `stimecmp` to the modes below M."""
COUNTERS = CY | TM | IR
"""Writable bits of `mcounteren` and `scounteren`."""
FIOM = 1
"""Fence of I/O implies memory: a field of `menvcfg`, and the only one of `senvcfg` here."""
STCE = sstc.STCE
"""The bit of `menvcfg` that gives S-mode its timer."""
ADUE = 1 << 61
"""The bit of `menvcfg` that lets hardware set the A and D bits of PTEs; 0 here, as it is a choice
of the machine's builder (`vmlab.privileged`)."""
SEIP = 1 << Irq.SEI
"""The bit of `mip` that shows the wire of the PLIC's S context."""
NO_TRIGGER = 1
"""What `tinfo` says where there is no trigger (Debug specification, "Trigger Info")."""
SATP_MODES = (0, 8)
"""Bare and Sv39."""

Read = Callable[[HartState], int]
Write = Callable[[HartState, int], None]


class Csr(NamedTuple):
    """One CSR: its name and its two actions."""

    name: str
    read: Read
    write: Write


def pending(hart: HartState) -> int:
    """Return the interrupts that are pending: `mip` as a read of it shows (norm:mip_seip_rdcsr)."""
    return hart.mip | SEIP if hart.seip else hart.mip


def exists(number: int) -> bool:
    """Tell whether this hart has the CSR; an access to one that it lacks is illegal."""
    return number in CSRS


def read(hart: HartState, number: int) -> int:
    """Return what a CSR instruction puts into rd, 64 bits. Raise IllegalInstruction if absent."""
    return _find(number).read(hart)


def stored(hart: HartState, number: int) -> int:
    """Return the value that CSRRS and CSRRC modify: as `read`, without wires (mip_seip_wrcsr)."""
    if number == MIP:
        return hart.mip
    if number == SIP:
        return hart.mip & hart.mideleg
    return read(hart, number)


def write(hart: HartState, number: int, value: int) -> None:
    """Write 64 bits; each field keeps what is legal. Raise IllegalInstruction if absent."""
    _find(number).write(hart, value & MASK64)


def _find(number: int) -> Csr:
    try:
        return CSRS[number]
    except KeyError:
        raise IllegalInstruction(f"no CSR {number:#05x}") from None


def _plain(field: str, mask: int = MASK64) -> tuple[Read, Write]:
    """Build the actions of a CSR that is a field of the hart, of which `mask` can be written."""

    def read(hart: HartState) -> int:
        value: int = getattr(hart, field)
        return value

    def write(hart: HartState, value: int) -> None:
        setattr(hart, field, value & mask)

    return read, write


def _constant(value: int) -> tuple[Read, Write]:
    return lambda hart: value, lambda hart, new: None


def _field(old: int, new: int, mask: int) -> int:
    return old & ~mask | new & mask


def _write_mstatus(hart: HartState, value: int) -> None:
    writable = mstatus.WRITABLE
    if value & mstatus.MPP == 2 << mstatus.MPP_SHIFT:  # no mode 2: MPP keeps what it had
        writable &= ~mstatus.MPP
    hart.mstatus = _field(hart.mstatus, value, writable)


def _write_sstatus(hart: HartState, value: int) -> None:
    hart.mstatus = _field(hart.mstatus, value, mstatus.SSTATUS & mstatus.WRITABLE)


def _write_tvec(field: str) -> Write:
    def write(hart: HartState, value: int) -> None:
        if value & 3 <= 1:  # modes 2 and 3 are reserved: the write is ignored
            setattr(hart, field, value)

    return write


def _write_mip(hart: HartState, value: int) -> None:
    writable = S_INTERRUPTS  # the M bits are wires
    if sstc.enabled(hart):  # and so is STIP now (norm:mip_stip_stimecmp_acc)
        writable &= ~sstc.STIP
    hart.mip = _field(hart.mip, value, writable)


def _write_sip(hart: HartState, value: int) -> None:
    hart.mip = _field(hart.mip, value, hart.mideleg & 1 << Irq.SSI)


def _write_sie(hart: HartState, value: int) -> None:
    hart.mie = _field(hart.mie, value, hart.mideleg)


def _write_satp(hart: HartState, value: int) -> None:
    if value >> 60 in SATP_MODES:  # else the whole write has no effect
        hart.satp = value


def _write_menvcfg(hart: HartState, value: int) -> None:
    hart.menvcfg = value & (FIOM | STCE)
    sstc.show(hart)


def _write_stimecmp(hart: HartState, value: int) -> None:
    hart.stimecmp = value
    sstc.show(hart)  # norm:mip_stip_stimecmp_clr


_ROWS: list[tuple[int, str, tuple[Read, Write]]] = [
    (0x100, "sstatus", (lambda hart: hart.mstatus & mstatus.SSTATUS, _write_sstatus)),
    (0x104, "sie", (lambda hart: hart.mie & hart.mideleg, _write_sie)),
    (0x105, "stvec", (_plain("stvec")[0], _write_tvec("stvec"))),
    (0x106, "scounteren", _plain("scounteren", COUNTERS)),
    (0x10A, "senvcfg", _plain("senvcfg", FIOM)),
    (0x140, "sscratch", _plain("sscratch")),
    (0x141, "sepc", _plain("sepc", EPC_MASK)),
    (0x142, "scause", _plain("scause")),
    (0x143, "stval", _plain("stval")),
    (0x144, "sip", (lambda hart: pending(hart) & hart.mideleg, _write_sip)),
    (0x14D, "stimecmp", (_plain("stimecmp")[0], _write_stimecmp)),
    (0x180, "satp", (_plain("satp")[0], _write_satp)),
    (0x300, "mstatus", (_plain("mstatus")[0], _write_mstatus)),
    (0x301, "misa", _constant(MISA)),
    (0x302, "medeleg", _plain("medeleg", DELEGABLE)),
    (0x303, "mideleg", _plain("mideleg", S_INTERRUPTS)),
    (0x304, "mie", _plain("mie", S_INTERRUPTS | M_INTERRUPTS)),
    (0x305, "mtvec", (_plain("mtvec")[0], _write_tvec("mtvec"))),
    (0x306, "mcounteren", _plain("mcounteren", COUNTERS)),
    (0x30A, "menvcfg", (_plain("menvcfg")[0], _write_menvcfg)),
    (0x320, "mcountinhibit", _plain("mcountinhibit", CY | IR)),
    (0x340, "mscratch", _plain("mscratch")),
    (0x341, "mepc", _plain("mepc", EPC_MASK)),
    (0x342, "mcause", _plain("mcause")),
    (0x343, "mtval", _plain("mtval")),
    (0x344, "mip", (pending, _write_mip)),
    # No trigger is implemented: there is none at any `tselect` (Debug specification, "Sdtrig").
    (0x7A0, "tselect", _constant(0)),
    (0x7A1, "tdata1", _constant(0)),
    (0x7A2, "tdata2", _constant(0)),
    (0x7A3, "tdata3", _constant(0)),
    (0x7A4, "tinfo", _constant(NO_TRIGGER)),
    (0xB00, "mcycle", _plain("cycle")),
    (0xB02, "minstret", _plain("instret")),
    (0xC00, "cycle", _plain("cycle")),
    (0xC01, "time", _plain("time")),
    (0xC02, "instret", _plain("instret")),
    (0xF11, "mvendorid", _constant(0)),
    (0xF12, "marchid", _constant(0)),
    (0xF13, "mimpid", _constant(0)),
    (0xF14, "mhartid", (_plain("hartid")[0], lambda hart, value: None)),
    (0xF15, "mconfigptr", _constant(0)),
    # No PMP entry and no performance counter is implemented: all of them read 0.
    *((0x3A0 + 2 * i, f"pmpcfg{2 * i}", _constant(0)) for i in range(8)),
    *((0x3B0 + i, f"pmpaddr{i}", _constant(0)) for i in range(64)),
    *((0x320 + i, f"mhpmevent{i}", _constant(0)) for i in range(3, 32)),
    *((0xB00 + i, f"mhpmcounter{i}", _constant(0)) for i in range(3, 32)),
    *((0xC00 + i, f"hpmcounter{i}", _constant(0)) for i in range(3, 32)),
]

CSRS: dict[int, Csr] = {number: Csr(name, *actions) for number, name, actions in _ROWS}
NUMBERS: dict[str, int] = {csr.name: number for number, csr in CSRS.items()}
"""CSR numbers by name, for the assembler and for readable code."""
MIP = NUMBERS["mip"]
SIP = NUMBERS["sip"]
SATP = NUMBERS["satp"]
STIMECMP = NUMBERS["stimecmp"]
