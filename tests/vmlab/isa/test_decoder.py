import random

import pytest
from vmlab.isa import BY_NAME, INSTRUCTIONS, Decoded, decode

# Words that look like an instruction, but have a fixed bit wrong (Unprivileged manual, "Instruction
# Set Listings"; Privileged manual, "System Instructions").
RESERVED = {
    "mret with rd": 0x3020_00F3,
    "mret with rs1": 0x3020_8073,
    "sret with rd": 0x1020_00F3,
    "uret": 0x0020_0073,
    "wfi with rs1": 0x1050_8073,
    "sfence.vma with rd": 0x1200_00F3,
    "ecall with rd": 0x0000_00F3,
    "ebreak with rs1": 0x0010_8073,
    "system, funct3 100": 0x3000_4073,
    "jalr, funct3 001": 0x0000_1067,
    "branch, funct3 010": 0x0000_2063,
    "branch, funct3 011": 0x0000_3063,
    "load, funct3 111": 0x0000_7003,
    "store, funct3 100": 0x0000_4023,
    "slli, bit 26": 0x0400_1013,
    "srai, bit 31": 0xC000_5013,
    "slliw, shift by 32": 0x0200_101B,
    "sraiw, shift by 32": 0x4200_501B,
    "op, funct7 0000010": 0x0400_0033,
    "and with funct7 0100000": 0x4000_7033,
    "op-32, funct3 010": 0x0000_203B,
    "mulhw": 0x0200_103B,
    "lr.w with rs2": 0x1010_202F,
    "amo of a byte": 0x0000_002F,
    "misc-mem, funct3 010": 0x0000_200F,
    "all zeros": 0,
    "all ones": 0xFFFF_FFFF,
    "48 bits long": 0x0000_001F,
}


@pytest.mark.parametrize("word", RESERVED.values(), ids=RESERVED.keys())
def test_reserved_encodings_are_no_instruction(word):
    assert decode(word) is None


def test_operands_are_taken_apart():
    assert decode(0x00A5_C463) == Decoded(BY_NAME["blt"], 0x00A5_C463, 4, rs1=11, rs2=10, imm=8)
    assert decode(0xFE01_0113) == Decoded(BY_NAME["addi"], 0xFE01_0113, 4, rd=2, rs1=2, imm=-32)
    assert decode(0x4215_D593) == Decoded(BY_NAME["srai"], 0x4215_D593, 4, rd=11, rs1=11, imm=33)
    assert decode(0x8000_0537) == Decoded(BY_NAME["lui"], 0x8000_0537, 4, rd=10, imm=-(1 << 31))
    assert decode(0x300F_F573) == Decoded(
        BY_NAME["csrrci"], 0x300F_F573, 4, rd=10, imm=31, csr=0x300
    )
    assert decode(0x0EB6_352F) == Decoded(
        BY_NAME["amoswap.d"], 0x0EB6_352F, 4, rd=10, rs1=12, rs2=11, aq=1, rl=1
    )
    assert decode(0xFFDF_F06F) == Decoded(BY_NAME["jal"], 0xFFDF_F06F, 4, imm=-4)
    assert decode(0xFE00_0FA3) == Decoded(BY_NAME["sb"], 0xFE00_0FA3, 4, imm=-1)


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_any_field_values_decode_to_the_row_and_encode_to_the_word(row):
    random_bits = random.Random(row.name)
    for _ in range(50):
        word = random_bits.getrandbits(32) & ~row.mask & ~row.encoding.ignored | row.match
        decoded = decode(word)
        assert decoded is not None
        values = {name: field.extract(word) for name, field in row.fields.items()}
        assert row.encode(**values) == word
        if decoded.instruction is not row:  # fence rw, rw with fm = TSO
            assert (row.name, decoded.instruction.name) == ("fence", "fence.tso")


@pytest.mark.parametrize("fm", range(16))
def test_a_fence_with_any_reserved_field_is_a_fence(fm):
    """norm:fence_unused_flds_rsv: reserved configurations are treated as normal fences."""
    decoded = decode(fm << 28 | 0x0FF5_058F)
    assert decoded is not None
    assert decoded.instruction.name == "fence"


def test_bits_above_the_word_are_not_looked_at():
    decoded = decode(1 << 40 | 0x0000_0013)
    assert decoded is not None
    assert decoded.word == 0x13


class TestCapstone:
    """Capstone must find an instruction exactly where we do, and give it the same name."""

    def names(self, words: list[int]):
        capstone = pytest.importorskip("capstone", reason="capstone is not installed")
        md = capstone.Cs(capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV64)
        for word in words:
            found = next(md.disasm(word.to_bytes(4, "little"), 0), None)
            # The instruction's own name: `mnemonic` would be that of a pseudo-instruction.
            theirs = md.insn_name(found.id) if found else None
            decoded = decode(word)
            ours = None
            if decoded is not None:
                ordering = "." + "aq" * decoded.aq + "rl" * decoded.rl
                ours = decoded.instruction.name + ordering.rstrip(".")
            yield word, ours, theirs

    def check(self, words: list[int]) -> int:
        agreed = 0
        for word, ours, theirs in self.names(words):
            if ours is None and theirs is not None:
                # It also knows F and D, and `uret` of the N extension, which is no more.
                assert theirs[0] == "f" or theirs == "uret", hex(word)
            elif ours is not None and theirs is None:
                # It refuses fences with reserved fields, which are to be ignored.
                decoded = decode(word)
                assert decoded is not None
                assert decoded.instruction.name.startswith("fence"), hex(word)
                assert word & decoded.instruction.encoding.ignored or ours == "fence.tso"
            else:
                assert ours == theirs, hex(word)
                agreed += ours is not None
        return agreed

    def test_words_of_every_row(self):
        bits = random.Random(0)
        words = [
            bits.getrandbits(32) & ~row.mask | row.match for row in INSTRUCTIONS for _ in range(50)
        ]
        assert self.check(words) > 4500

    def test_words_one_bit_away_from_every_row(self):
        bits = random.Random(1)
        words = []
        for row in INSTRUCTIONS:
            word = bits.getrandbits(32) & ~row.mask & ~row.encoding.ignored | row.match
            words += [word ^ 1 << bit for bit in range(2, 32)]
        assert self.check(words) > 1000

    def test_random_words(self):
        bits = random.Random(2)
        assert self.check([bits.getrandbits(32) | 3 for _ in range(20_000)]) > 1000
