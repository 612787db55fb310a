"""The 16-bit encodings: all 65536 of them against binutils and capstone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from vmlab.asm import assemble
from vmlab.disasm import disassemble
from vmlab.hart import MASK64
from vmlab.isa import BY_NAME, COMPRESSED, Decoded, decode, length

OBJDUMP = "riscv64-unknown-elf-objdump"
HALFWORDS = [half for half in range(1 << 16) if half & 3 != 3]
FLOATING = ("c.fld", "c.fsd", "c.fldsp", "c.fsdsp")
"""Loads and stores of an extension that this machine lacks."""


def row(name: str):
    return next(row for row in COMPRESSED if row.name == name)


def test_every_row_has_its_own_name_and_sixteen_bits():
    assert len({row.name for row in COMPRESSED} | set(BY_NAME)) == len(COMPRESSED) + len(BY_NAME)
    assert {row.length for row in COMPRESSED} == {2}


def test_a_compressed_instruction_is_the_one_that_it_expands_to():
    assert decode(0x1141) == Decoded(
        BY_NAME["addi"], 0x1141, 2, rd=2, rs1=2, imm=-16, compressed=row("c.addi")
    )
    assert decode(0x8082) == Decoded(BY_NAME["jalr"], 0x8082, 2, rs1=1, compressed=row("c.jr"))
    assert decode(0x9002) == Decoded(BY_NAME["ebreak"], 0x9002, 2, compressed=row("c.ebreak"))
    assert decode(0xE406) == Decoded(
        BY_NAME["sd"], 0xE406, 2, rs1=2, rs2=1, imm=8, compressed=row("c.sdsp")
    )
    assert decode(0x6505) == Decoded(
        BY_NAME["lui"], 0x6505, 2, rd=10, imm=0x1000, compressed=row("c.lui")
    )


def test_what_follows_is_not_looked_at():
    assert decode(0xABCD_1141) == decode(0x1141)


# What the manual reserves (Zca, the norm:c-*_rsv rules), and what this machine lacks.
RESERVED = {
    "all zeros": 0x0000,
    "c.addi4spn with 0": 0x0004,
    "quadrant 0, funct3 100": 0x8000,
    "c.addiw to x0": 0x2005,
    "c.addi16sp with 0": 0x6101,
    "c.lui with 0": 0x6501,
    "the last of c.subw, c.addw and two more": 0x9C61,
    "c.lwsp to x0": 0x4002,
    "c.ldsp to x0": 0x6002,
    "c.jr to x0": 0x8002,
    "c.fld": 0x2000,
    "c.fsdsp": 0xA002,
}


@pytest.mark.parametrize("half", RESERVED.values(), ids=RESERVED.keys())
def test_reserved_encodings_are_no_instruction(half):
    assert decode(half) is None


# Code points that change nothing (Zca, table "HINT instructions").
HINTS = {
    "c.nop with an immediate": 0x0005,
    "c.addi with 0": 0x0501,
    "c.li to x0": 0x4005,
    "c.lui to x0": 0x6005,
    "c.mv to x0": 0x802A,
    "c.add to x0": 0x900A,
    "c.slli of x0": 0x0006,
    "c.slli by 0": 0x0502,
    "c.srli by 0": 0x8001,
    "c.srai by 0": 0x8401,
}


@pytest.mark.parametrize("half", HINTS.values(), ids=HINTS.keys())
def test_hints_are_instructions_that_change_nothing(half):
    found = decode(half)
    assert found is not None
    assert found.instruction.meaning is not None
    operands = {"rs1": 7 if found.rs1 else 0, "rs2": 9, "imm": found.imm}
    value = found.instruction.meaning(*(operands[name] for name in found.instruction.needs))
    assert found.rd == 0 or value == operands["rs1"]


@pytest.mark.parametrize("row", COMPRESSED, ids=lambda row: row.name)
def test_encoding_is_the_inverse_of_decoding(row):
    words = [half for half in HALFWORDS if (d := decode(half)) and d.compressed is row]
    assert words
    for word in words:
        values = {name: field.extract(word) for name, field in row.fields.items()}
        assert row.encode(**values) == word


def test_what_is_written_assembles_to_the_same_bits():
    lines, expected = [], b""
    for half in HALFWORDS:
        found = decode(half)
        line = disassemble(half)
        if found is not None and found.instruction.syntax.endswith("target"):
            line = f"{line.rpartition(' ')[0]} . + {found.imm}"
        lines.append(line)
        expected += half.to_bytes(2, "little")
    [(_, data)] = assemble("\n".join(lines)).segments
    assert data == expected


def test_objdump_writes_the_same(tmp_path: Path):
    if shutil.which(OBJDUMP) is None:
        pytest.skip(f"{OBJDUMP} is not installed (Debian: binutils-riscv64-unknown-elf)")
    (tmp_path / "all").write_bytes(b"".join(half.to_bytes(2, "little") for half in HALFWORDS))
    command = [OBJDUMP, "-b", "binary", "-m", "riscv:rv64", "-D", "-M", "no-aliases", "all"]
    text = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"^ +([0-9a-f]+):\t[0-9a-f]{4} +\t(.*)$", text, re.MULTILINE)
    assert len(lines) == len(HALFWORDS)
    for half, (pc, line) in zip(HALFWORDS, lines, strict=True):
        name, operands = _spelled(line.partition("#")[0])
        if name.endswith("64"):  # a shift by 0, which has a name of its own on RV128
            name, operands = name[:-2], [*operands, "0"]
        if (name, operands) == ("c.addi", ["zero", "0"]):
            name, operands = "c.nop", []
        if name in (*FLOATING, "c.unimp", ".2byte") or half == RESERVED["c.addi16sp with 0"]:
            name, operands = ".half", [str(half)]
        assert _spelled(disassemble(half, int(pc, 16))) == (name, operands)


def _spelled(line: str) -> tuple[str, list[str]]:
    name, _, rest = line.strip().replace("\t", " ").partition(" ")
    operands = [word for word in re.split(r"[\s,()]+", rest) if word]
    number = re.compile(r"-?(0x[0-9a-f]+|[0-9]+)")
    return name, [str(int(w, 0) & MASK64) if number.fullmatch(w) else w for w in operands]


def test_capstone_finds_the_same():
    capstone = pytest.importorskip("capstone", reason="capstone is not installed")
    md = capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV64 | capstone.CS_MODE_RISCVC)
    for half in HALFWORDS:
        found = next(md.disasm(half.to_bytes(2, "little"), 0), None)
        theirs = found and _spelled(f"{md.insn_name(found.id)} {found.op_str}")
        ours = decode(half)
        if theirs is None:  # it refuses HINTs, as it refuses what is reserved
            assert ours is None or ours.rd == 0, hex(half)
        elif ours is None:  # it takes c.lui with 0
            assert theirs[0] in (*FLOATING, "c.unimp", "c.lui"), hex(half)
            assert theirs[0] != "c.lui" or theirs[1][1] == "0", hex(half)
        elif theirs[0] != "c.nop":  # its name for all HINTs of c.nop
            assert _spelled(disassemble(half)) == theirs, hex(half)


@pytest.mark.parametrize(("word", "expected"), [(0x13, 4), (0x1, 2), (0x10002, 2), (0x7F, 4)])
def test_length(word, expected):
    assert length(word) == expected
