"""The registers that gdb sees, by the numbers that gdb itself gives them (gdb/riscv-tdep.h)."""

from __future__ import annotations

from functools import cache

from vmlab import csrs
from vmlab.hart import MASK64, Mode
from vmlab.isa.registers import ABI_NAMES
from vmlab.machine import Machine
from vmlab.pmp import CSRS as PMP_CSRS

PC = 32
FIRST_CSR = 65
"""CSR 0; the others follow by their numbers."""
PRIV = FIRST_CSR + 4096
"""The privilege mode."""
CORE = range(PC + 1)
"""What `g` and `G` carry: the integer registers and pc."""


def exists(number: int) -> bool:
    """Tell whether there is such a register."""
    return number in CORE or number == PRIV or csrs.exists(number - FIRST_CSR)


def read(machine: Machine, number: int) -> int:
    """Return a register's 64 bits."""
    hart, csr = machine.hart, number - FIRST_CSR
    if number < PC:
        return hart.x[number]
    if number == PC:
        return hart.pc
    if number == PRIV:
        return hart.mode
    if machine.pmp is not None and csr in PMP_CSRS:
        return machine.pmp.read(csr)
    return csrs.read(hart, csr)


def write(machine: Machine, number: int, value: int) -> None:
    """Write a register, as an instruction would: a CSR keeps what is legal.

    Raises:
        ValueError: for a mode that does not exist.
    """
    hart, csr = machine.hart, number - FIRST_CSR
    value &= MASK64
    if number < PC:
        hart.x[number] = value if number else 0
    elif number == PC:
        hart.pc = value & ~1  # IALIGN = 16
    elif number == PRIV:
        hart.mode = Mode(value)
    elif machine.pmp is not None and csr in PMP_CSRS:
        machine.pmp.write(csr, value)
        machine.mmu.forget_all()
    else:
        csrs.write(hart, csr, value)
        if csr == csrs.SATP:
            machine.mmu.forget()


@cache
def description() -> bytes:
    """Return the target description, an XML text ("Target Descriptions", "RISC-V Features")."""
    core = [_register(name, number, "int") for number, name in enumerate(ABI_NAMES)]
    core.append(_register("pc", PC, "code_ptr"))
    others = [
        _register(csr.name, FIRST_CSR + number, "int", "csr") for number, csr in csrs.CSRS.items()
    ]
    features = {
        "org.gnu.gdb.riscv.cpu": core,
        "org.gnu.gdb.riscv.csr": others,
        "org.gnu.gdb.riscv.virtual": [_register("priv", PRIV, "int", "general")],
    }
    lines = [
        '<?xml version="1.0"?>',
        '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
        '<target version="1.0">',
        "<architecture>riscv:rv64</architecture>",
    ]
    for name, registers in features.items():
        lines += [f'<feature name="{name}">', *registers, "</feature>"]
    return "\n".join([*lines, "</target>", ""]).encode()


def _register(name: str, number: int, kind: str, group: str = "general") -> str:
    return f'<reg name="{name}" bitsize="64" regnum="{number}" type="{kind}" group="{group}"/>'
