"""The instructions that trap out of a deprivileged guest, as 32-bit words.

Written out here rather than assembled: a bench makes thousands of them, and tests want malformed
ones too.
"""

from __future__ import annotations

from vmlab.csrs import NUMBERS

MRET = 0x3020_0073
SRET = 0x1020_0073
WFI = 0x1050_0073
SFENCE_VMA = 0x1200_0073
ECALL = 0x0000_0073
EBREAK = 0x0010_0073
CSR_FUNCT3 = {"csrrw": 1, "csrrs": 2, "csrrc": 3, "csrrwi": 5, "csrrsi": 6, "csrrci": 7}


def csr(name: str, rd: int, number: str | int, source: int) -> int:
    """Encode a CSR instruction; `source` is the number of rs1, or the 5-bit immediate."""
    address = NUMBERS[number] if isinstance(number, str) else number
    return address << 20 | source << 15 | CSR_FUNCT3[name] << 12 | rd << 7 | 0x73


def sfence_vma(rs1: int = 0, rs2: int = 0) -> int:
    """Encode `sfence.vma rs1, rs2`."""
    return SFENCE_VMA | rs2 << 20 | rs1 << 15
