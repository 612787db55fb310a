"""RV64I: computation on 32 bits. The W forms ignore the upper half of their operands,
and extend the sign of their 32-bit result over the upper half of rd.
"""

from __future__ import annotations

from .arithmetic import s32, u32
from .extension import Extension

RV64I = Extension("I")


@RV64I.compute("addiw", "imm[11:0] rs1 000 rd 0011011", "rd, rs1, imm")
def addiw(rs1: int, imm: int) -> int:
    return s32(rs1 + imm)


@RV64I.compute("slliw", "0000000 uimm[4:0] rs1 001 rd 0011011", "rd, rs1, uimm")
def slliw(rs1: int, imm: int) -> int:
    return s32(rs1 << imm)


@RV64I.compute("srliw", "0000000 uimm[4:0] rs1 101 rd 0011011", "rd, rs1, uimm")
def srliw(rs1: int, imm: int) -> int:
    return s32(u32(rs1) >> imm)


@RV64I.compute("sraiw", "0100000 uimm[4:0] rs1 101 rd 0011011", "rd, rs1, uimm")
def sraiw(rs1: int, imm: int) -> int:
    return s32(rs1) >> imm


@RV64I.compute("addw", "0000000 rs2 rs1 000 rd 0111011", "rd, rs1, rs2")
def addw(rs1: int, rs2: int) -> int:
    return s32(rs1 + rs2)


@RV64I.compute("subw", "0100000 rs2 rs1 000 rd 0111011", "rd, rs1, rs2")
def subw(rs1: int, rs2: int) -> int:
    return s32(rs1 - rs2)


@RV64I.compute("sllw", "0000000 rs2 rs1 001 rd 0111011", "rd, rs1, rs2")
def sllw(rs1: int, rs2: int) -> int:
    return s32(rs1 << (rs2 & 31))


@RV64I.compute("srlw", "0000000 rs2 rs1 101 rd 0111011", "rd, rs1, rs2")
def srlw(rs1: int, rs2: int) -> int:
    return s32(u32(rs1) >> (rs2 & 31))


@RV64I.compute("sraw", "0100000 rs2 rs1 101 rd 0111011", "rd, rs1, rs2")
def sraw(rs1: int, rs2: int) -> int:
    return s32(rs1) >> (rs2 & 31)
