import pytest
from vmlab.isa.pattern import Pattern


def test_fixed_bits_fields_and_ignored_bits_cover_the_word():
    pattern = Pattern.parse("---- pred succ ----- 000 ----- 0001111")
    assert (pattern.mask, pattern.match) == (0x0000_707F, 0x0000_000F)
    assert pattern.ignored == 0xF00F_8F80
    assert pattern.fields["succ"].extract(0x0F00_0000 | 0x0030_0000) == 0b0011
    assert pattern.length == 4


def test_a_scattered_field_is_put_together_in_the_manual_s_order():
    offset = Pattern.parse("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011").fields["imm"]
    assert offset.extract(1 << 31) == -4096
    assert offset.extract(1 << 7) == 1 << 11
    assert offset.extract(1 << 8) == 1 << 1
    assert offset.extract(1 << 25) == 1 << 5
    assert (offset.lowest, offset.highest, offset.step) == (-4096, 4094, 2)


def test_an_upper_immediate_counts_pages():
    upper = Pattern.parse("imm[31:12] rd 0110111").fields["imm"]
    assert upper.extract(0x8000_0000) == -0x8000_0000
    assert (upper.lowest, upper.highest, upper.step) == (-(1 << 31), (1 << 31) - 4096, 4096)


@pytest.mark.parametrize("value", [-4096, -2, 0, 2, 1 << 11, 4094])
def test_insert_is_the_inverse_of_extract(value):
    offset = Pattern.parse("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011").fields["imm"]
    assert offset.extract(offset.insert(value)) == value


@pytest.mark.parametrize("value", [-4098, 4096, 3])
def test_insert_refuses_what_the_field_cannot_hold(value):
    offset = Pattern.parse("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011").fields["imm"]
    with pytest.raises(ValueError, match=str(value)):
        offset.insert(value)


@pytest.mark.parametrize("text", ["0110011", "0000000 rs2 rs1 000 rd 011001", "RS1 rd 0110011"])
def test_a_malformed_pattern_is_refused(text):
    with pytest.raises(ValueError, match=text):
        Pattern.parse(text)


def test_a_pattern_may_be_sixteen_bits_long():
    assert Pattern.parse("000 imm[5] rd imm[4:0] 01").length == 2
