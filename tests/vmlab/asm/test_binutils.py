"""The same source through both assemblers gives the same bytes."""

import random
from pathlib import Path

from vmlab.asm.pseudo import PSEUDO
from vmlab.csrs import NUMBERS
from vmlab.disasm import disassemble
from vmlab.isa import COMPRESSED, INSTRUCTIONS, Compressed, Instruction, Kind
from vmlab.isa.registers import NUMBERS as REGISTERS

KERNEL = Path(__file__).with_name("kernel.S")
EDGES = [0, 1, -1, 2047, -2048, 2048, -2049, 4095, 4096, 0x7FFF_FFFF, 0x8000_0000, -0x8000_0000]


def spell(row: Instruction, word: str, bits: random.Random) -> str:
    """Write one operand of a row's syntax, with any value that it can have."""
    register = bits.choice(list(REGISTERS))
    if word == "imm(rs1)":
        return f"{spell(row, 'imm', bits)}({register})"
    if word in ("imm", "target"):
        field = row.fields["imm"]
        low, high = field.lowest // field.step, field.highest // field.step
        value = bits.choice((low, high, 0, 1, -1, bits.randint(low, high))) * field.step
        return f". + {value}" if word == "target" else str(value)
    match word:
        case "uimm":
            return str(bits.choice((0, 1, row.fields["uimm"].highest)))
        case "upper":
            return hex(bits.choice((0, 1, 0x7_FFFF, 0x8_0000, 0xF_FFFF)))
        case "csr":
            return bits.choice([*NUMBERS, "0x123", "0xfff"])
        case "(rs1)":
            return f"{bits.choice(('', '0'))}({register})"
        case "pred" | "succ":
            return bits.choice(("iorw", "i", "o", "r", "w", "rw", "io", "ir", "orw"))
    return register


def test_every_instruction(same):
    bits = random.Random(0)
    lines = []
    for row in INSTRUCTIONS:
        words = row.syntax.split(", ") if row.syntax else []
        suffixes = ("", ".aq", ".rl", ".aqrl") if "aq" in row.fields else ("",)
        for _ in range(15 if words else 1):
            for suffix in suffixes:
                operands = ", ".join(spell(row, word, bits) for word in words)
                lines.append(f"{row.name}{suffix} {operands}")
    assert len(lines) > 1500
    same("\n".join(lines))


def test_every_csr_name(same):
    same("\n".join(f"csrr a0, {name}" for name in NUMBERS))


def test_every_pseudo_instruction(same):
    values = {"rd": "a0", "rs": "s3", "rt": "t6", "imm": "-7", "uimm": "5", "csr": "mscratch"}
    values |= {"target": "near", "symbol": "far + 2040"}
    lines = ["near:"]
    for rows in PSEUDO.values():
        for row in rows:
            imm = "3" if row.name.startswith(("sll", "srl", "sra")) else values["imm"]
            operands = ", ".join({**values, "imm": imm}[name] for name in row.operands)
            lines.append(f"{row.name} {operands}")
    same("\n".join([*lines, ".data", ".zero 100", "far: .zero 4096"]))


def test_li(same):
    bits = random.Random(1)
    values = [*EDGES, *(1 << n for n in range(64)), *(-1 << n for n in range(64))]
    values += [(1 << n) - 1 for n in range(1, 65)]
    values += [bits.getrandbits(bits.randint(1, 64)) << bits.randint(0, 20) for _ in range(300)]
    values += [bits.getrandbits(64) for _ in range(300)]
    same("\n".join(f"li a0, {value & (1 << 64) - 1:#x}" for value in values))


def test_data(same):
    same(
        r"""
        .data
        .byte 0, -128, 255, 'a', '\n', '\\', ' '
        .half -32768, 65535; .short 1; .2byte 2
        .align 2
        .word -1, 0xffffffff, 010, 0b101; .long 1; .4byte 2
        .quad -1, 0xffffffffffffffff; .dword here, . - here; .8byte 3
        .p2align 5
here:   .ascii "a\tb\\\"", "\x41\101"
        .asciz "z"
        .string "one", "two"
        .balign 16, 0xab
        .zero 3
        .space 5, 7
        .skip 2
        .org 0x200
        .byte 1
        .org here + 0x300
        .byte 2
        """
    )


