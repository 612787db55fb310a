"""C: the integer instructions with 16 bits, each of which expands to one with 32 (Zca).

A row gives the name, the encoding, the operands in assembly, and what it expands to. Rows are tried
in order, as a special case stands before the general one. What the manual reserves matches no row.
HINTs do: they are computations that change nothing, as the manual allows (norm:Zca_hints). The
compressed loads and stores of floating point are no instructions here, as there is none.
"""

from __future__ import annotations

from .compressed import Compressed
from .table import BY_NAME


def _row(name: str, pattern: str, syntax: str, expansion: str, *nonzero: str) -> Compressed:
    base, _, operands = expansion.partition(" ")
    return Compressed(name, "C", pattern, syntax, BY_NAME[base], operands, nonzero=nonzero)


COMPRESSED: tuple[Compressed, ...] = (
    # Quadrant 0. norm:c-addi4spn_rsv; with it, 16 bits of zeros are illegal (norm:Zca_illegal).
    _row("c.addi4spn", "000 uimm[5:4|9:6|2|3] rd' 00", "rd, sp, uimm", "addi rd, x2, uimm", "uimm"),
    _row("c.lw", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "rd, uimm(rs1)", "lw rd, uimm(rs1)"),
    _row("c.ld", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "rd, uimm(rs1)", "ld rd, uimm(rs1)"),
    _row("c.sw", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "rs2, uimm(rs1)", "sw rs2, uimm(rs1)"),
    _row("c.sd", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "rs2, uimm(rs1)", "sd rs2, uimm(rs1)"),
    # Quadrant 1. norm:c-addiw_rsv, norm:c-addi16sp_rsv, norm:c-lui_rsv.
    _row("c.nop", "000 0 00000 00000 01", "", "addi x0, x0, 0"),
    _row("c.addi", "000 imm[5] rd imm[4:0] 01", "rd, imm", "addi rd, rd, imm"),
    _row("c.addiw", "001 imm[5] rd imm[4:0] 01", "rd, imm", "addiw rd, rd, imm", "rd"),
    _row("c.li", "010 imm[5] rd imm[4:0] 01", "rd, imm", "addi rd, x0, imm"),
    _row("c.addi16sp", "011 imm[9] 00010 imm[4|6|8:7|5] 01", "sp, imm", "addi x2, x2, imm", "imm"),
    _row("c.lui", "011 imm[17] rd imm[16:12] 01", "rd, upper", "lui rd, imm", "imm"),
    _row("c.srli", "100 uimm[5] 00 rd' uimm[4:0] 01", "rd, uimm", "srli rd, rd, uimm"),
    _row("c.srai", "100 uimm[5] 01 rd' uimm[4:0] 01", "rd, uimm", "srai rd, rd, uimm"),
    _row("c.andi", "100 imm[5] 10 rd' imm[4:0] 01", "rd, imm", "andi rd, rd, imm"),
    _row("c.sub", "100 0 11 rd' 00 rs2' 01", "rd, rs2", "sub rd, rd, rs2"),
    _row("c.xor", "100 0 11 rd' 01 rs2' 01", "rd, rs2", "xor rd, rd, rs2"),
    _row("c.or", "100 0 11 rd' 10 rs2' 01", "rd, rs2", "or rd, rd, rs2"),
    _row("c.and", "100 0 11 rd' 11 rs2' 01", "rd, rs2", "and rd, rd, rs2"),
    _row("c.subw", "100 1 11 rd' 00 rs2' 01", "rd, rs2", "subw rd, rd, rs2"),
    _row("c.addw", "100 1 11 rd' 01 rs2' 01", "rd, rs2", "addw rd, rd, rs2"),
    _row("c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "target", "jal x0, imm"),
    _row("c.beqz", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "beq rs1, x0, imm"),
    _row("c.bnez", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "bne rs1, x0, imm"),
    # Quadrant 2. norm:c-lwsp_rsv, norm:c-ldsp_rsv, norm:c-jr_rsv.
    _row("c.slli", "000 uimm[5] rd uimm[4:0] 10", "rd, uimm", "slli rd, rd, uimm"),
    _row("c.lwsp", "010 uimm[5] rd uimm[4:2|7:6] 10", "rd, uimm(sp)", "lw rd, uimm(x2)", "rd"),
    _row("c.ldsp", "011 uimm[5] rd uimm[4:3|8:6] 10", "rd, uimm(sp)", "ld rd, uimm(x2)", "rd"),
    _row("c.jr", "100 0 rs1 00000 10", "rs1", "jalr x0, 0(rs1)", "rs1"),
    _row("c.mv", "100 0 rd rs2 10", "rd, rs2", "add rd, x0, rs2", "rs2"),
    _row("c.ebreak", "100 1 00000 00000 10", "", "ebreak"),
    _row("c.jalr", "100 1 rs1 00000 10", "rs1", "jalr x1, 0(rs1)", "rs1"),
    _row("c.add", "100 1 rd rs2 10", "rd, rs2", "add rd, rd, rs2", "rs2"),
    _row("c.swsp", "110 uimm[5:2|7:6] rs2 10", "rs2, uimm(sp)", "sw rs2, uimm(x2)"),
    _row("c.sdsp", "111 uimm[5:3|8:6] rs2 10", "rs2, uimm(sp)", "sd rs2, uimm(x2)"),
)
