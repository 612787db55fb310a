"""Zicsr: atomic read and write of a control and status register."""

from __future__ import annotations

from .extension import Extension
from .instruction import CsrForm

ZICSR = Extension("Zicsr")


@ZICSR.csr("csrrw", "csr rs1 001 rd 1110011", "rd, csr, rs1", CsrForm.WRITE)
def csrrw(old: int, rs1: int) -> int:
    return rs1


@ZICSR.csr("csrrs", "csr rs1 010 rd 1110011", "rd, csr, rs1", CsrForm.SET)
def csrrs(old: int, rs1: int) -> int:
    return old | rs1


@ZICSR.csr("csrrc", "csr rs1 011 rd 1110011", "rd, csr, rs1", CsrForm.CLEAR)
def csrrc(old: int, rs1: int) -> int:
    return old & ~rs1


@ZICSR.csr("csrrwi", "csr uimm[4:0] 101 rd 1110011", "rd, csr, uimm", CsrForm.WRITE)
def csrrwi(old: int, imm: int) -> int:
    return imm


@ZICSR.csr("csrrsi", "csr uimm[4:0] 110 rd 1110011", "rd, csr, uimm", CsrForm.SET)
def csrrsi(old: int, imm: int) -> int:
    return old | imm


@ZICSR.csr("csrrci", "csr uimm[4:0] 111 rd 1110011", "rd, csr, uimm", CsrForm.CLEAR)
def csrrci(old: int, imm: int) -> int:
    return old & ~imm
