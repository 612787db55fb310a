"""Statements: labels, constants, directives, pseudo-instructions and instructions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from vmlab.isa import BY_NAME, COMPRESSED, Row
from vmlab.program import Program

from . import expressions, operands
from .builder import Builder
from .compress import compress
from .cursor import Cursor
from .directives import DIRECTIVES
from .errors import AssemblyError, suggest
from .pseudo import PSEUDO, expand, load_immediate, misuse
from .symbols import NOWHERE, Place, Scope, Unplaced
from .tokens import Token, tokenize

IALIGN = 2
"""Bytes; instructions stand at multiples of it."""
_ROWS: dict[str, Row] = {**BY_NAME, **{row.name: row for row in COMPRESSED}}
_ORDERINGS = {"": {}, ".aq": {"aq": 1}, ".rl": {"rl": 1}, ".aqrl": {"aq": 1, "rl": 1}}


def assemble(
    source: str,
    *,
    origin: int = 0x8000_0000,
    name: str = "<guest>",
    before: Sequence[tuple[str, str]] = (),
) -> Program:
    """Assemble a whole source text.

    Args:
        source: what `vmlab.asm` describes.
        origin: address of the first section.
        name: the file's name, for errors, and the program's.
        before: files that stand before it, such as a library: the name and the text of each. What
            comes from there is on no line of the program.

    Raises:
        AssemblyError: at the first mistake; its text begins with file, line and column.
    """
    assembler = _Assembler()
    try:
        for other, text in before:
            for statement in _read_once(text, other):
                assembler.statement(statement, line=0)
        for statement in _read_once(source, name):
            assembler.statement(statement, line=statement[0].line)
        return replace(assembler.out.finish(origin), name=name)
    except RecursionError:
        message = "this expression is too long or too deeply nested"
        raise AssemblyError(message, assembler.out.line, 1, name) from None


_read_once = lru_cache(maxsize=32)(tokenize)


class _Assembler:
    def __init__(self) -> None:
        self.out = Builder()
        self._local_labels: dict[int, int] = {}
        """How often each numeric label was defined so far."""

    def statement(self, tokens: Sequence[Token], line: int) -> None:
        """Take in one statement with the labels before it; `line` is the program's."""
        self.out.line = line
        while tokens[0].kind in ("name", "number") and tokens[1].text == ":":
            self._label(tokens[0])
            tokens = tokens[2:]
        cursor = Cursor([self._meant(t) if t.kind == "local" else t for t in tokens])
        if cursor.token.kind == "end":
            return
        name = cursor.name("an instruction, a directive or a label")
        if cursor.accept("="):
            self.out.define(name, expressions.parse(cursor))
            cursor.finish()
        elif name.text in DIRECTIVES:
            DIRECTIVES[name.text](self.out, name, cursor)
            cursor.finish()
        elif name.text == "li":
            self._load_immediate(cursor)
        else:
            self._encode([name, *cursor.rest()])

    def _label(self, token: Token) -> None:
        if token.kind == "name":
            self.out.label(token.text, token)
            return
        count = self._local_labels.get(token.number, 0) + 1
        self._local_labels[token.number] = count
        self.out.label(_local_name(token.number, count), token)

    def _meant(self, token: Token) -> Token:
        """Return the name of the label that `1b` or `1f` means here."""
        number, forward = int(token.text[:-1]), token.text.endswith("f")
        count = self._local_labels.get(number, 0) + forward
        if count == 0:
            raise token.error(f"no label '{number}:' stands before this")
        return token.renamed(_local_name(number, count))

    def _load_immediate(self, cursor: Cursor) -> None:
        register = cursor.token.text
        cursor.register()
        cursor.expect(",")
        token, expression = cursor.token, expressions.parse(cursor)
        cursor.finish()
        value = expression.evaluate(self.out.scope)
        if isinstance(value, Place):
            raise token.error("li takes a number, not an address; use la for an address")
        for statement in load_immediate(register, value, token):
            self._encode(statement)

    def _encode(self, statement: Sequence[Token]) -> None:
        """Add the instructions that a statement stands for."""
        for planned in _plan(tuple(statement)):
            self._add(planned)

    def _add(self, planned: _Planned) -> None:
        name, row, ordering, slots, high_part, word = planned
        if self.out.offset % IALIGN:
            raise name.error(f"not at a multiple of {IALIGN} bytes; write .align 1 before this")
        if word is not None and not self.out.compress:
            data = word.to_bytes(row.length, "little")
            self.out.append(row.length, lambda: data)
            return
        scope = self.out.scope
        if high_part is not None:  # for the `%pcrel_lo` that refers to it by label
            self.out.table.high_parts[scope.here] = (high_part, scope)

        short = self._compressed(row, slots, scope) if self.out.compress else None
        if short is not None:
            self.out.append(len(short), lambda: short)
            return

        def build() -> bytes:
            word = operands.encode(row, slots, scope) | ordering
            return word.to_bytes(row.length, "little")

        self.out.append(row.length, build)

    def _compressed(self, row: Row, slots: operands.Slots, scope: Scope) -> bytes | None:
        """Return the short form, if there is one and no operand waits for a label's address."""
        try:
            word = compress(operands.encode(row, slots, scope))
        except AssemblyError:
            return None
        return None if word is None else word.to_bytes(2, "little")


