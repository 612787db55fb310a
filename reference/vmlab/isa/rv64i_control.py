"""RV64I: jumps, branches, loads and stores, fences, calls of the environment; and Zifencei."""

from __future__ import annotations

from .arithmetic import s64
from .extension import Extension

RV64I = Extension("I")

# Unconditional Jumps


@RV64I.jump("jal", "imm[20|10:1|11|19:12] rd 1101111", "rd, target")
def jal(pc: int, imm: int) -> int:
    return pc + imm


@RV64I.jump("jalr", "imm[11:0] rs1 000 rd 1100111", "rd, imm(rs1)")
def jalr(rs1: int, imm: int) -> int:
    return rs1 + imm & ~1


# Conditional Branches


@RV64I.branch("beq", "imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011")
def beq(rs1: int, rs2: int) -> bool:
    return rs1 == rs2


@RV64I.branch("bne", "imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011")
def bne(rs1: int, rs2: int) -> bool:
    return rs1 != rs2


@RV64I.branch("blt", "imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011")
def blt(rs1: int, rs2: int) -> bool:
    return s64(rs1) < s64(rs2)


@RV64I.branch("bge", "imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011")
def bge(rs1: int, rs2: int) -> bool:
    return s64(rs1) >= s64(rs2)


@RV64I.branch("bltu", "imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011")
def bltu(rs1: int, rs2: int) -> bool:
    return rs1 < rs2


@RV64I.branch("bgeu", "imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011")
def bgeu(rs1: int, rs2: int) -> bool:
    return rs1 >= rs2


# Load and Store Instructions

RV64I.load("lb", "imm[11:0] rs1 000 rd 0000011", width=1, signed=True)
RV64I.load("lh", "imm[11:0] rs1 001 rd 0000011", width=2, signed=True)
RV64I.load("lw", "imm[11:0] rs1 010 rd 0000011", width=4, signed=True)
RV64I.load("ld", "imm[11:0] rs1 011 rd 0000011", width=8, signed=True)
RV64I.load("lbu", "imm[11:0] rs1 100 rd 0000011", width=1, signed=False)
RV64I.load("lhu", "imm[11:0] rs1 101 rd 0000011", width=2, signed=False)
RV64I.load("lwu", "imm[11:0] rs1 110 rd 0000011", width=4, signed=False)
RV64I.store("sb", "imm[11:5] rs2 rs1 000 imm[4:0] 0100011", width=1)
RV64I.store("sh", "imm[11:5] rs2 rs1 001 imm[4:0] 0100011", width=2)
RV64I.store("sw", "imm[11:5] rs2 rs1 010 imm[4:0] 0100011", width=4)
RV64I.store("sd", "imm[11:5] rs2 rs1 011 imm[4:0] 0100011", width=8)

# Memory Ordering Instructions. Reserved fields are ignored (norm:fence_unused_flds_rsv), and a
# reserved fm is read as 0000; only fm = TSO has a name.

RV64I.fence("fence.tso", "1000 0011 0011 ----- 000 ----- 0001111", "")
RV64I.fence("fence", "---- pred succ ----- 000 ----- 0001111", "pred, succ")

# Environment Call and Breakpoints

RV64I.system("ecall", "000000000000 00000 000 00000 1110011")
RV64I.system("ebreak", "000000000001 00000 000 00000 1110011")

# Zifencei: fields reserved for finer fences are ignored (norm:fence_i_rsv).

ZIFENCEI = Extension("Zifencei")
ZIFENCEI.system("fence.i", "------------ ----- 001 ----- 0001111")