def test_alignment_in_text_is_filled_with_nops(same):
    same("add a0, a0, a0\n.align 4\nadd a1, a1, a1\n.align 3\nret\n.balign 64\nret\n.balign 64")


def test_expressions(same):
    same(
        """
        .equ a, 12
        .set b, a * 3 + 4
        c = (1 << 12) | (1 << 3) | 5
        .dword a, b, c, -a, ~a, - -a, a - b, b / 7, -b / 7, -b % 7, b % 7
        .dword (a + b) * 2, a << 2 | 1, 1 | a << 2, c & 0xff, c ^ 1, ~0 >> 60, a - (b - c)
        .dword 100 - 10 - 1, 100 / 10 / 5, 1 << 2 << 3, late, start + 8, end - start
        .equ late, 77
        .set b, 1
        .dword b
start:  li a0, c
        lw a1, a - 4(sp)
        .set b, 2
        addi a0, a0, b
end:
        """
    )


def test_numeric_labels(same):
    same("1: j 1f\nj 1b\n1: j 1b\n2: beqz a0, 2b\nbnez a0, 1f\n10: j 10b\n1: nop")


def test_a_whole_kernel(same):
    same(KERNEL.read_text())


def test_every_compressed_instruction(same):
    bits = random.Random(2)
    lines = [".option rvc"]
    for row in COMPRESSED:
        for _ in range(25 if row.fields else 1):
            lines.append(compressed_line(row, bits))
    same("\n".join([*lines, ".balign 4"]))


def compressed_line(row: Compressed, bits: random.Random) -> str:
    """Write a row with operands that it takes; what is 0 there, another test has."""
    values = {}
    for name, field in row.fields.items():
        count = (field.highest - field.lowest) // field.step
        choices = [field.lowest + field.step * n for n in range(count + 1)]
        if row.name == "c.lui" and name == "rd":
            choices.remove(REGISTERS["sp"])
        values[name] = bits.choice([value for value in choices if value])
    line = disassemble(row.encode(**values)) if values else row.name
    if row.syntax.endswith("target"):
        line = f"{line.rpartition(' ')[0]} . + {values['imm']}"
    return line


def test_alignment_among_compressed_instructions(same):
    same(".option rvc\nc.nop\n.balign 8\nc.nop\n.balign 4\nc.li a0, 1\nc.li a0, 2\n.balign 16")


def test_automatic_compression(same):
    """Of everything that refers to no label; with operands that meet each limit of a short form."""
    bits = random.Random(3)
    lines = [".option rvc"]
    for row in INSTRUCTIONS:
        if row.kind in (Kind.BRANCH, Kind.CSR) or row.name in ("jal", "jalr", "auipc"):
            continue
        words = row.syntax.split(", ") if row.syntax else []
        for _ in range(40 if words else 1):
            chosen = bits.sample(["zero", "ra", "sp", "s0", "s1", "a5", "a6"], 2)
            registers = bits.choice([chosen, chosen[:1]])
            operands = [near_a_limit(word, registers, bits) for word in words]
            lines.append(f"{row.name} {', '.join(operands)}")
    lines += ["nop", "mv a0, a1", "li a0, 31", "li a0, 0x12345", "ret", "jr a0", "neg a0, a0"]
    lines += [".option norvc", "mv a0, a1", "nop", ".balign 4"]
    same("\n".join(lines))


def near_a_limit(word: str, registers: list[str], bits: random.Random) -> str:
    limits = [0, 4, 8, 16, 31, 32, 64, 124, 128, 252, 256, 496, 504, 508, 512, 1020, 1024]
    match word:
        case "imm":
            return str(bits.choice([*limits, *(-n for n in limits)]))
        case "imm(rs1)":
            return f"{bits.choice(limits)}({bits.choice(registers)})"
        case "(rs1)":
            return f"({bits.choice(registers)})"
        case "uimm":
            return str(bits.choice((0, 1, 31)))
        case "upper":
            return hex(bits.choice((0, 1, 31, 32, 0xFFFE0, 0xFFFDF, 0xFFFFF)))
        case "pred" | "succ":
            return "rw"
    return bits.choice(registers)
