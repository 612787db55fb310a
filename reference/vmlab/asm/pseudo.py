"""Pseudo-instructions: what stands for one or more real ones.

A row's left side names its operands. `rd`, `rs`, `rt` are registers, anything else is an
expression. Rows of one name are told apart by how many operands they have, and which are registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from vmlab.hart import MASK64
from vmlab.isa import INSTRUCTIONS, Kind
from vmlab.isa.arithmetic import s32, s64

from .cursor import Cursor, has_base, is_register
from .errors import AssemblyError
from .tokens import Token, tokenize

_REGISTERS = ("rd", "rs", "rt")

_ROWS = """
nop                     -> addi x0, x0, 0
mv rd, rs               -> addi rd, rs, 0
not rd, rs              -> xori rd, rs, -1
neg rd, rs              -> sub rd, x0, rs
negw rd, rs             -> subw rd, x0, rs
sext.b rd, rs           -> slli rd, rs, 56; srai rd, rd, 56
sext.h rd, rs           -> slli rd, rs, 48; srai rd, rd, 48
sext.w rd, rs           -> addiw rd, rs, 0
zext.b rd, rs           -> andi rd, rs, 255
zext.h rd, rs           -> slli rd, rs, 48; srli rd, rd, 48
zext.w rd, rs           -> slli rd, rs, 32; srli rd, rd, 32
seqz rd, rs             -> sltiu rd, rs, 1
snez rd, rs             -> sltu rd, x0, rs
sltz rd, rs             -> slt rd, rs, x0
sgtz rd, rs             -> slt rd, x0, rs
sgt rd, rs, rt          -> slt rd, rt, rs
sgtu rd, rs, rt         -> sltu rd, rt, rs

beqz rs, target         -> beq rs, x0, target
bnez rs, target         -> bne rs, x0, target
blez rs, target         -> bge x0, rs, target
bgez rs, target         -> bge rs, x0, target
bltz rs, target         -> blt rs, x0, target
bgtz rs, target         -> blt x0, rs, target
bgt rs, rt, target      -> blt rt, rs, target
ble rs, rt, target      -> bge rt, rs, target
bgtu rs, rt, target     -> bltu rt, rs, target
bleu rs, rt, target     -> bgeu rt, rs, target

j target                -> jal x0, target
jal target              -> jal x1, target
jr rs                   -> jalr x0, 0(rs)
jalr rs                 -> jalr x1, 0(rs)
jalr rd, rs             -> jalr rd, 0(rs)
jalr rd, rs, imm        -> jalr rd, imm(rs)
ret                     -> jalr x0, 0(x1)

la rd, symbol           -> auipc rd, %hi((symbol) - .); addi rd, rd, %lo((symbol) - . + 4)
lla rd, symbol          -> auipc rd, %hi((symbol) - .); addi rd, rd, %lo((symbol) - . + 4)
call symbol             -> auipc x1, %hi((symbol) - .); jalr x1, %lo((symbol) - . + 4)(x1)
call rd, symbol         -> auipc x6, %hi((symbol) - .); jalr rd, %lo((symbol) - . + 4)(x6)
tail symbol             -> auipc x6, %hi((symbol) - .); jalr x0, %lo((symbol) - . + 4)(x6)
jump symbol, rt         -> auipc rt, %hi((symbol) - .); jalr x0, %lo((symbol) - . + 4)(rt)

csrr rd, csr            -> csrrs rd, csr, x0
csrw csr, rs            -> csrrw x0, csr, rs
csrs csr, rs            -> csrrs x0, csr, rs
csrc csr, rs            -> csrrc x0, csr, rs
csrwi csr, uimm         -> csrrwi x0, csr, uimm
csrsi csr, uimm         -> csrrsi x0, csr, uimm
csrci csr, uimm         -> csrrci x0, csr, uimm
csrw csr, uimm          -> csrrwi x0, csr, uimm
csrs csr, uimm          -> csrrsi x0, csr, uimm
csrc csr, uimm          -> csrrci x0, csr, uimm
csrrw rd, csr, uimm     -> csrrwi rd, csr, uimm
csrrs rd, csr, uimm     -> csrrsi rd, csr, uimm
csrrc rd, csr, uimm     -> csrrci rd, csr, uimm
rdcycle rd              -> csrrs rd, cycle, x0
rdtime rd               -> csrrs rd, time, x0
rdinstret rd            -> csrrs rd, instret, x0

fence                   -> fence iorw, iorw
pause                   -> fence w, 0
sfence.vma              -> sfence.vma x0, x0
sfence.vma rs           -> sfence.vma rs, x0
unimp                   -> csrrw x0, cycle, x0

