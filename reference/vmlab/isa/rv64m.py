"""M: multiplication and division. Neither overflow nor division by zero traps."""

from __future__ import annotations

from .arithmetic import quotient, remainder, s32, s64, u32
from .extension import Extension

RV64M = Extension("M")


@RV64M.compute("mul", "0000001 rs2 rs1 000 rd 0110011", "rd, rs1, rs2")
def mul(rs1: int, rs2: int) -> int:
    return rs1 * rs2


@RV64M.compute("mulh", "0000001 rs2 rs1 001 rd 0110011", "rd, rs1, rs2")
def mulh(rs1: int, rs2: int) -> int:
    return s64(rs1) * s64(rs2) >> 64


@RV64M.compute("mulhsu", "0000001 rs2 rs1 010 rd 0110011", "rd, rs1, rs2")
def mulhsu(rs1: int, rs2: int) -> int:
    return s64(rs1) * rs2 >> 64


@RV64M.compute("mulhu", "0000001 rs2 rs1 011 rd 0110011", "rd, rs1, rs2")
def mulhu(rs1: int, rs2: int) -> int:
    return rs1 * rs2 >> 64


@RV64M.compute("div", "0000001 rs2 rs1 100 rd 0110011", "rd, rs1, rs2")
def div(rs1: int, rs2: int) -> int:
    return quotient(s64(rs1), s64(rs2))


@RV64M.compute("divu", "0000001 rs2 rs1 101 rd 0110011", "rd, rs1, rs2")
def divu(rs1: int, rs2: int) -> int:
    return quotient(rs1, rs2)


@RV64M.compute("rem", "0000001 rs2 rs1 110 rd 0110011", "rd, rs1, rs2")
def rem(rs1: int, rs2: int) -> int:
    return remainder(s64(rs1), s64(rs2))


@RV64M.compute("remu", "0000001 rs2 rs1 111 rd 0110011", "rd, rs1, rs2")
def remu(rs1: int, rs2: int) -> int:
    return remainder(rs1, rs2)


@RV64M.compute("mulw", "0000001 rs2 rs1 000 rd 0111011", "rd, rs1, rs2")
def mulw(rs1: int, rs2: int) -> int:
    return s32(rs1 * rs2)


@RV64M.compute("divw", "0000001 rs2 rs1 100 rd 0111011", "rd, rs1, rs2")
def divw(rs1: int, rs2: int) -> int:
    return s32(quotient(s32(rs1), s32(rs2)))


@RV64M.compute("divuw", "0000001 rs2 rs1 101 rd 0111011", "rd, rs1, rs2")
def divuw(rs1: int, rs2: int) -> int:
    return s32(quotient(u32(rs1), u32(rs2)))


@RV64M.compute("remw", "0000001 rs2 rs1 110 rd 0111011", "rd, rs1, rs2")
def remw(rs1: int, rs2: int) -> int:
    return remainder(s32(rs1), s32(rs2))


@RV64M.compute("remuw", "0000001 rs2 rs1 111 rd 0111011", "rd, rs1, rs2")
def remuw(rs1: int, rs2: int) -> int:
    return s32(remainder(u32(rs1), u32(rs2)))
