"""Every mistake gets one sentence, its place, and what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.asm import AssemblyError, assemble

MISTAKES = [
    # Names
    ("  sraii a0, a0, 1", "1:3", "unknown instruction 'sraii'; did you mean 'srai'?"),
    ("ADD a0, a0, a0", "1:1", "unknown instruction 'ADD'; did you mean 'add'?"),
    ("fadd.s ft0, ft1, ft2", "1:1", "unknown instruction 'fadd.s'"),
    ("add.aq a0, a0, a0", "1:1", "unknown instruction 'add.aq'"),
    ('.assciz "x"', "1:1", "unknown directive '.assciz'; did you mean '.asciz'?"),
    ("mv a0, a9", "1:8", "'a9' is not a register; those are x0 to x31, zero, ra,"),
    ("csrr a0, mstatsu", "1:10", "'mstatsu' is not a CSR of this machine; did you mean 'mstatus'?"),
    ("lop: nop\nj loop", "2:3", "'loop' is not defined; did you mean 'lop'?"),
    ("j 1b", "1:3", "no label '1:' stands before this"),
    ("j 1f", "1:3", "no label '1:' follows"),
    ("a: nop\nnop\na: nop", "3:1", "'a' is already defined on line 1"),
    (".equ a, 1\na: nop", "2:1", "'a' is already defined on line 1"),
    ("a: nop\n.equ a, 1", "2:6", "'a' is a label, on line 1"),
    (".equ a, b\n.equ b, a\n.dword a", "2:9", "'a' is defined by itself"),
    # Operands
    ("add a0, a1", "1:11", "expected ',', found the end of the statement; write add rd, rs1, rs2"),
    ("add a0, a1, a2, a3", "1:15", "unexpected ','; write add rd, rs1, rs2"),
    ("add a0 a1, a2", "1:8", "expected ',', found 'a1'; write add rd, rs1, rs2"),
    ("lw a0, 4[sp]", "1:9", "unexpected character '['"),
    ("lw a0, 4(8)", "1:10", "expected a register, found '8'; write lw rd, imm(rs1)"),
    ("mv a0", "1:1", "wrong operands; write mv rd, rs"),
    ("beqz 5, x", "1:1", "wrong operands; write beqz rs, target"),
    ("fence x, y", "1:7", "expected letters out of iorw, found 'x'"),
    ("ecall 1", "1:7", "unexpected '1'; write ecall"),
    ("li a0", "1:6", "expected ',', found the end of the statement"),
    ("li a0, x\nx:", "1:8", "'x' must be defined before this line, which needs its value"),
    ("x: li a0, x", "1:11", "li takes a number, not an address; use la for an address"),
    ("addi a0, a0, %high(1)", "1:15", "unknown %high; did you mean 'hi'?"),
    # Ranges
    ("addi a0, a0, 2048", "1:14", "2048 is out of range: addi takes -2048 to 2047; load the value"),
    ("ld a0, -2049(a0)", "1:8", "-2049 is out of range: ld takes -2048 to 2047; add the offset"),
    ("slli a0, a0, 64", "1:14", "64 is out of range: slli takes 0 to 63"),
    ("slliw a0, a0, 32", "1:15", "32 is out of range: slliw takes 0 to 31"),
    ("lui a0, 0x100000", "1:9", "1048576 is out of range: an upper immediate is 0 to 0xfffff"),
    ("csrwi mie, 32", "1:12", "32 is out of range: csrrwi takes 0 to 31"),
    ("csrr a0, 4096", "1:10", "4096 is out of range: csrrs takes 0 to 4095"),
    ("beqz a0, x\n.zero 4096\nx:", "1:10", "4100 is out of range: beq takes -4096 to 4094 bytes"),
    ("j x\n.zero 1 << 20\nx:", "1:3", "jal takes -1048576 to 1048574 bytes; use call or tail"),
    ("j . + 3", "1:3", "3 is not a multiple of 2"),
    ("call 0x200000000", "1:1", "0x180000000 does not fit into 32 signed bits"),
    ("li a0, 1 << 63 << 1", "1:16", "18446744073709551616 does not fit into 64 bits"),
    ("li a0, 0x10000000000000000", "1:8", "18446744073709551616 is out of range: li takes 64 bits"),
    (".dword 1" + "0" * 80, "1:8", "this number does not fit into 64 bits"),
    (".word " + "(" * 3000, "1:1", "this expression is too long or too deeply nested"),
    ("nop\n.word 1" + "+ 1" * 9000, "2:1", "this expression is too long or too deeply nested"),
    (".byte 256", "1:7", "256 is out of range: .byte takes -128 to 255"),
    (".word x\n.equ x, 1 << 32", "1:7", "4294967296 is out of range: .word takes"),
    (".zero -1", "1:7", "-1 is out of range: this takes 0 to 268435456"),
    (".align 40", "1:8", "40 is out of range: this takes 0 to 24"),
    (".balign 3", "1:9", "3 is not a power of two"),
    ("nop\n.org 2", "2:6", "0x2 is not ahead: .org takes an offset in its section"),
    # Expressions
    (".word 1 +", "1:10", "expected a value, found the end of the statement"),
    (".word (1", "1:9", "expected ')', found the end of the statement"),
    (".word 1 << 2 + 3", "1:9", "put parentheses where '+' and '<<' meet"),
    (".word 1 | 2 & 3", "1:9", "put parentheses where '&' and '|' meet"),
    (".word 1 / 0", "1:9", "division by zero"),
    (".word 1 << 64", "1:9", "shift by 64; a shift is by 0 to 63"),
    (".word 08", "1:7", "08 begins with 0, so it must be octal"),
    (".word 0x12g", "1:7", "'0x12g' is not a number"),
    ("a: .zero a * 2", "1:12", "the address of a label is not known yet where this is needed"),
    # Text
    ('.ascii "abc', "1:8", 'this " is not closed on its line'),
    ('.ascii "\\q"', "1:8", "unknown escape \\q"),
    (".ascii abc", "1:8", "expected a string in \"quotes\", found 'abc'"),
    ("nop\n /* x", "2:2", "this comment is not closed"),
    ("nop\n  é", "2:3", "unexpected character 'é'"),
    ("c.lw t0, 0(a0)", "1:6", "t0 has no place here: c.lw takes s0 to a5"),
    ("c.addi4spn a0, sp, 0", "1:20", "c.addi4spn takes no 0 here"),
    ("c.addi4spn a0, a1, 4", "1:16", "expected sp, found 'a1'"),
    ("c.mv a0, zero", "1:10", "c.mv takes no x0 here"),
    ("c.li a0, 32", "1:10", "32 is out of range: c.li takes -32 to 31"),
    ("c.lui sp, 1", "1:7", "with these operands, c.lui is c.addi16sp"),
    (".byte 1\nnop", "2:1", "not at a multiple of 2 bytes; write .align 1 before this"),
    ("addi a0, a0, %pcrel_lo(x)\nx:", "1:15", "%pcrel_lo takes the label of an instruction"),
]


@pytest.mark.parametrize(
    ("source", "place", "message"), MISTAKES, ids=[m[0][:60] for m in MISTAKES]
)
def test_the_message(source, place, message):
    with pytest.raises(AssemblyError) as caught:
        assemble(source, name="guest.S")
    assert str(caught.value).startswith(f"guest.S:{place}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


def test_line_column_and_name_are_attributes():
    with pytest.raises(AssemblyError) as caught:
        assemble("nop\n\tnop\n\tnop a0")
    error = caught.value
    assert (error.name, error.line, error.column) == ("<guest>", 3, 2)
    assert str(error) == f"<guest>:3:2: {error.message}"


WORDS = [
    *("add", "addi", "lw", "sw", "jalr", "beq", "la", "call", "csrr", "mv", "li", "amoadd.w.aq"),
    *(".word", ".equ", ".org", ".align", ".ascii", ".section", ".zero", ".set", "fence", "x", "."),
    *("a0", "zero", "mie", "1", "0x10", "-", "+", "*", "<<", "%", "hi", "pcrel_lo", "(", ")"),
    *(",", ",", ":", "=", "\n", ";", '"s"', "'c'", "1f", "1b", "@", "!", "/*", "//", "#", "\\"),
]


@settings(derandomize=True, max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_whatever_is_written_there_is_a_program_or_a_message(words):
    source = " ".join(words)
    try:
        assemble(source)
    except AssemblyError as error:
        place = (error.line, error.column)
    else:
        return
    line = source.split("\n")[place[0] - 1]
    assert 1 <= place[1] <= len(line) + 1
