"""The source of single instructions, and what is known of the registers between them.

A load or store is one expression, which raises KeyError where the TLB does not know the page, or
where the address is misaligned, before anything has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from ..isa import Decoded, Kind
from . import status
from .addresses import (
    ADDRESSES,
    NO_SECOND_ADDRESS,
    Group,
    Span,
    begin,
    group,
    item,
    member,
)
from .meaning import condition, mixes, result, tolerates_halves
from .motion import Motion, join
from .values import S64, Value, constant, signed, unsigned


@dataclass
class State:
    """What is known at a place in a region's function."""

    words: frozenset[int] = frozenset()
    """Registers that hold signed numbers of 32 bits wherever arms begin and end."""
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Bounds of the registers that are not just any signed number of 64 bits."""
    halves: set[int] = field(default_factory=set)
    """Registers that are sign extensions of the low 32 bits of their variables."""
    groups: dict[Group, Span] = field(default_factory=dict)
    """Those that have been looked up, and whose base is still the same."""
    motion: Motion = field(default_factory=dict)
    """In a stretch of turns: what registers hold, by what they held when the turn began."""
    count: int = 0
    """Instructions that have retired since they were last added to `n`."""
    path: int = 0
    """Instructions since the limit was last checked, at most."""

    def copy(self) -> State:
        """Return an independent copy."""
        return replace(
            self,
            ranges=dict(self.ranges),
            halves=set(self.halves),
            groups=dict(self.groups),
            motion=dict(self.motion),
        )

    def register(self, number: int) -> Value:
        """Return the local variable of a register, or its number if that is known."""
        low, high = self.ranges.get(number, S64) if number else (0, 0)
        if low == high:
            return constant(low)
        return Value(f"x{number}", low, high, number in self.halves)

    def found(self, number: int) -> None:
        """Note that a page was found for an address near a register: the register is one, too."""
        value = self.register(number)
        if value.within(*NO_SECOND_ADDRESS):
            low, high = ADDRESSES
            self.ranges[number] = (max(value.low, low), min(value.high, high))

    def assign(self, number: int, value: Value) -> str:
        """Note that a register takes a value; return the statement."""
        if value.constant or not value.loose:
            value = signed(value, 32 if value.half else 64)
        self.ranges[number] = (value.low, value.high)
        (self.halves.add if value.half else self.halves.discard)(number)
        for key in [key for key in self.groups if key.base == number]:
            del self.groups[key]
        return f"x{number} = {value.source}"

    def settle(self, numbers: Iterable[int]) -> list[str]:
        """Return the statements that bring these registers into normal form."""
        lines = []
        for number in sorted(self.halves.union(self.ranges).intersection(numbers)):
            value = self.register(number)
            if value.half:
                lines.append(self.assign(number, signed(value._replace(half=False), 32)))
            elif not value.half and not value.signed:
                lines.append(self.assign(number, signed(value, 64)))
        return lines

    def strays(self) -> set[int]:
        """Return the registers of `words` that may hold something else now."""
        return {
            number
            for number in self.words - self.halves
            if not Value("", *self.ranges.get(number, S64)).word
        }

    def merge(self, other: State) -> set[int]:
        """Keep only what also holds in another state; return registers that are no `words` then."""
        strays = (self.halves & other.strays()) | (other.halves & self.strays())
        for number in set(self.ranges) | set(other.ranges):
            low, high = self.ranges.get(number, S64)
            low2, high2 = other.ranges.get(number, S64)
            self.ranges[number] = (min(low, low2), max(high, high2))
        self.halves |= other.halves
        self.groups = dict(self.groups.items() & other.groups.items())
        join(self.motion, other.motion)
        self.path = max(self.path, other.path)
        return strays


def prepare(decoded: Decoded, state: State) -> list[str]:
    """Return the statements that must come before an instruction: it may need whole registers."""
    row = decoded.instruction
    sources = {decoded.rs1, decoded.rs2} & state.halves
    if not sources:
        return []
    if row.kind is Kind.COMPUTE:
        if tolerates_halves(row):
            return []
        values = (state.register(getattr(decoded, n)) for n in row.needs if n in ("rs1", "rs2"))
        if mixes(row) and all(value.half or value.word for value in values):
            return []
    elif row.kind is Kind.STORE and row.width < 8:
        sources -= {decoded.rs2} - {decoded.rs1}
    return state.settle(sources) if sources else []


def look_up(decoded: Decoded, span: Span, state: State) -> list[str]:
    """Return the statement that looks up a group, before its first member."""
    key, base = group(decoded), state.register(decoded.rs1)
    if key is None or base.constant or state.groups.get(key) == span:
        return []
    state.groups[key] = span
    return [begin(key, span, base)]


def lines(decoded: Decoded, pc: int, state: State, at: str = "") -> list[str]:
    """Return the statements of an instruction that is neither branch nor jump.

    Only the first can raise, and not even that if `at` gives the number of the item in RAM that a
    load or store works on. Raises Untranslatable if the instruction must go by the book.
    """
    if at:
        return (_load if decoded.instruction.kind is Kind.LOAD else _store)(decoded, pc, state, at)
    write = _WRITERS.get(decoded.instruction.kind)
    return write(decoded, pc, state) if write else []


def branch(decoded: Decoded, pc: int, state: State) -> str:
    """Return the condition of a branch. Raises Untranslatable."""
    return _bind(condition(decoded.instruction, _operands(decoded, pc, state)), decoded)


def computed(decoded: Decoded, pc: int, state: State) -> Value:
    """Return what an instruction's meaning computes, modulo 2^64. Raises Untranslatable."""
    value = result_of(decoded, pc, state)
    return value._replace(source=_bind(value.source, decoded))


