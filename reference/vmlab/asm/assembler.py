"""Statements: labels, constants, directives, pseudo-instructions and instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vmlab.isa import BY_NAME, COMPRESSED, Row
from vmlab.program import Program

from . import expressions, operands
from .builder import Builder
from .compress import compress
from .cursor import Cursor
from .directives import DIRECTIVES
from .errors import AssemblyError, suggest
from .pseudo import PSEUDO, expand, load_immediate, misuse
from .symbols import Place, Scope
from .tokens import Token, tokenize

IALIGN = 2
"""Bytes; instructions stand at multiples of it."""
_ROWS: dict[str, Row] = {**BY_NAME, **{row.name: row for row in COMPRESSED}}
_ORDERINGS = {"": {}, ".aq": {"aq": 1}, ".rl": {"rl": 1}, ".aqrl": {"aq": 1, "rl": 1}}


def assemble(source: str, *, origin: int = 0x8000_0000, name: str = "<guest>") -> Program:
    """Assemble a whole source text.

    Args:
        source: what `vmlab.asm` describes.
        origin: address of the first section.
        name: the file's name, for errors, and the program's.

    Raises:
        AssemblyError: at the first mistake; its text begins with file, line and column.
    """
    assembler = _Assembler()
    try:
        for statement in tokenize(source, name):
            assembler.statement(statement)
        return replace(assembler.out.finish(origin), name=name)
    except RecursionError:
        message = "this expression is too long or too deeply nested"
        raise AssemblyError(message, assembler.out.line, 1, name) from None


class _Assembler:
    def __init__(self) -> None:
        self.out = Builder()
        self._local_labels: dict[int, int] = {}
        """How often each numeric label was defined so far."""

    def statement(self, tokens: Sequence[Token]) -> None:
        """Take in one statement with the labels before it."""
        self.out.line = tokens[0].line
        while tokens[0].kind in ("name", "number") and tokens[1].text == ":":
            self._label(tokens[0])
            tokens = tokens[2:]
        cursor = Cursor([self._resolve_local(token) for token in tokens])
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
            self._instruction(name, cursor)

    def _label(self, token: Token) -> None:
        if token.kind == "name":
            self.out.label(token.text, token)
            return
        count = self._local_labels.get(token.number, 0) + 1
        self._local_labels[token.number] = count
        self.out.label(_local_name(token.number, count), token)

    def _resolve_local(self, token: Token) -> Token:
        """Replace `1b` and `1f` by the name of the label that they mean here."""
        if token.kind != "local":
            return token
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

    def _instruction(self, name: Token, cursor: Cursor) -> None:
        given = cursor.copy().operands()
        for pseudo in PSEUDO.get(name.text, ()):
            if pseudo.fits(given):
                for statement in expand(pseudo, given, name):
                    self._encode(statement)
                return
        if name.text in PSEUDO and name.text not in BY_NAME:
            raise misuse(name, given)
        self._encode([name, *cursor.rest()])

    def _encode(self, statement: Sequence[Token]) -> None:
        """Add one real instruction."""
        name, scope = statement[0], self.out.scope
        row, ordering = _row(name)
        if scope.here.offset % IALIGN:
            raise name.error(f"not at a multiple of {IALIGN} bytes; write .align 1 before this")
        slots = operands.parse(row, Cursor(statement[1:]))
        self._note_high_part(statement)

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

    def _note_high_part(self, statement: Sequence[Token]) -> None:
        """Remember the operand of `%pcrel_hi`, for the `%pcrel_lo` that refers to it by label."""
        for index, token in enumerate(statement):
            if token.text == "pcrel_hi" and statement[index - 1].text == "%":
                operand = expressions.parse(Cursor(statement[index + 1 :]))
                self.out.table.high_parts[self.out.scope.here] = (operand, self.out.scope)


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
