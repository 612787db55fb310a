"""From the meaning of an instruction, and what is known of its operands, to a Python expression.

The meanings in `vmlab.isa` are written for unsigned numbers of 64 bits, and wrap wherever it could
matter. Here each node of a meaning's syntax tree is asked for in one of two ways. *Modulo*: any
number that is congruent modulo 2^64 will do, as for all operands of `+`, and as for the result,
which the engine wraps. *Exact*: it must be the number itself, as for a comparison, or the left side
of `>>`. Bounds then show where nothing is left to wrap.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import cache, lru_cache

from ..inline import returned
from ..isa import Instruction
from .values import MASK, SIGN, Value, add, constant, signed, unsigned

Operands = tuple[tuple[str, Value], ...]
REGISTERS = ("rs1", "rs2", "old")
"""Parameters that hold an unsigned number of 64 bits; the others are known numbers."""
WRAPS: dict[str, tuple[Callable[[Value, int], Value], int]] = {
    "s64": (signed, 64),
    "u64": (unsigned, 64),
    "s32": (signed, 32),
    "u32": (unsigned, 32),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.GtE: ">=",
}  # fmt: skip
_BITWISE: dict[type[ast.operator], tuple[str, Callable[[int, int], int]]] = {
    ast.BitAnd: ("&", operator.and_),
    ast.BitOr: ("|", operator.or_),
    ast.BitXor: ("^", operator.xor),
}


class Untranslatable(Exception):
    """The meaning has a form that is not known here; the instruction goes by the book."""


@lru_cache(maxsize=1 << 14)
def result(row: Instruction, operands: Operands) -> Value:
    """Return what the meaning of `row` computes, modulo 2^64, or a half of it.

    `operands` gives each parameter, as a tuple of pairs so that results can be kept.

    Raises:
        Untranslatable: if the meaning is not understood.
    """
    tree, meaning = _tree(row), _Meaning(row, operands)
    match tree:
        case ast.Call(func=ast.Name(id="s32"), args=[argument]):
            value = meaning.modulo(argument)
            return value._replace(half=not value.word) if value.loose else signed(value, 32)
    value = meaning.modulo(tree)
    return value._replace(half=_halves(tree, operands) and not value.word)


@lru_cache(maxsize=1 << 12)
def condition(row: Instruction, operands: Operands) -> str:
    """Return the meaning of a branch, as the expression of an `if`. Raises as `result`."""
    tree = _tree(row)
    if not isinstance(tree, ast.Compare):
        raise Untranslatable(row.name)
    return _Meaning(row, operands).comparison(tree)


@cache
def tolerates_halves(row: Instruction) -> bool:
    """Tell whether only the low 32 bits of the registers matter to a meaning."""
    return _tolerates(_tree(row), False)


def mixes(row: Instruction) -> bool:
    """Tell whether a meaning is bitwise, so that of sign extensions it makes a sign extension."""
    return isinstance(_tree(row), ast.BinOp) and all(
        isinstance(node, ast.BinOp | ast.Name | ast.operator | ast.expr_context)
        and not (isinstance(node, ast.BinOp) and type(node.op) not in _BITWISE)
        for node in ast.walk(_tree(row))
    )


def _halves(tree: ast.expr, operands: Operands) -> bool:
    return isinstance(tree, ast.BinOp) and any(value.half for _, value in operands)


def _tolerates(node: ast.AST, low: bool) -> bool:
    """As `tolerates_halves`, for a node of which only the low 32 bits matter if `low`."""
    match node:
        case ast.Name(id=name):
            return low or name not in REGISTERS
        case ast.Call(func=ast.Name(id="s32" | "u32"), args=[argument]):
            return _tolerates(argument, True)
        case ast.Call():
            return all(_tolerates(argument, False) for argument in node.args)
        case ast.BinOp(op=ast.BitAnd(), right=ast.Constant(value=int(mask))):
            return _tolerates(node.left, low or 0 <= mask < 1 << 32)
        case ast.BinOp(op=ast.LShift()):
            return _tolerates(node.left, low) and _tolerates(node.right, False)
        case ast.BinOp(
            op=ast.Add() | ast.Sub() | ast.Mult() | ast.BitAnd() | ast.BitOr() | ast.BitXor()
        ):
            return _tolerates(node.left, low) and _tolerates(node.right, low)
    return all(
        _tolerates(child, False)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.expr)
    )


def _tree(row: Instruction) -> ast.expr:
    tree = returned(row.meaning) if row.meaning else None
    if tree is None:
        raise Untranslatable(row.name)
    return tree


class _Meaning:
    def __init__(self, row: Instruction, operands: Operands) -> None:
        self._row = row
        self._operands = dict(operands)

    def modulo(self, node: ast.expr) -> Value:
        """Return a value that is congruent modulo 2^64 to what `node` computes."""
        match node:
            case ast.Name(id=name) if name in REGISTERS:
                return self._operands[name]
            case ast.Call(func=ast.Name(id="s64" | "u64"), args=[argument]):
                return self.modulo(argument)
            case ast.BinOp(op=ast.Add()):
                return add(self.modulo(node.left), self.modulo(node.right))
            case ast.BinOp(op=ast.Sub() | ast.Mult()):
                return _arithmetic(self.modulo(node.left), node.op, self.modulo(node.right))
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
                return _bitwise(self.modulo(node.left), node.op, self.modulo(node.right))
            case ast.BinOp(op=ast.LShift()):
                return _shift_left(self.modulo(node.left), self.exact(node.right))
            case ast.UnaryOp(op=ast.Invert()):
                value = self.modulo(node.operand)
                if value.constant:
                    return constant(~value.low)
                return Value(f"(~{value.source})", ~value.high, ~value.low)
        return self.exact(node)

    def exact(self, node: ast.expr) -> Value:
        """Return what `node` computes."""
        match node:
            case ast.Constant(value=int(number)):
                return constant(number)
            case ast.Name(id=name) if name in self._operands:
                value = self._operands[name]
                return unsigned(value, 64) if name in REGISTERS else value
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in WRAPS:
                wrap, bits = WRAPS[name]
                return wrap(self.modulo(argument), bits)
            case ast.Call(func=ast.Name(id="int"), args=[ast.Compare() as comparison]):
                return Value(f"(1 if {self.comparison(comparison)} else 0)", 0, 1)
            case ast.Call(func=ast.Name(id=name)):
                return _call(name, [self.exact(argument) for argument in node.args])
            case ast.BinOp(op=ast.RShift()):
                return _shift_right(self.exact(node.left), self.exact(node.right))
            case ast.BinOp(op=ast.BitAnd(), right=ast.Constant(value=int(mask))) if mask >= 0:
                return _bitwise(self.modulo(node.left), node.op, constant(mask & MASK))
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
                return _arithmetic(self.exact(node.left), node.op, self.exact(node.right))
        raise Untranslatable(f"{self._row.name}: {ast.unparse(node)}")

    def comparison(self, node: ast.Compare) -> str:
        """Return a comparison."""
        sign = _COMPARISONS.get(type(node.ops[0]))
        if sign is None or len(node.ops) > 1:
            raise Untranslatable(self._row.name)
        left, right = node.left, node.comparators[0]
        if self._is_unsigned(left) and self._is_unsigned(right):
            return _compare_unsigned(self.modulo(left), sign, self.modulo(right))
        return f"{self.exact(left).source} {sign} {self.exact(right).source}"

    def _is_unsigned(self, node: ast.expr) -> bool:
        """Tell whether `node` computes an unsigned number of 64 bits, or a constant like it."""
        match node:
            case ast.Name(id=name):
                return name in REGISTERS
            case ast.Constant(value=int(number)):
                return 0 <= number < SIGN
            case ast.Call(func=ast.Name(id="u64")):
                return True
        return False


def _compare_unsigned(left: Value, sign: str, right: Value) -> str:
    """Compare two unsigned numbers that are given modulo 2^64."""
    left, right = signed(left, 64), signed(right, 64)
    first, second = left.source, right.source
    if sign in ("==", "!=") or (left.low >= 0 and right.low >= 0):
        return f"{first} {sign} {second}"
    if (right.low, right.high) == (1, 1):
        return f"{first} {'==' if sign == '<' else '!='} 0"
    if (left.low, left.high) == (0, 0):
        return f"{second} {'!=' if sign == '<' else '=='} 0"
    if not (first.isidentifier() or left.constant) or not (second.isidentifier() or right.constant):
        return f"{unsigned(left, 64).source} {sign} {unsigned(right, 64).source}"
    # Of numbers with the same sign the signed order is the right one; else the negative is greater.
    if left.constant or right.constant:
        known, other = (left, second) if left.constant else (right, first)
        same = f"{other} >= 0" if known.low >= 0 else f"{other} < 0"
        differ = f"{second} < 0" if sign == "<" else f"{first} < 0"
        return f"({first} {sign} {second} if {same} else {differ})"
    # Mostly both are addresses that are not negative, and one chain of comparisons tells.
    less, order, more = (first, "<", second) if sign == "<" else (second, "<=", first)
    return f"(0 <= {less} {order} {more} or {more} < 0 and ({less} >= 0 or {less} {order} {more}))"


def _arithmetic(left: Value, op: ast.operator, right: Value) -> Value:
    if isinstance(op, ast.Add):
        return add(left, right)
    symbol, function = ("-", operator.sub) if isinstance(op, ast.Sub) else ("*", operator.mul)
    if left.constant and right.constant:
        return constant(function(left.low, right.low))
    corners = [function(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return Value(f"({left.source} {symbol} {right.source})", min(corners), max(corners))


def _bitwise(left: Value, op: ast.operator, right: Value) -> Value:
    symbol, function = _BITWISE[type(op)]
    if left.constant and right.constant:
        return constant(function(left.low, right.low))
    source = f"({left.source} {symbol} {right.source})"
    if isinstance(op, ast.BitAnd):
        highs = [value.high for value in (left, right) if value.low >= 0]
        if highs:
            return Value(source, 0, min(highs))
    bits = max(number.bit_length() for value in (left, right) for number in value[1:])
    low = 0 if left.low >= 0 and right.low >= 0 else -(1 << bits)
    return Value(source, low, (1 << bits) - 1)


def _shift_left(left: Value, right: Value) -> Value:
    if left.constant and right.constant:
        return constant(left.low << right.low)
    if right.low == right.high == 0:
        return left
    low, high = min(left.low, 0) << right.high, max(left.high, 0) << right.high
    return Value(f"({left.source} << {right.source})", low, high)


def _shift_right(left: Value, right: Value) -> Value:
    if left.constant and right.constant:
        return constant(left.low >> right.low)
    if right.low == right.high == 0:
        return left
    ends = [end >> count for end in (left.low, left.high) for count in (right.low, right.high)]
    return Value(f"({left.source} >> {right.source})", min(ends), max(ends))


def _call(name: str, arguments: list[Value]) -> Value:
    """Call a function of `vmlab.isa.arithmetic`, or a built-in one."""
    source = f"{name}({', '.join(value.source for value in arguments)})"
    lows, highs = [v.low for v in arguments], [v.high for v in arguments]
    if name in ("min", "max"):
        function = min if name == "min" else max
        return Value(source, function(lows), function(highs))
    if name in ("quotient", "remainder"):
        largest = max(1, *map(abs, lows), *map(abs, highs))
        return Value(source, -largest, largest)
    raise Untranslatable(name)