class _Planned(NamedTuple):
    """A real instruction whose operands are read, and have no values yet."""

    name: Token
    row: Row
    ordering: int
    """The bits of `.aq` and `.rl`."""
    slots: operands.Slots
    high_part: expressions.Expression | None
    """The operand of a `%pcrel_hi` in it."""
    word: int | None
    """The instruction, if it is the same wherever it stands."""


@lru_cache(maxsize=1 << 13)
def _plan(statement: tuple[Token, ...]) -> tuple[_Planned, ...]:
    """Read a statement; a library's come again with every program."""
    name, cursor = statement[0], Cursor(statement[1:])
    given = cursor.operands()
    for pseudo in PSEUDO.get(name.text, ()):
        if pseudo.fits(given):
            return tuple(_plan_one(each) for each in expand(pseudo, given, name))
    if name.text in PSEUDO and name.text not in BY_NAME:
        raise misuse(name, given)
    return (_plan_one(statement),)


def _plan_one(statement: Sequence[Token]) -> _Planned:
    name = statement[0]
    row, ordering = _row(name)
    slots = operands.parse(row, Cursor(statement[1:]))
    word = None
    with suppress(Unplaced, AssemblyError):  # what is wrong is said when it has its place
        word = operands.encode(row, slots, NOWHERE) | ordering
    return _Planned(name, row, ordering, slots, _high_part(statement), word)


def _high_part(statement: Sequence[Token]) -> expressions.Expression | None:
    for index, token in enumerate(statement):
        if token.text == "pcrel_hi" and statement[index - 1].text == "%":
            return expressions.parse(Cursor(statement[index + 1 :]))
    return None


def _row(name: Token) -> tuple[Row, int]:
    """Find an instruction, perhaps with `.aq`, `.rl` or `.aqrl` after it, and those bits."""
    for suffix, bits in _ORDERINGS.items():
        row = _ROWS.get(name.text.removesuffix(suffix)) if name.text.endswith(suffix) else None
        if row is not None and bits.keys() <= row.fields.keys():
            return row, (row.encode(**bits) & ~row.match if bits else 0)
    known = [*_ROWS, *PSEUDO, "li", *DIRECTIVES]
    what = "directive" if name.text.startswith(".") else "instruction"
    raise name.error(f"unknown {what} {name.text!r}{suggest(name.text, known)}")


def _local_name(number: int, count: int) -> str:
    """A name that no source can hold; the text before the NUL is for messages."""
    return f"{number}\0{count}"