def result_of(decoded: Decoded, pc: int, state: State) -> Value:
    """Return the same with operands by the names that the meaning has for them."""
    return result(decoded.instruction, _operands(decoded, pc, state))


def _operands(decoded: Decoded, pc: int, state: State) -> tuple[tuple[str, Value], ...]:
    """Return the operands, under names that make equal what differs in registers only."""
    found: list[tuple[str, Value]] = []
    for name in decoded.instruction.needs:
        match name:
            case "rs1" | "rs2":
                value = state.register(getattr(decoded, name))
                found.append((name, value if value.constant else value._replace(source=name)))
            case "old":
                sign = 1 << 8 * decoded.instruction.width - 1
                found.append((name, Value(name, -sign, sign - 1)))
            case _:
                found.append((name, constant(pc if name == "pc" else decoded.imm)))
    return tuple(found)


def _bind(source: str, decoded: Decoded) -> str:
    return source.replace("rs1", f"x{decoded.rs1}").replace("rs2", f"x{decoded.rs2}")


def _compute(decoded: Decoded, pc: int, state: State) -> list[str]:
    return [state.assign(decoded.rd, computed(decoded, pc, state))] if decoded.rd else []


def _load(decoded: Decoded, pc: int, state: State, at: str = "") -> list[str]:
    row = decoded.instruction
    item = f"{view(row.width, row.signed)}[{at or _index(decoded, state, 'loads')}]"
    if not decoded.rd:
        return [item]
    low, high = bounds(row.width, row.signed)
    return [state.assign(decoded.rd, Value(item, low, high))]


def _store(decoded: Decoded, pc: int, state: State, at: str = "") -> list[str]:
    name, value = _stored(state.register(decoded.rs2), decoded.instruction.width)
    return [f"{name}[{at or _index(decoded, state, 'stores')}] = {value}"]


def _amo(decoded: Decoded, pc: int, state: State) -> list[str]:
    width = decoded.instruction.width
    name, new = _stored(computed(decoded, pc, state), width)
    first = [
        f"i = {_index(decoded, state, 'stores')}",
        f"old = {view(width, True)}[i]",
        f"{name}[i] = {new}",
    ]
    if not decoded.rd:
        return first
    return [*first, state.assign(decoded.rd, Value("old", *bounds(width, True)))]


def _load_reserved(decoded: Decoded, pc: int, state: State) -> list[str]:
    width = decoded.instruction.width
    first = [
        f"i = {_index(decoded, state, 'loads')}",
        f"engine.reservation = (i * {width}, {width})",
    ]
    if not decoded.rd:
        return first
    value = Value(f"{view(width, True)}[i]", *bounds(width, True))
    return [*first, state.assign(decoded.rd, value)]


def _store_conditional(decoded: Decoded, pc: int, state: State) -> list[str]:
    width = decoded.instruction.width
    name, value = _stored(state.register(decoded.rs2), width)
    first = [
        f"i = {_index(decoded, state, 'stores')}",
        f"t = engine.reservation == (i * {width}, {width})",
        f"if t: {name}[i] = {value}",
        "engine.reservation = None",
    ]
    if not decoded.rd:
        return first
    return [*first, state.assign(decoded.rd, Value("(0 if t else 1)", 0, 1))]


def _csr(decoded: Decoded, pc: int, state: State) -> list[str]:
    first, value = status.lines(decoded, state.register(decoded.rs1))
    return [*first, state.assign(decoded.rd, value)] if decoded.rd else first


def _index(decoded: Decoded, state: State, table: str) -> str:
    """Return the number of the item in RAM that an instruction works on."""
    alone = item(decoded, table, state.register(decoded.rs1))
    key = group(decoded)
    low, high = state.groups.get(key, (1, 0)) if key else (1, 0)
    state.found(decoded.rs1)
    return member(key, decoded, alone) if key and low <= decoded.imm <= high else alone


def bounds(width: int, is_signed: bool) -> tuple[int, int]:
    """Return the least and the greatest number of so many bytes."""
    bits = 8 * width
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)


def view(width: int, is_signed: bool) -> str:
    """Name the view of RAM that reads and writes numbers of this kind."""
    return f"{'s' if is_signed else 'u'}{width}"


def _stored(value: Value, width: int) -> tuple[str, str]:
    """Return the view through which the low bytes of a value are stored, and what to store."""
    for is_signed in (True, False):
        if value.within(*bounds(width, is_signed)):
            return view(width, is_signed), value.source
    if width == 8:
        return view(8, True), signed(value, 64).source
    low = unsigned(value, 32).source if width == 4 else f"{value.source} & {(1 << 8 * width) - 1}"
    return view(width, False), low


_WRITERS: dict[Kind, Callable[[Decoded, int, State], list[str]]] = {
    Kind.COMPUTE: _compute,
    Kind.LOAD: _load,
    Kind.STORE: _store,
    Kind.AMO: _amo,
    Kind.LR: _load_reserved,
    Kind.SC: _store_conditional,
    Kind.CSR: _csr,
}
