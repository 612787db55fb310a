"""Decoded instructions as small functions, for the interpreter's fast loop.

An `Operation` takes the instruction's address and returns the next one, which the caller wraps to
64 bits. It does the whole instruction, or raises KeyError before it has changed anything: where
the TLB does not know the page, or a trap is due, or it is not worth a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from .hart import MASK64
from .isa import Decoded, Kind
from .memory import Ram
from .mmu import KEYS, PAGE_MASK, Context

Operation = Callable[[int], int]


class Surroundings(NamedTuple):
    """What operations work on."""

    x: list[int]
    """The hart's registers."""
    ram: Ram
    context: Context
    """Where loads and stores find their pages."""
    code: Container[int]
    """Numbers of the 8 bytes of RAM that hold decoded instructions."""


def operation(decoded: Decoded, around: Surroundings) -> Operation:
    """Make the function of an instruction."""
    build = _BUILDERS.get(decoded.instruction.kind)
    if build is None:
        return by_the_book
    return build(decoded, around)


def by_the_book(pc: int) -> int:
    """Leave the instruction to `Interpreter.step`."""
    raise KeyError(pc)


def _fence(decoded: Decoded, around: Surroundings) -> Operation:
    return lambda pc: pc + 4


def _compute(decoded: Decoded, around: Surroundings) -> Operation:
    x, meaning = around.x, decoded.instruction.meaning
    rd, rs1, rs2, imm = decoded.rd, decoded.rs1, decoded.rs2, decoded.imm
    assert meaning is not None
    if rd == 0:
        return lambda pc: pc + 4

    def register_register(pc: int) -> int:
        x[rd] = meaning(x[rs1], x[rs2]) & MASK64
        return pc + 4

    def register_immediate(pc: int) -> int:
        x[rd] = meaning(x[rs1], imm) & MASK64
        return pc + 4

    def pc_immediate(pc: int) -> int:
        x[rd] = meaning(pc, imm) & MASK64
        return pc + 4

    def immediate(pc: int) -> int:
        x[rd] = meaning(imm) & MASK64
        return pc + 4

    return {
        ("rs1", "rs2"): register_register,
        ("rs1", "imm"): register_immediate,
        ("pc", "imm"): pc_immediate,
        ("imm",): immediate,
    }[decoded.instruction.needs]


def _branch(decoded: Decoded, around: Surroundings) -> Operation:
    x, meaning = around.x, decoded.instruction.meaning
    rs1, rs2, imm = decoded.rs1, decoded.rs2, decoded.imm
    assert meaning is not None
    if imm & 3:
        return by_the_book  # a misaligned target, which traps if the branch is taken

    def branch(pc: int) -> int:
        return pc + imm if meaning(x[rs1], x[rs2]) else pc + 4

    return branch


def _jump(decoded: Decoded, around: Surroundings) -> Operation:
    x, meaning = around.x, decoded.instruction.meaning
    rd, rs1, imm = decoded.rd, decoded.rs1, decoded.imm
    assert meaning is not None
    to_register = decoded.instruction.needs == ("rs1", "imm")

    def jump(pc: int) -> int:
        target = meaning(x[rs1] if to_register else pc, imm)
        if target & 3:
            raise KeyError(target)
        if rd:
            x[rd] = pc + 4 & MASK64
        return target

    return jump


def _load(decoded: Decoded, around: Surroundings) -> Operation:
    x, ram, pages = around.x, around.ram, around.context.loads
    rd, rs1, imm, width = decoded.rd, decoded.rs1, decoded.imm, decoded.instruction.width
    memory = (ram.signed if decoded.instruction.signed else ram.unsigned)[width]
    key, shift = KEYS[width], width.bit_length() - 1

    def load(pc: int) -> int:
        address = x[rs1] + imm
        x[rd] = memory[pages[address & key] + (address & PAGE_MASK) >> shift] & MASK64
        return pc + 4

    def load_to_nowhere(pc: int) -> int:
        pages[x[rs1] + imm & key]
        return pc + 4

    return load if rd else load_to_nowhere


def _store(decoded: Decoded, around: Surroundings) -> Operation:
    x, pages, code = around.x, around.context.stores, around.code
    rs1, rs2, imm, width = decoded.rs1, decoded.rs2, decoded.imm, decoded.instruction.width
    memory = around.ram.unsigned[width]
    key, shift, mask = KEYS[width], width.bit_length() - 1, (1 << 8 * width) - 1

    def store(pc: int) -> int:
        address = x[rs1] + imm
        offset = pages[address & key] + (address & PAGE_MASK)
        if offset >> 3 in code:
            raise KeyError(offset)
        memory[offset >> shift] = x[rs2] & mask
        return pc + 4

    return store


_BUILDERS: dict[Kind, Callable[[Decoded, Surroundings], Operation]] = {
    Kind.COMPUTE: _compute,
    Kind.BRANCH: _branch,
    Kind.JUMP: _jump,
    Kind.LOAD: _load,
    Kind.STORE: _store,
    Kind.FENCE: _fence,
}
"""All that programs do most of the time; the other kinds go by the book."""
