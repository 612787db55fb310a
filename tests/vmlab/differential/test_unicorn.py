"""Random programs leave the same registers and memory on our machine and on unicorn."""

from __future__ import annotations

import struct
from itertools import accumulate
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.hart import Mode
from vmlab.isa import COMPRESSED, INSTRUCTIONS, Instruction, Kind, Row
from vmlab.machine import Machine

unicorn = pytest.importorskip("unicorn", reason="unicorn is not installed")
from unicorn import riscv_const  # noqa: E402

BASE = 0x8000_0000
DATA = BASE + 0x1000
SIZE = 0x2000
POINTER = 31
"""Register that points to the middle of the data, and is never written."""
PART = SimpleNamespace(choose_interrupt=lambda hart: None, access_mode=lambda hart, fetch: Mode.M)
"""Nothing here traps."""
LEFT_OUT = (Kind.CSR, Kind.SYSTEM, Kind.FENCE, Kind.SC)
"""Whether an SC succeeds that is not of an LR's size, or comes after a store, is left open."""
ROWS = [row for row in INSTRUCTIONS if row.kind not in LEFT_OUT]
BY_KIND = {kind: [row for row in ROWS if row.kind is kind] for kind in Kind}
CORNERS = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
VALUES = st.one_of(st.sampled_from(CORNERS), st.integers(0, 2**64 - 1))
SOURCES = st.integers(0, 31)
TARGETS = st.integers(0, 30)


