"""A: load-reserved and store-conditional (Zalrsc), atomic memory operations (Zaamo)."""

from __future__ import annotations

from .arithmetic import s32, s64, u32, u64
from .extension import Extension

RV64A = Extension("A")

# 32 bits

RV64A.load_reserved("lr.w", "00010 aq rl 00000 rs1 010 rd 0101111", width=4)
RV64A.store_conditional("sc.w", "00011 aq rl rs2 rs1 010 rd 0101111", width=4)


@RV64A.amo("amoswap.w", "00001 aq rl rs2 rs1 010 rd 0101111", width=4)
def amoswap_w(old: int, rs2: int) -> int:
    return rs2


@RV64A.amo("amoadd.w", "00000 aq rl rs2 rs1 010 rd 0101111", width=4)
def amoadd_w(old: int, rs2: int) -> int:
    return old + rs2


@RV64A.amo("amoxor.w", "00100 aq rl rs2 rs1 010 rd 0101111", width=4)
def amoxor_w(old: int, rs2: int) -> int:
    return old ^ rs2


@RV64A.amo("amoand.w", "01100 aq rl rs2 rs1 010 rd 0101111", width=4)
def amoand_w(old: int, rs2: int) -> int:
    return old & rs2


@RV64A.amo("amoor.w", "01000 aq rl rs2 rs1 010 rd 0101111", width=4)
def amoor_w(old: int, rs2: int) -> int:
    return old | rs2


@RV64A.amo("amomin.w", "10000 aq rl rs2 rs1 010 rd 0101111", width=4)
def amomin_w(old: int, rs2: int) -> int:
    return min(s32(old), s32(rs2))


@RV64A.amo("amomax.w", "10100 aq rl rs2 rs1 010 rd 0101111", width=4)
def amomax_w(old: int, rs2: int) -> int:
    return max(s32(old), s32(rs2))


@RV64A.amo("amominu.w", "11000 aq rl rs2 rs1 010 rd 0101111", width=4)
def amominu_w(old: int, rs2: int) -> int:
    return min(u32(old), u32(rs2))


@RV64A.amo("amomaxu.w", "11100 aq rl rs2 rs1 010 rd 0101111", width=4)
def amomaxu_w(old: int, rs2: int) -> int:
    return max(u32(old), u32(rs2))


# 64 bits

RV64A.load_reserved("lr.d", "00010 aq rl 00000 rs1 011 rd 0101111", width=8)
RV64A.store_conditional("sc.d", "00011 aq rl rs2 rs1 011 rd 0101111", width=8)


@RV64A.amo("amoswap.d", "00001 aq rl rs2 rs1 011 rd 0101111", width=8)
def amoswap_d(old: int, rs2: int) -> int:
    return rs2


@RV64A.amo("amoadd.d", "00000 aq rl rs2 rs1 011 rd 0101111", width=8)
def amoadd_d(old: int, rs2: int) -> int:
    return old + rs2


@RV64A.amo("amoxor.d", "00100 aq rl rs2 rs1 011 rd 0101111", width=8)
def amoxor_d(old: int, rs2: int) -> int:
    return old ^ rs2


@RV64A.amo("amoand.d", "01100 aq rl rs2 rs1 011 rd 0101111", width=8)
def amoand_d(old: int, rs2: int) -> int:
    return old & rs2


@RV64A.amo("amoor.d", "01000 aq rl rs2 rs1 011 rd 0101111", width=8)
def amoor_d(old: int, rs2: int) -> int:
    return old | rs2


@RV64A.amo("amomin.d", "10000 aq rl rs2 rs1 011 rd 0101111", width=8)
def amomin_d(old: int, rs2: int) -> int:
    return min(s64(old), s64(rs2))


@RV64A.amo("amomax.d", "10100 aq rl rs2 rs1 011 rd 0101111", width=8)
def amomax_d(old: int, rs2: int) -> int:
    return max(s64(old), s64(rs2))


@RV64A.amo("amominu.d", "11000 aq rl rs2 rs1 011 rd 0101111", width=8)
def amominu_d(old: int, rs2: int) -> int:
    return min(u64(old), u64(rs2))


@RV64A.amo("amomaxu.d", "11100 aq rl rs2 rs1 011 rd 0101111", width=8)
def amomaxu_d(old: int, rs2: int) -> int:
    return max(u64(old), u64(rs2))
