"""What binutils cannot be asked about: symbols, lines, layout, and what only we accept."""

import pytest
from vmlab.asm import assemble

ORIGIN = 0x8000_0000


def words(source: str, origin: int = ORIGIN) -> list[int]:
    [(_, data)] = assemble(source, origin=origin).segments
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


def test_symbols_lines_and_entry():
    program = assemble("nop\n\n_start: nop; nop\n.equ n, 5\n.data\nx: .byte n\n", origin=0x1000)
    assert program.entry == 0x1004
    assert program.symbols == {"_start": 0x1004, "x": 0x1010, "n": 5}
    assert program.lines == {0x1000: 1, 0x1004: 3, 0x1008: 3, 0x1010: 6}


def test_entry_is_the_origin_without_start():
    assert assemble("nop", origin=0x4000).entry == 0x4000


def test_every_instruction_of_a_pseudo_instruction_has_its_line():
    program = assemble("nop\nli a0, 0x12345678\nla a0, x\nx:")
    assert list(program.lines.values()) == [1, 2, 2, 3, 3]


def test_sections_go_by_kind_then_by_appearance_each_at_a_multiple_of_16():
    program = assemble(
        """
        .bss
b:      .zero 1
        .data
d:      .byte 1
        .section .text.init, "ax", @progbits
i:      nop
        .section .mine
m:      .byte 2
        .text
t:      nop
        .section .rodata.str1, "aMS"
r:      .asciz ""
        .section .text.init
        nop
        .section .data
        .byte 3
        """,
        origin=0,
    )
    assert program.symbols == {"i": 0, "t": 16, "r": 32, "d": 48, "m": 64, "b": 80}
    assert program.segments[0] == (0, b"\x13\0\0\0" * 2)
    assert program.segments[3] == (48, b"\1\3")


def test_a_section_is_aligned_to_the_most_that_is_asked_in_it():
    program = assemble("nop\n.data\n.byte 1\n.balign 4096\npage: .zero 4096", origin=0x8000_0000)
    assert program.symbols["page"] == 0x8000_2000


def test_alignment_holds_for_addresses_even_where_the_origin_is_odd():
    program = assemble("nop\n.align 3\nx: nop", origin=0x1004)
    assert (program.segments[0][0], program.entry, program.symbols["x"]) == (0x1008, 0x1008, 0x1010)


def test_an_empty_source_is_an_empty_program():
    program = assemble("  # nothing\n")
    assert (program.segments, program.entry, program.symbols) == ([], ORIGIN, {})


def test_a_constant_may_be_the_place_where_it_is_defined():
    assert assemble("here = .\n.data\nthere = . + 4").symbols == {
        "here": ORIGIN,
        "there": ORIGIN + 4,
    }


def test_comments_and_separators():
    assert words("nop # a ; nop\nnop // b\n/* c\nnop\n*/ nop; nop;; /* d */ nop\n") == [0x13] * 5


def test_marks_of_comments_inside_strings_are_text():
    assert assemble('.ascii "# // /* ; \\""').segments[0][1] == b'# // /* ; "'


def test_a_label_may_stand_before_another_and_alone():
    program = assemble("a: b: 1: c:\nd: nop; e:", origin=0)
    assert program.symbols == {"a": 0, "b": 0, "c": 0, "d": 0, "e": 4}


def test_text_outside_of_ascii_is_utf_8():
    assert assemble('.string "é"').segments[0][1] == b"\xc3\xa9\0"


def test_a_distance_of_labels_is_an_immediate():
    assert words(
        "a: nop\nli a0, b - a\nb: addi a0, a0, b - a\n".replace("li a0, b - a", "nop")
    ) == [
        *(0x13, 0x13),
        0x0085_0513,
    ]
    assert words("a: nop\nb: li a0, b - a") == [0x13, 0x0040_0513]


def test_li_takes_unsigned_and_signed_64_bits():
    assert words("li a0, -1") == words("li a0, 0xffffffffffffffff")
    assert words("li a0, -0x8000000000000000") == words("li a0, 0x8000000000000000")


def test_a_pc_relative_pair_means_the_same_dot():
    assert words("la a0, . + 8\ncall .") == words("x: la a0, x + 8\ny: call y")


def test_jumps_reach_over_the_end_of_the_address_space():
    assert words("j 0xfffffffffffffffc", origin=0) == [0xFFDF_F06F]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("jalr a0, a1, 4", "jalr a0, 4(a1)"),
        ("jalr a0, (a1)", "jalr a0, 0(a1)"),
        ("lw a0, (2 + 2) * 2(sp)", "lw a0, 8(sp)"),
        ("csrw 0x340, a0", "csrrw zero, mscratch, a0"),
        ("SCRATCH = 0x340; csrr a0, SCRATCH", "csrr a0, mscratch"),
        ("fence 0, w", "fence 0, w"),
        ("lui a0, -1", "lui a0, 0xfffff"),
        ("add a0, a0, %lo(0x123)", "addi a0, a0, 0x123"),
        ("sw a0, here, t0; here:", "auipc t0, 0; sw a0, 8(t0)"),
    ],
)
def test_ways_to_write_the_same(short, long):
    assert words(short) == words(long)
