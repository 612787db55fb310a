"""Meanings against unicorn, and against what the manual says in so many words."""

import random
from collections.abc import Callable

import pytest
from vmlab.hart import MASK64
from vmlab.isa import BY_NAME, INSTRUCTIONS, Instruction, Kind
from vmlab.isa.arithmetic import s32, s64

CODE, DATA = 0x1_0000, 0x2_0000
EDGES = [
    *(0, 1, 2, 31, 32, 63, 64, 0x7FF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000),
    *((1 << 63) - 1, 1 << 63, (1 << 63) + 1, MASK64 - 1, MASK64, 0xFFFF_FFFF_8000_0000),
]

Step = Callable[[int, int, int], tuple[int, int]]


class Oracle:
    """One instruction at a time on unicorn: x5 is rd, x6 rs1, x7 rs2."""

    def __init__(self) -> None:
        unicorn = pytest.importorskip("unicorn", reason="unicorn is not installed")
        from unicorn import riscv_const

        self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV64)
        self.uc.mem_map(0, DATA + 0x1_0000)
        self.x5, self.x6, self.x7 = (getattr(riscv_const, f"UC_RISCV_REG_X{n}") for n in (5, 6, 7))
        self.pc = riscv_const.UC_RISCV_REG_PC

    def step(self, word: int, rs1: int, rs2: int) -> tuple[int, int]:
        """Run a word at CODE; return rd and pc."""
        self.uc.mem_write(CODE, word.to_bytes(4, "little"))
        self.uc.ctl_remove_cache(CODE, CODE + 4)
        self.uc.reg_write(self.x6, rs1)
        self.uc.reg_write(self.x7, rs2)
        self.uc.emu_start(CODE, CODE + 0x1000, count=1)
        return self.uc.reg_read(self.x5), self.uc.reg_read(self.pc)

    def amo(self, word: int, old: int, rs2: int, width: int) -> tuple[int, int]:
        """Run an atomic on `old` at DATA; return rd and what memory holds then."""
        self.uc.mem_write(DATA, old.to_bytes(8, "little"))
        rd, _ = self.step(word, DATA, rs2)
        return rd, int.from_bytes(self.uc.mem_read(DATA, width), "little")


@pytest.fixture(scope="module")
def oracle():
    return Oracle()


def operands(row: Instruction) -> list[tuple[int, int]]:
    bits = random.Random(row.name)
    pairs = [(left, right) for left in EDGES for right in EDGES]
    for _ in range(100):
        pairs.append((bits.getrandbits(64), bits.getrandbits(bits.choice((6, 32, 64)))))
        near = bits.getrandbits(64)
        pairs.append((near, near + bits.randrange(-1, 2) & MASK64))
    return pairs


def immediates(row: Instruction) -> list[int]:
    if "uimm" in row.fields:
        return [n for n in (0, 1, 5, 31, 32, 63) if n <= row.fields["uimm"].highest]
    field = row.fields["imm"]
    step = field.step
    return [field.lowest, field.highest, 0, step, -step, 5 * step, -7 * step]


def rows(*kinds: Kind) -> list[Instruction]:
    return [row for row in INSTRUCTIONS if row.kind in kinds]


def evaluate(row: Instruction, **values: int) -> int:
    assert row.meaning is not None
    return row.meaning(*(values[name] for name in row.needs))


@pytest.mark.parametrize("row", rows(Kind.COMPUTE), ids=lambda row: row.name)
def test_computations(oracle, row):
    if "imm" in row.needs:
        field = "imm" if "imm" in row.fields else "uimm"
        registers = {"rd": 5, "rs1": 6} if "rs1" in row.needs else {"rd": 5}
        for imm in immediates(row):
            word = row.encode(**registers, **{field: imm})
            for rs1 in EDGES:
                expected, _ = oracle.step(word, rs1, 0)
                assert evaluate(row, rs1=rs1, imm=imm, pc=CODE) & MASK64 == expected, (rs1, imm)
    else:
        word = row.encode(rd=5, rs1=6, rs2=7)
        for rs1, rs2 in operands(row):
            expected, _ = oracle.step(word, rs1, rs2)
            assert evaluate(row, rs1=rs1, rs2=rs2) & MASK64 == expected, (hex(rs1), hex(rs2))


@pytest.mark.parametrize("row", rows(Kind.BRANCH), ids=lambda row: row.name)
def test_branches(oracle, row):
    word = row.encode(rs1=6, rs2=7, imm=-0x100)
    for rs1, rs2 in operands(row):
        _, pc = oracle.step(word, rs1, rs2)
        taken = evaluate(row, rs1=rs1, rs2=rs2)
        assert taken in (False, True)
        assert pc == (CODE - 0x100 if taken else CODE + 4), (hex(rs1), hex(rs2))


@pytest.mark.parametrize("row", rows(Kind.JUMP), ids=lambda row: row.name)
def test_jumps(oracle, row):
    for imm in (-2048, -4, 0, 4, 2046):
        word = row.encode(rd=5, imm=imm, **({"rs1": 6} if "rs1" in row.fields else {}))
        rd, pc = oracle.step(word, DATA + 3, 0)
        assert rd == CODE + 4
        assert evaluate(row, rs1=DATA + 3, imm=imm, pc=CODE) & MASK64 == pc


@pytest.mark.parametrize("row", rows(Kind.AMO), ids=lambda row: row.name)
def test_atomics(oracle, row):
    word = row.encode(rd=5, rs1=6, rs2=7)
    mask = (1 << 8 * row.width) - 1
    for memory, rs2 in operands(row):
        rd, stored = oracle.amo(word, memory, rs2, row.width)
        old = (s32(memory) if row.width == 4 else memory) & MASK64
        assert old == rd
        assert evaluate(row, old=old, rs2=rs2) & mask == stored, (hex(memory), hex(rs2))


@pytest.mark.parametrize(
    ("name", "old", "operand", "new"),
    [
        ("csrrw", 0b1100, 0b1010, 0b1010),
        ("csrrs", 0b1100, 0b1010, 0b1110),
        ("csrrc", 0b1100, 0b1010, 0b0100),
        ("csrrc", MASK64, MASK64, 0),
    ],
)
def test_csr_instructions(name, old, operand, new):
    for row in (BY_NAME[name], BY_NAME[name + "i"]):
        assert row.meaning is not None
        assert row.meaning(old, operand) & MASK64 == new


@pytest.mark.parametrize("word_form", [False, True])
@pytest.mark.parametrize(
    ("name", "dividend", "divisor", "result"),
    [
        ("divu", 7, 0, MASK64),
        ("remu", 7, 0, 7),
        ("div", -7, 0, -1),
        ("rem", -7, 0, -7),
        ("div", "least", -1, "least"),
        ("rem", "least", -1, 0),
        ("div", -7, 2, -3),
        ("rem", -7, 2, -1),
        ("div", 7, -2, -3),
        ("rem", 7, -2, 1),
    ],
)
def test_division_at_its_edges(name, dividend, divisor, result, word_form):
    """M, table "Semantics for division by zero and division overflow"."""
    least = -(1 << 31) if word_form else -(1 << 63)
    dividend, result = (least if value == "least" else value for value in (dividend, result))
    row = BY_NAME[name + "w" * word_form]
    assert row.meaning is not None
    assert s64(row.meaning(dividend & MASK64, divisor & MASK64)) == s64(result)
