"""Expressions: numbers, symbols, `.`, operators and the `%hi` family.

Values have 64 bits, signed or unsigned. As in other assemblers, `>>` shifts zeros in and `/` rounds
towards zero. C and assemblers disagree about which of some operators bind tighter; such a
mix must be written with parentheses, so that a text means the same to everyone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from vmlab.hart import MASK64
from vmlab.isa.arithmetic import quotient, remainder

from .cursor import Cursor, shown
from .errors import suggest
from .symbols import Place, Scope, Value
from .tokens import Token


class Expression(Protocol):
    """A tree that can be evaluated where it stands."""

    def evaluate(self, scope: Scope) -> Value:
        """Return the value; raise AssemblyError if it has none."""
        ...


_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "*": lambda left, right: left * right,
    "/": quotient,
    "%": remainder,
    "<<": lambda left, right: left << right,
    ">>": lambda left, right: (left & MASK64) >> right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "&": lambda left, right: left & right,
    "^": lambda left, right: left ^ right,
    "|": lambda left, right: left | right,
}
_BINDING = {"*": 6, "/": 6, "%": 6, "+": 5, "-": 5, "<<": 4, ">>": 4, "&": 3, "^": 2, "|": 1}
_PRODUCTS = ("*", "/", "%")
_SHIFTS = ("<<", ">>")
_AGREED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_PRODUCTS + _SHIFTS, ()),
    **dict.fromkeys(("+", "-"), _PRODUCTS),
    **dict.fromkeys(("&", "^", "|"), _PRODUCTS + _SHIFTS),
}
"""For each operator those that bind tighter in C and in assemblers alike."""


@dataclass(frozen=True)
class Number:
    """A literal."""

    value: int

    def evaluate(self, scope: Scope) -> Value:
        """Return the literal."""
        return self.value


@dataclass(frozen=True)
class Symbol:
    """A name."""

    token: Token

    def evaluate(self, scope: Scope) -> Value:
        """Look the name up."""
        return scope.lookup(self.token)


@dataclass(frozen=True)
class Here:
    """The address of the statement, written `.`."""

    def evaluate(self, scope: Scope) -> Value:
        """Return the place of the statement."""
        return scope.here.value()


@dataclass(frozen=True)
class Negative:
    """`-x` or `~x`."""

    token: Token
    operand: Expression

    def evaluate(self, scope: Scope) -> Value:
        """Negate, or invert every bit."""
        value = number(self.operand, scope, self.token)
        return -value if self.token.text == "-" else ~value


@dataclass(frozen=True)
class Binary:
    """Two operands and an operator between them."""

    token: Token
    left: Expression
    right: Expression

    def evaluate(self, scope: Scope) -> Value:
        """Combine the operands; labels can be moved by a number, and subtracted."""
        left, right = self.left.evaluate(scope), self.right.evaluate(scope)
        operator = self.token.text
        if isinstance(left, int) and isinstance(right, int):
            if operator in ("/", "%") and right == 0:
                raise self.token.error("division by zero")
            if operator in ("<<", ">>") and not 0 <= right < 64:
                raise self.token.error(f"shift by {right}; a shift is by 0 to 63")
            result = _OPERATORS[operator](left, right)
            if not -(1 << 63) <= result <= MASK64:
                raise self.token.error(f"{result} does not fit into 64 bits")
            return result
        if operator == "-" and isinstance(left, Place):
            if isinstance(right, int):
                return Place(left.section, left.offset - right)
            if left.section is right.section:
                return left.offset - right.offset
        if operator == "+" and isinstance(left, Place) and isinstance(right, int):
            return Place(left.section, left.offset + right)
        if operator == "+" and isinstance(left, int) and isinstance(right, Place):
            return Place(right.section, left + right.offset)
        raise self.token.error("the address of a label is not known yet where this is needed")


@dataclass(frozen=True)
class Part:
    """`%hi(x)`, `%lo(x)`, `%pcrel_hi(x)` or `%pcrel_lo(label)`."""

    token: Token
    operand: Expression

    def evaluate(self, scope: Scope) -> Value:
        """Return the upper 20 bits, unsigned, or the lower 12, signed."""
        value = number(self.operand, scope, self.token)
        if self.token.text == "pcrel_hi":
            value -= address(scope.here)
        elif self.token.text == "pcrel_lo":
            value = self._of_high_part(value, scope)
        if not -(1 << 31) <= value + 0x800 < 1 << 31:
            raise self.token.error(f"{value:#x} does not fit into 32 signed bits")
        if self.token.text.endswith("hi"):
            return value + 0x800 >> 12 & 0xF_FFFF
        return (value & 0xFFF ^ 0x800) - 0x800

    def _of_high_part(self, label: int, scope: Scope) -> int:
        for place, (expression, where) in scope.table.high_parts.items():
            if address(place) == label:
                return number(expression, where, self.token) - label
        raise self.token.error("%pcrel_lo takes the label of an instruction with %pcrel_hi")


PARTS = ("hi", "lo", "pcrel_hi", "pcrel_lo")


def parse(cursor: Cursor) -> Expression:
    """Read an expression as far as it goes.

    Raises:
        AssemblyError: if none begins here, or it mixes operators that need parentheses.
    """
    return _binary(cursor, 0)[0]


def number(expression: Expression, scope: Scope, blame: Token) -> int:
    """Evaluate an expression that must be a number by now; `blame` is pointed at otherwise."""
    value = expression.evaluate(scope)
    if isinstance(value, Place):
        raise blame.error("the address of a label is not known yet where this is needed")
    return value


def address(place: Place) -> int:
    """Return the address of a place, sections having theirs."""
    assert place.section.base is not None
    return place.section.base + place.offset


def _binary(cursor: Cursor, binding: int) -> tuple[Expression, str]:
    """Read what binds tighter than `binding`; return it with the operator that is open in it."""
    left, inner = _unary(cursor), ""
    while (token := cursor.token).kind == "mark" and _BINDING.get(token.text, 0) > binding:
        cursor.take()
        right, right_inner = _binary(cursor, _BINDING[token.text])
        _demand_parentheses(token, inner)
        _demand_parentheses(token, right_inner)
        left, inner = Binary(token, left, right), token.text
    return left, inner


def _demand_parentheses(outer: Token, inner: str) -> None:
    """Refuse `a << b + c` and its like: C reads a << (b + c), assemblers (a << b) + c."""
    if not inner or _BINDING[inner] == _BINDING[outer.text] or inner in _AGREED[outer.text]:
        return
    raise outer.error(f"put parentheses where {inner!r} and {outer.text!r} meet")


def _unary(cursor: Cursor) -> Expression:
    token = cursor.take()
    if token.kind in ("number", "char"):
        return Number(token.number)
    if token.kind == "name":
        return Here() if token.text == "." else Symbol(token)
    match token.text:
        case "(":
            inside = parse(cursor)
            cursor.expect(")")
            return inside
        case "-" | "~":
            return Negative(token, _unary(cursor))
        case "+":
            return _unary(cursor)
        case "%":
            name = cursor.name("hi, lo, pcrel_hi or pcrel_lo after %")
            if name.text not in PARTS:
                raise name.error(f"unknown %{name.text}{suggest(name.text, PARTS)}")
            cursor.expect("(")
            inside = parse(cursor)
            cursor.expect(")")
            return Part(name, inside)
    raise token.error(f"expected a value, found {shown(token)}")