@st.composite
def instructions(draw: st.DrawFn, row: Instruction) -> int:
    """Draw an instruction of a row; one that goes somewhere goes a few instructions forward."""
    fields = dict.fromkeys(row.fields, 0)
    for name, strategy in {"rd": TARGETS, "rs1": SOURCES, "rs2": SOURCES}.items():
        if name in fields:
            fields[name] = draw(strategy)
    if row.kind in (Kind.LOAD, Kind.STORE):
        fields["rs1"] = POINTER
        fields["imm"] = draw(st.integers(-2048 // row.width, 2047 // row.width)) * row.width
    elif row.kind in (Kind.AMO, Kind.LR):
        fields["rs1"] = POINTER
    elif row.kind is Kind.BRANCH or row.name == "jal":
        fields["imm"] = 4 * draw(st.integers(1, 4))
    elif "imm" in fields:
        field = row.fields["imm"]
        count = (field.highest - field.lowest) // field.step
        fields["imm"] = field.lowest + field.step * draw(st.integers(0, count))
    elif "uimm" in fields:
        fields["uimm"] = draw(st.integers(0, row.fields["uimm"].highest))
    return row.encode(**fields)


def rows() -> st.SearchStrategy[Instruction]:
    """Choose a kind first, so that each is met; a jump to a register could go anywhere."""
    kinds = st.sampled_from([kind for kind, found in BY_KIND.items() if found])
    chosen = kinds.flatmap(lambda kind: st.sampled_from(BY_KIND[kind]))
    return chosen.filter(lambda row: row.name != "jalr")


PROGRAMS = st.lists(rows().flatmap(instructions), min_size=1, max_size=60)


def start(words: list[int]) -> bytes:
    """Return the code, with as many no-operations behind it as all its jumps can lead into."""
    padding = [0x13] * (4 * len(words) + 4)
    return struct.pack(f"<{len(words) + len(padding)}I", *words, *padding)


# Programs of both lengths: what jumps skips a number of instructions, whatever their lengths are.

KEPT = (2, 8, POINTER)
"""Registers that point into the data, as compressed loads and stores want them."""
SHORT = [row for row in COMPRESSED if row.name not in ("c.addi16sp", "c.jr", "c.jalr", "c.ebreak")]


class Item(NamedTuple):
    """An instruction whose target, if it has one, is not known yet."""

    row: Row
    fields: dict[str, int]
    skipped: int
    """How many instructions a jump or a taken branch skips; 0 for all others."""


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Draw a compressed instruction, or sometimes a full one."""
    if draw(st.integers(0, 3)) == 0:
        full = draw(rows().filter(lambda row: row.kind is not Kind.LR))
        word = draw(instructions(full))
        fields = {name: field.extract(word) for name, field in full.fields.items()}
        if fields.get("rd") in KEPT:
            fields["rd"] = 7
        jumps = full.kind in (Kind.BRANCH, Kind.JUMP)
        return Item(full, fields, draw(st.integers(1, 4)) if jumps else 0)
    row = draw(st.sampled_from(SHORT))
    fields = {}
    for name, field in row.fields.items():
        count = (field.highest - field.lowest) // field.step
        choices = st.integers(0, count).map(lambda n, f=field: f.lowest + n * f.step)
        if name in row.nonzero:
            choices = choices.filter(bool)
        if name == "rd":
            choices = choices.filter(lambda register: register not in KEPT)
        if name == "rs1" and row.base.kind in (Kind.LOAD, Kind.STORE):
            choices = st.just(8)
        fields[name] = draw(choices)
    jumps = row.base.kind in (Kind.BRANCH, Kind.JUMP)
    return Item(row, fields, draw(st.integers(1, 4)) if jumps else 0)


def laid_out(program: list[Item]) -> bytes:
    """Return the code, with no-operations behind it."""
    addresses = [0, *accumulate(item.row.length for item in program)]
    code = b""
    for at, item in enumerate(program):
        fields = dict(item.fields)
        if item.skipped:
            target = addresses[min(at + 1 + item.skipped, len(program))]
            fields["imm"] = target - addresses[at]
        code += item.row.encode(**fields).to_bytes(item.row.length, "little")
    return code + (0x0001).to_bytes(2, "little") * (2 * len(program) + 4)


def on_unicorn(code: bytes, registers: list[int], data: bytes, count: int):
    emulator = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV64)
    emulator.mem_map(BASE, SIZE)
    emulator.mem_write(BASE, code)
    emulator.mem_write(DATA, data)
    for number, value in enumerate(registers):
        emulator.reg_write(riscv_const.UC_RISCV_REG_X0 + number, value)
    emulator.emu_start(BASE, BASE + SIZE, count=count)
    x = [emulator.reg_read(riscv_const.UC_RISCV_REG_X0 + number) for number in range(32)]
    pc = emulator.reg_read(riscv_const.UC_RISCV_REG_PC)
    return x, pc, bytes(emulator.mem_read(DATA, 0x1000))


def on_ours(code: bytes, registers: list[int], data: bytes, count: int):
    machine = Machine(PART, ram_mib=1)  # type: ignore[arg-type]
    for _ in range(2):  # first by the book, then all of it is decoded and in the TLB
        machine.ram[: len(code)] = code
        machine.ram[DATA - BASE : DATA - BASE + len(data)] = data
        machine.hart.x[:] = registers
        machine.hart.pc = BASE
        machine.run(count)
    return machine.hart.x, machine.hart.pc, bytes(machine.ram[DATA - BASE :][:0x1000])


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    words=PROGRAMS,
    registers=st.lists(VALUES, min_size=30, max_size=30),
    data=st.binary(min_size=64, max_size=64).map(lambda pattern: pattern * 64),
)
def test_same_state(words, registers, data):
    code, registers = start(words), [0, *registers, DATA + 0x800]
    ours = on_ours(code, registers, data, len(words))
    assert ours == on_unicorn(code, registers, data, len(words))


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    program=st.lists(items(), min_size=1, max_size=60),
    registers=st.lists(VALUES, min_size=32, max_size=32),
    data=st.binary(min_size=64, max_size=64).map(lambda pattern: pattern * 64),
)
def test_same_state_with_compressed_instructions(program, registers, data):
    registers[0] = 0
    for pointer in KEPT:
        registers[pointer] = DATA + 0x800
    code = laid_out(program)
    ours = on_ours(code, registers, data, len(program))
    assert ours == on_unicorn(code, registers, data, len(program))
