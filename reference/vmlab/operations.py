"""Decoded instructions as small functions, for the interpreter's fast loop.

An `Operation` belongs to one address. It does all of the instruction there and returns the address
of the next one; or it raises KeyError before it has changed anything: where the TLB does not know
the page, or a trap is due, or the instruction is too rare to get a function of its own.

An address that depends on a register may come back without being wrapped to 64 bits; there is no
operation at such a number, so that the caller notices.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import cache
from typing import NamedTuple

from .hart import MASK64
from .inline import expression
from .isa import Decoded, Instruction, Kind
from .memory import Ram
from .mmu import Context

Operation = Callable[[], int]


class Surroundings(NamedTuple):
    """What operations work on."""

    x: list[int]
    """The hart's registers."""
    ram: Ram
    context: Context
    """Where loads and stores find their pages."""
    code: Container[int]
    """Numbers of the 8 bytes of RAM that hold decoded instructions."""


def operation(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    """Make the function of the instruction at `pc`."""
    build = _BUILDERS.get(decoded.instruction.kind)
    if build is None:
        return by_the_book
    return build(decoded, pc, around)


def by_the_book() -> int:
    """Leave the instruction to `Interpreter.step`."""
    raise KeyError


def _after(decoded: Decoded, pc: int) -> int:
    """Return the address of the instruction behind the one at `pc`."""
    return pc + decoded.length & MASK64


def _fence(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    following = _after(decoded, pc)
    return lambda: following


def _compute(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    row, x, following = decoded.instruction, around.x, _after(decoded, pc)
    if decoded.rd == 0:
        return lambda: following
    return _factory(row, _COMPUTE)(x, *_fields(decoded), pc, following)


def _branch(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    row, x, target = decoded.instruction, around.x, pc + decoded.imm & MASK64
    return _factory(row, _BRANCH)(x, *_fields(decoded), target, _after(decoded, pc))


_COMPUTE = """
def make(x, rd, rs1, rs2, imm, pc, following):
    def compute():
        x[rd] = ({meaning}) & 0xFFFF_FFFF_FFFF_FFFF
        return following
    return compute
"""
_BRANCH = """
def make(x, rd, rs1, rs2, imm, target, following):
    def branch():
        return target if {meaning} else following
    return branch
"""
_OPERANDS = {"rs1": "x[rs1]", "rs2": "x[rs2]", "imm": "imm", "pc": "pc"}


@cache
def _factory(row: Instruction, template: str) -> Callable[..., Operation]:
    """Build what makes the operations of a row, with its meaning written into the template."""
    assert row.meaning is not None
    scope = dict(row.meaning.__globals__)
    exec(template.format(meaning=expression(row.meaning, _OPERANDS)), scope)
    factory: Callable[..., Operation] = scope["make"]
    return factory


def _fields(decoded: Decoded) -> tuple[int, int, int, int]:
    return decoded.rd, decoded.rs1, decoded.rs2, decoded.imm


def _jump(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    x, meaning, link = around.x, decoded.instruction.meaning, _after(decoded, pc)
    rd, rs1, imm = decoded.rd, decoded.rs1, decoded.imm
    assert meaning is not None

    def jump_to_register() -> int:
        target = meaning(x[rs1], imm)
        if rd:
            x[rd] = link
        return target

    def jump() -> int:
        if rd:
            x[rd] = link
        return fixed

    if "rs1" in decoded.instruction.needs:
        return jump_to_register
    fixed = meaning(pc, imm) & MASK64
    return jump


def _load(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    x, ram, following = around.x, around.ram, _after(decoded, pc)
    rd, rs1, imm, width = decoded.rd, decoded.rs1, decoded.imm, decoded.instruction.width
    unsigned, signed = ram.unsigned[width], ram.signed[width]
    numbers = around.context.loads.numbers[width]

    def load() -> int:
        x[rd] = unsigned[numbers[x[rs1] + imm]]
        return following

    def load_signed() -> int:
        x[rd] = signed[numbers[x[rs1] + imm]] & MASK64
        return following

    if rd == 0:
        return by_the_book
    return load_signed if decoded.instruction.signed and width < 8 else load


def _store(decoded: Decoded, pc: int, around: Surroundings) -> Operation:
    x, code, following = around.x, around.code, _after(decoded, pc)
    rs1, rs2, imm, width = decoded.rs1, decoded.rs2, decoded.imm, decoded.instruction.width
    memory, numbers = around.ram.unsigned[width], around.context.stores.alone[width]
    shift, mask = width.bit_length() - 1, (1 << 8 * width) - 1

    def store() -> int:
        number = numbers[x[rs1] + imm]
        if number << shift >> 3 in code:
            raise KeyError
        memory[number] = x[rs2] & mask
        return following

    return store


_BUILDERS: dict[Kind, Callable[[Decoded, int, Surroundings], Operation]] = {
    Kind.COMPUTE: _compute,
    Kind.BRANCH: _branch,
    Kind.JUMP: _jump,
    Kind.LOAD: _load,
    Kind.STORE: _store,
    Kind.FENCE: _fence,
}
"""What programs do most of the time; the other kinds go by the book."""
