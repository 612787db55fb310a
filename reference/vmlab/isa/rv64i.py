"""RV64I: computation on 64 bits (Unprivileged manual, "Integer Computational Instructions")."""

from __future__ import annotations

from .arithmetic import s64, u64
from .extension import Extension

RV64I = Extension("I")

# Integer Register-Immediate Instructions


@RV64I.compute("addi", "imm[11:0] rs1 000 rd 0010011", "rd, rs1, imm")
def addi(rs1: int, imm: int) -> int:
    return rs1 + imm


@RV64I.compute("slti", "imm[11:0] rs1 010 rd 0010011", "rd, rs1, imm")
def slti(rs1: int, imm: int) -> int:
    return int(s64(rs1) < imm)


@RV64I.compute("sltiu", "imm[11:0] rs1 011 rd 0010011", "rd, rs1, imm")
def sltiu(rs1: int, imm: int) -> int:
    return int(rs1 < u64(imm))


@RV64I.compute("xori", "imm[11:0] rs1 100 rd 0010011", "rd, rs1, imm")
def xori(rs1: int, imm: int) -> int:
    return rs1 ^ imm


@RV64I.compute("ori", "imm[11:0] rs1 110 rd 0010011", "rd, rs1, imm")
def ori(rs1: int, imm: int) -> int:
    return rs1 | imm


@RV64I.compute("andi", "imm[11:0] rs1 111 rd 0010011", "rd, rs1, imm")
def andi(rs1: int, imm: int) -> int:
    return rs1 & imm


@RV64I.compute("slli", "000000 uimm[5:0] rs1 001 rd 0010011", "rd, rs1, uimm")
def slli(rs1: int, imm: int) -> int:
    return rs1 << imm


@RV64I.compute("srli", "000000 uimm[5:0] rs1 101 rd 0010011", "rd, rs1, uimm")
def srli(rs1: int, imm: int) -> int:
    return rs1 >> imm


@RV64I.compute("srai", "010000 uimm[5:0] rs1 101 rd 0010011", "rd, rs1, uimm")
def srai(rs1: int, imm: int) -> int:
    return s64(rs1) >> imm


@RV64I.compute("lui", "imm[31:12] rd 0110111", "rd, upper")
def lui(imm: int) -> int:
    return imm


@RV64I.compute("auipc", "imm[31:12] rd 0010111", "rd, upper")
def auipc(pc: int, imm: int) -> int:
    return pc + imm


# Integer Register-Register Operations: shifts take the low six bits of rs2


@RV64I.compute("add", "0000000 rs2 rs1 000 rd 0110011", "rd, rs1, rs2")
def add(rs1: int, rs2: int) -> int:
    return rs1 + rs2


@RV64I.compute("sub", "0100000 rs2 rs1 000 rd 0110011", "rd, rs1, rs2")
def sub(rs1: int, rs2: int) -> int:
    return rs1 - rs2


@RV64I.compute("sll", "0000000 rs2 rs1 001 rd 0110011", "rd, rs1, rs2")
def sll(rs1: int, rs2: int) -> int:
    return rs1 << (rs2 & 63)


@RV64I.compute("slt", "0000000 rs2 rs1 010 rd 0110011", "rd, rs1, rs2")
def slt(rs1: int, rs2: int) -> int:
    return int(s64(rs1) < s64(rs2))


@RV64I.compute("sltu", "0000000 rs2 rs1 011 rd 0110011", "rd, rs1, rs2")
def sltu(rs1: int, rs2: int) -> int:
    return int(rs1 < rs2)


@RV64I.compute("xor", "0000000 rs2 rs1 100 rd 0110011", "rd, rs1, rs2")
def xor(rs1: int, rs2: int) -> int:
    return rs1 ^ rs2


@RV64I.compute("srl", "0000000 rs2 rs1 101 rd 0110011", "rd, rs1, rs2")
def srl(rs1: int, rs2: int) -> int:
    return rs1 >> (rs2 & 63)


@RV64I.compute("sra", "0100000 rs2 rs1 101 rd 0110011", "rd, rs1, rs2")
def sra(rs1: int, rs2: int) -> int:
    return s64(rs1) >> (rs2 & 63)


@RV64I.compute("or", "0000000 rs2 rs1 110 rd 0110011", "rd, rs1, rs2")
def or_(rs1: int, rs2: int) -> int:
    return rs1 | rs2


@RV64I.compute("and", "0000000 rs2 rs1 111 rd 0110011", "rd, rs1, rs2")
def and_(rs1: int, rs2: int) -> int:
    return rs1 & rs2
