"""Directives: data, alignment, constants and sections.

Sections are laid out one after another from the origin: text, then read-only data, data, anything
else, and bss; within these groups in the order in which they got something in them. Each begins at
a multiple of 16. After `.option rvc`, up to `.option norvc`, instructions are compressed unless
they refer to a label. Others that compilers write, such as `.globl`, are ignored.
"""

from __future__ import annotations

from collections.abc import Callable

from . import expressions
from .builder import Builder
from .cursor import Cursor, shown
from .symbols import Place
from .tokens import Token

NOP = 0x13.to_bytes(4, "little")
SHORT_NOP = 0x1.to_bytes(2, "little")
Directive = Callable[[Builder, Token, Cursor], None]
LARGEST = 1 << 28
"""Bytes that one directive may take; more is surely a mistake."""


def _data(width: int) -> Directive:
    low, high = -(1 << 8 * width - 1), (1 << 8 * width) - 1

    def directive(out: Builder, name: Token, cursor: Cursor) -> None:
        while True:
            _value(out, name, cursor)
            if not cursor.accept(","):
                return

    def _value(out: Builder, name: Token, cursor: Cursor) -> None:
        token, expression, scope = cursor.token, expressions.parse(cursor), out.scope

        def build() -> bytes:
            value = expressions.number(expression, scope, token)
            if not low <= value <= high:
                raise token.error(f"{value} is out of range: {name.text} takes {low} to {high}")
            return (value & high).to_bytes(width, "little")

        out.append(width, build)

    return directive


def _text(ending: bytes) -> Directive:
    def directive(out: Builder, name: Token, cursor: Cursor) -> None:
        while True:
            token = cursor.take()
            if token.kind != "string":
                raise token.error(f'expected a string in "quotes", found {shown(token)}')
            data = token.bytes + ending
            out.append(len(data), lambda data=data: data)  # type: ignore[misc]
            if not cursor.accept(","):
                return

    return directive


def _known(out: Builder, cursor: Cursor, low: int, high: int) -> int:
    """Read an expression whose value is needed at once."""
    token = cursor.token
    value = expressions.number(expressions.parse(cursor), out.scope, token)
    if not low <= value <= high:
        raise token.error(f"{value} is out of range: this takes {low} to {high}")
    return value


def _fill(out: Builder, count: int, cursor: Cursor) -> None:
    """Append `count` bytes, all 0 or all of the value that follows."""
    byte = _known(out, cursor, -128, 255) if cursor.accept(",") else 0
    data = bytes([byte & 0xFF]) * count
    out.append(count, lambda: data)


def _space(out: Builder, name: Token, cursor: Cursor) -> None:
    _fill(out, _known(out, cursor, 0, LARGEST), cursor)


def _org(out: Builder, name: Token, cursor: Cursor) -> None:
    token, here = cursor.token, out.scope.here
    target = expressions.parse(cursor).evaluate(out.scope)
    if isinstance(target, Place):
        if target.section is not here.section:
            raise token.error(".org cannot leave its section")
        target = target.offset
    if not here.offset <= target <= here.offset + LARGEST:
        raise token.error(
            f"{target:#x} is not ahead: .org takes an offset in its section, "
            f"which is at {here.offset:#x} already"
        )
    _fill(out, target - here.offset, cursor)


def _power_of_two(out: Builder, name: Token, cursor: Cursor) -> None:
    _align(out, 1 << _known(out, cursor, 0, 24), cursor)


def _bytes(out: Builder, name: Token, cursor: Cursor) -> None:
    token, boundary = cursor.token, _known(out, cursor, 1, 1 << 24)
    if boundary & boundary - 1:
        raise token.error(f"{boundary} is not a power of two")
    _align(out, boundary, cursor)


def _align(out: Builder, boundary: int, cursor: Cursor) -> None:
    missing = out.align(boundary)
    if cursor.token.text == ",":
        _fill(out, missing, cursor)
        return
    text = out.scope.here.section.name.startswith(".text")
    nops = SHORT_NOP * (missing % 4 // 2) + NOP * (missing // 4)
    padding = bytes(missing % 2) + nops if text else bytes(missing)
    out.append(missing, lambda: padding)


def _equ(out: Builder, name: Token, cursor: Cursor) -> None:
    symbol = cursor.name("a name")
    cursor.expect(",")
    out.define(symbol, expressions.parse(cursor))


def _section(out: Builder, name: Token, cursor: Cursor) -> None:
    out.enter(cursor.name("a section's name").text)
    _ignored(out, name, cursor)


def _named_section(out: Builder, name: Token, cursor: Cursor) -> None:
    out.enter(name.text)


def _option(out: Builder, name: Token, cursor: Cursor) -> None:
    option = cursor.name("an option").text
    if option in ("rvc", "norvc"):
        out.compress = option == "rvc"
    _ignored(out, name, cursor)


def _ignored(out: Builder, name: Token, cursor: Cursor) -> None:
    while cursor.take().kind != "end":
        pass


DIRECTIVES: dict[str, Directive] = {
    **dict.fromkeys((".byte",), _data(1)),
    **dict.fromkeys((".half", ".short", ".2byte"), _data(2)),
    **dict.fromkeys((".word", ".long", ".4byte"), _data(4)),
    **dict.fromkeys((".dword", ".quad", ".8byte"), _data(8)),
    ".ascii": _text(b""),
    **dict.fromkeys((".asciz", ".string"), _text(b"\0")),
    **dict.fromkeys((".zero", ".space", ".skip"), _space),
    ".org": _org,
    **dict.fromkeys((".align", ".p2align"), _power_of_two),
    ".balign": _bytes,
    ".option": _option,
    **dict.fromkeys((".equ", ".set"), _equ),
    ".section": _section,
    **dict.fromkeys((".text", ".rodata", ".data", ".bss"), _named_section),
    **dict.fromkeys((".globl", ".global", ".local", ".weak", ".type", ".size"), _ignored),
    **dict.fromkeys((".attribute", ".file", ".ident"), _ignored),
}