add rd, rs, imm         -> addi rd, rs, imm
addw rd, rs, imm        -> addiw rd, rs, imm
and rd, rs, imm         -> andi rd, rs, imm
or rd, rs, imm          -> ori rd, rs, imm
xor rd, rs, imm         -> xori rd, rs, imm
sll rd, rs, imm         -> slli rd, rs, imm
sllw rd, rs, imm        -> slliw rd, rs, imm
slt rd, rs, imm         -> slti rd, rs, imm
sltu rd, rs, imm        -> sltiu rd, rs, imm
sra rd, rs, imm         -> srai rd, rs, imm
sraw rd, rs, imm        -> sraiw rd, rs, imm
srl rd, rs, imm         -> srli rd, rs, imm
srlw rd, rs, imm        -> srliw rd, rs, imm
"""
# What `rdcycle` is to `csrrs`, these are to whole groups of instructions.
_ROWS += "".join(
    f"{row.name} rd, symbol -> auipc rd, %hi((symbol) - .); "
    f"{row.name} rd, %lo((symbol) - . + 4)(rd)\n"
    for row in INSTRUCTIONS
    if row.kind is Kind.LOAD
)
_ROWS += "".join(
    f"{row.name} rs, symbol, rt -> auipc rt, %hi((symbol) - .); "
    f"{row.name} rs, %lo((symbol) - . + 4)(rt)\n"
    for row in INSTRUCTIONS
    if row.kind is Kind.STORE
)


@dataclass(frozen=True)
class Pseudo:
    """A row of the table."""

    name: str
    operands: tuple[str, ...]
    expansion: str

    @property
    def syntax(self) -> str:
        """How the row is written."""
        return f"{self.name} {', '.join(self.operands)}".rstrip()

    @cached_property
    def statements(self) -> list[list[Token]]:
        """The expansion, read."""
        return tokenize(self.expansion, "")

    def fits(self, given: Sequence[Sequence[Token]]) -> bool:
        """Tell whether these operands are of the row's number and sorts."""
        return len(given) == len(self.operands) and all(
            is_register(tokens) if name in _REGISTERS else not _names_register(tokens)
            for name, tokens in zip(self.operands, given, strict=True)
        )


def misuse(name: Token, given: Sequence[Sequence[Token]]) -> AssemblyError:
    """Return what is wrong with operands that fit no row of this name."""
    rows = PSEUDO[name.text]
    for row in rows:
        if len(row.operands) == len(given):
            for operand, tokens in zip(row.operands, given, strict=True):
                if operand in _REGISTERS and [token.kind for token in tokens] == ["name"]:
                    try:
                        Cursor(tokens).register()
                    except AssemblyError as error:
                        return error
    return name.error(f"wrong operands; write {' or '.join(row.syntax for row in rows)}")


def _names_register(tokens: Sequence[Token]) -> bool:
    return is_register(tokens) or has_base(tokens)


def _parse_rows() -> dict[str, list[Pseudo]]:
    table: dict[str, list[Pseudo]] = {}
    for line in filter(None, _ROWS.splitlines()):
        left, _, right = line.partition("->")
        name, _, operands = left.strip().partition(" ")
        row = Pseudo(name, tuple(operands.replace(",", " ").split()), right.strip())
        table.setdefault(name, []).append(row)
    return table


PSEUDO = _parse_rows()
"""The rows by name. `li` is not among them: how long it is depends on its value."""


def expand(row: Pseudo, given: Sequence[Sequence[Token]], place: Token) -> list[list[Token]]:
    """Return the statements that a row stands for, with these operands put in."""
    operands = dict(zip(row.operands, given, strict=True))
    statements = []
    for index, statement in enumerate(row.statements):
        words: list[Token] = []
        for token in statement:
            if token.text in operands:
                words += _moved(operands[token.text], 4 * index)
            else:
                words.append(token.at(place))
        statements.append(words)
    return statements


def _moved(operand: Sequence[Token], distance: int) -> list[Token]:
    """Keep the meaning of `.` in an operand that is put `distance` bytes further on."""
    words: list[Token] = []
    for token in operand:
        if token.text == "." and distance:
            words += [word.at(token) for word in tokenize(f"(. - {distance})", "")[0][:-1]]
        else:
            words.append(token)
    return words


@lru_cache(maxsize=1 << 10)
def load_immediate(register: str, value: int, place: Token) -> list[list[Token]]:
    """Return the statements of `li`, the same ones that GNU as chooses.

    Raises:
        AssemblyError: if the value does not fit into 64 bits, signed or unsigned.
    """
    if not -(1 << 63) <= value <= MASK64:
        raise place.error(f"{value} is out of range: li takes 64 bits, signed or unsigned")
    small = f"addi {register}, x0, {s64(value)}"
    lines = small if -0x800 <= s64(value) < 0x800 else "\n".join(_constant(register, s64(value)))
    return [[token.at(place) for token in line] for line in tokenize(lines, place.file)]


def _constant(rd: str, value: int) -> list[str]:
    low = (value & 0xFFF ^ 0x800) - 0x800
    if value == low:
        return [f"addiw {rd}, x0, {low}"]
    if s32(value) == value:
        lui = f"lui {rd}, {value - low >> 12 & 0xF_FFFF}"
        return [lui, f"addiw {rd}, {rd}, {low}"] if low else [lui]
    upper = s64(value - low)
    shift = (upper & -upper).bit_length() - 1  # all the zeros at its end, at least twelve
    lines = [*_constant(rd, upper >> shift), f"slli {rd}, {rd}, {shift}"]
    return [*lines, f"addi {rd}, {rd}, {low}"] if low else lines
