"""The words of `Instruction.syntax`: how each operand is read.

| word        | in assembly              | field of the instruction       |
|-------------|--------------------------|--------------------------------|
| rd rs1 rs2  | a register               | the same                       |
| imm         | an expression, signed    | imm                            |
| uimm        | an expression, unsigned  | uimm                           |
| upper       | an expression, 20 bits   | imm, shifted left by 12        |
| target      | an address               | imm, relative to the pc        |
| imm(rs1)    | `8(sp)`, `(sp)`          | imm and rs1                    |
| uimm(rs1)   | the same                 | uimm and rs1                   |
| uimm(sp)    | `8(sp)`, `(sp)`          | uimm                           |
| (rs1)       | `(sp)`, `0(sp)`          | rs1                            |
| sp          | `sp`                     | none                           |
| csr         | a CSR's name or number   | csr                            |
| pred, succ  | letters out of `iorw`    | the same                       |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vmlab import csrs
from vmlab.isa import Compressed, Instruction, Kind, Row, decode, registers
from vmlab.isa.arithmetic import s64
from vmlab.isa.pattern import Field

from . import expressions
from .cursor import Cursor, is_register, shown
from .errors import AssemblyError, suggest
from .symbols import Scope
from .tokens import Token

FENCE_BITS = {"i": 8, "o": 4, "r": 2, "w": 1}
_ADVICE = {
    Kind.BRANCH: " bytes; branch around a j instead",
    Kind.JUMP: " bytes; use call or tail instead",
    Kind.COMPUTE: "; load the value with li instead",
    Kind.LOAD: "; add the offset to a register first",
    Kind.STORE: "; add the offset to a register first",
}


@dataclass(frozen=True)
class Slot:
    """What goes into one field of an instruction, once symbols have their values."""

    token: Token
    """Where the operand begins, for errors."""
    compute: Callable[[Scope], int]


Slots = dict[str, Slot]


def parse(row: Row, cursor: Cursor) -> Slots:
    """Read the operands of an instruction, to the end of the statement.

    Raises:
        AssemblyError: if they are not what the row's syntax says.
    """
    slots: Slots = {}
    try:
        for index, word in enumerate(row.syntax.split(", ") if row.syntax else ()):
            if index:
                cursor.expect(",")
            slots.update(_OPERANDS[word](cursor))
        cursor.finish()
    except AssemblyError as error:
        raise error.with_note(f"; write {row.name} {row.syntax}".rstrip()) from None
    return slots


def encode(row: Row, slots: Slots, scope: Scope) -> int:
    """Return the instruction's word.

    Raises:
        AssemblyError: if a field cannot hold its value; the message gives the range.
    """
    word = row.match
    for name, slot in slots.items():
        value, field = slot.compute(scope), row.fields[name]
        if not field.lowest <= value <= field.highest:
            raise slot.token.error(_out_of_range(row, field, value))
        if value % field.step:
            raise slot.token.error(f"{value} is not a multiple of {field.step}")
        if value == 0 and name in row.nonzero:
            raise slot.token.error(f"{row.name} takes no {'x0' if name[0] == 'r' else '0'} here")
        word |= field.insert(value)
    found = decode(word) if isinstance(row, Compressed) else None
    if found and found.compressed and found.compressed is not row:
        first = next(iter(slots.values()))
        raise first.token.error(f"with these operands, {row.name} is {found.compressed.name}")
    return word


def _out_of_range(row: Row, field: Field, value: int) -> str:
    if field.name in ("rd", "rs1", "rs2"):
        given, low, high = (registers.ABI_NAMES[n] for n in (value, field.lowest, field.highest))
        return f"{given} has no place here: {row.name} takes {low} to {high}"
    limits = f"{row.name} takes {field.lowest} to {field.highest}"
    if isinstance(row, Instruction) and field.name == "imm":
        limits += _ADVICE.get(row.kind, "")
    return f"{value} is out of range: {limits}"


def _register(name: str) -> Callable[[Cursor], Slots]:
    def read(cursor: Cursor) -> Slots:
        token, number = cursor.token, cursor.register()
        return {name: Slot(token, lambda scope: number)}

    return read


def _immediate(name: str) -> Callable[[Cursor], Slots]:
    def read(cursor: Cursor) -> Slots:
        token, expression = cursor.token, expressions.parse(cursor)
        return {name: Slot(token, lambda scope: expressions.number(expression, scope, token))}

    return read


def _upper(cursor: Cursor) -> Slots:
    token, expression = cursor.token, expressions.parse(cursor)

    def compute(scope: Scope) -> int:
        value = expressions.number(expression, scope, token)
        if not -0x8_0000 <= value <= 0xF_FFFF:
            raise token.error(f"{value} is out of range: an upper immediate is 0 to 0xfffff")
        return ((value & 0xF_FFFF ^ 0x8_0000) - 0x8_0000) << 12

    return {"imm": Slot(token, compute)}


def _target(cursor: Cursor) -> Slots:
    token, expression = cursor.token, expressions.parse(cursor)

    def compute(scope: Scope) -> int:
        target = expressions.number(expression, scope, token)
        return s64(target - expressions.address(scope.here))  # addresses wrap around

    return {"imm": Slot(token, compute)}


def _based(name: str, base: Callable[[Cursor], Slots]) -> Callable[[Cursor], Slots]:
    def read(cursor: Cursor) -> Slots:
        zero = Slot(cursor.token, lambda scope: 0)
        slots = {name: zero} if _at_base(cursor) else _immediate(name)(cursor)
        cursor.expect("(")
        slots.update(base(cursor))
        cursor.expect(")")
        return slots

    return read


def _base(cursor: Cursor) -> Slots:
    if cursor.token.text == "0":
        cursor.take()
    cursor.expect("(")
    slots = _register("rs1")(cursor)
    cursor.expect(")")
    return slots


def _stack_pointer(cursor: Cursor) -> Slots:
    token = cursor.token
    if cursor.register() != registers.NUMBERS["sp"]:
        raise token.error(f"expected sp, found {shown(token)}")
    return {}


def _at_base(cursor: Cursor) -> bool:
    """Tell whether `(sp)` comes next, and not a value in parentheses."""
    opening, name, closing, after = (cursor.ahead(index) for index in range(4))
    register = is_register([name]) or (name.kind == "name" and after.kind == "end")
    return (opening.text, closing.text) == ("(", ")") and register


def _csr(cursor: Cursor) -> Slots:
    token = cursor.token
    if token.text in csrs.NUMBERS:
        number = csrs.NUMBERS[cursor.take().text]
        return {"csr": Slot(token, lambda scope: number)}
    expression = expressions.parse(cursor)

    def compute(scope: Scope) -> int:
        if token.kind == "name" and not scope.knows(token.text):
            hint = suggest(token.text, csrs.NUMBERS)
            raise token.error(f"{token.text!r} is not a CSR of this machine{hint}")
        return expressions.number(expression, scope, token)

    return {"csr": Slot(token, compute)}


def _fence_set(name: str) -> Callable[[Cursor], Slots]:
    def read(cursor: Cursor) -> Slots:
        token = cursor.take()
        letters = token.text
        if letters == "0":
            letters = ""
        elif set(letters) - set(FENCE_BITS) or len(set(letters)) != len(letters) or not letters:
            raise token.error(f"expected letters out of iorw, found {shown(token)}")
        bits = sum(FENCE_BITS[letter] for letter in letters)
        return {name: Slot(token, lambda scope: bits)}

    return read


_OPERANDS: dict[str, Callable[[Cursor], Slots]] = {
    "rd": _register("rd"),
    "rs1": _register("rs1"),
    "rs2": _register("rs2"),
    "imm": _immediate("imm"),
    "uimm": _immediate("uimm"),
    "upper": _upper,
    "target": _target,
    "imm(rs1)": _based("imm", _register("rs1")),
    "uimm(rs1)": _based("uimm", _register("rs1")),
    "uimm(sp)": _based("uimm", _stack_pointer),
    "sp": _stack_pointer,
    "(rs1)": _base,
    "csr": _csr,
    "pred": _fence_set("pred"),
    "succ": _fence_set("succ"),
}
