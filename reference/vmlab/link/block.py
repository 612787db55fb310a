"""Records of integers as blocks of bytes: a hart's state is some sixty, moved by `struct` at once.

One by one they would take longer to cross a link than all else. In a block every integer has a
place: first the 64-bit fields in their order, then the narrow fields, then the registers.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from itertools import compress
from operator import attrgetter, is_not, itemgetter, lt
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from vmlab.ranges import U32, U64, Length, Only, ZeroFirst

from .wire import codec, fields_getter

FEW = 4
"""With fewer fields than this, a block saves nothing."""
PLACES_MOST = 255
"""A place is one byte."""
CHANGES = [struct.Struct(f"<B{count}s{count}Q") for count in range(PLACES_MOST + 1)]
"""How many places changed, which, and what they hold now; by their number."""
NUMBERS = [struct.Struct(f"<{count}Q") for count in range(PLACES_MOST + 1)]


@cache
def block(annotation: Any) -> Block | None:
    """Return how a record lies in a block; None if it is no record that can."""
    if get_origin(annotation) is Annotated:
        record, *marks = get_args(annotation)
        only = [mark for mark in marks if isinstance(mark, Only)]
        return Whole.of(record, only[0].fields) if only else None
    if not isinstance(annotation, type) or not dataclasses.is_dataclass(annotation):
        return None
    hints = get_type_hints(annotation, include_extras=True)
    wide = [name for name, hint in hints.items() if hint == U64]
    rows = [name for name, hint in hints.items() if _count(hint)]
    narrow = {name: hint for name, hint in hints.items() if _reader(hint) is not None}
    count = sum(_count(hints[name]) for name in rows)
    if len(hints) < FEW or len(rows) > 1 or len(wide) + count + len(narrow) > PLACES_MOST:
        return None
    if len(wide) + len(rows) + len(narrow) < len(hints):
        return None
    return Block(annotation, wide, rows[0] if rows else None, count, narrow)


def _count(hint: Any) -> int:
    """Return how many 64-bit integers a list of registers always has; 0 if it is none."""
    if get_origin(hint) is not Annotated:
        return 0
    inner, *marks = get_args(hint)
    if get_origin(inner) is not list or get_args(inner)[0] != U64 or ZeroFirst() not in marks:
        return 0
    return next((m.most for m in marks if isinstance(m, Length) and m.most == m.least), 0)


def _reader(hint: Any) -> Callable[[int], Any] | None:
    """Return what makes a narrow field of an integer, or raises KeyError; None if it is none."""
    if hint is bool:
        return {0: False, 1: True}.__getitem__
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return {member.value: member for member in hint}.__getitem__
    return _word if hint == U32 else None


def _word(number: int) -> int:
    if number >> 32:
        raise KeyError(number)
    return number


class Block:
    """The block of one kind of record."""

    def __init__(
        self,
        kind: type[Any],
        wide: Sequence[str],
        row: str | None,
        count: int,
        narrow: dict[str, Any],
    ) -> None:
        self._kind = kind
        self._row = row
        self._wide = len(wide)
        self._zero = len(wide) + len(narrow)
        """The place of register 0, which never changes."""
        self._names = (*wide, *narrow)
        self._places = range(self._zero + count)
        self._types = [*[int] * len(wide), *[int if t == U32 else t for t in narrow.values()]]
        self._types += [int] * count
        self._readers = [cast(Callable[[int], Any], _reader(hint)) for hint in narrow.values()]
        self._fixed = frozenset({self._zero} if count else ())
        self._narrow = frozenset(range(self._wide, self._zero))
        self._fields_of = fields_getter(self._names)
        self._row_of: Callable[[Any], Any] = attrgetter(row) if row else lambda value: []
        words = "".join("I" if hint == U32 else "Q" for hint in narrow.values())
        self._whole = struct.Struct(f"<{len(wide)}Q{words}{count}Q")
        have = (*self._names, row)
        order = [field.name for field in dataclasses.fields(kind) if field.name in have]
        self._in_order = itemgetter(*map(have.index, order))
        self._converted = [(order.index(n), r) for n, r in zip(narrow, self._readers, strict=True)]
        self._row_at = order.index(row) if row else None

    def pack(self, value: Any) -> bytes:
        """Return the whole block of a record. Raise NotPlain."""
        fields, registers = self._fields_of(value), self._row_of(value)
        if (
            type(value) is self._kind
            and (not registers or (type(registers) is list and registers[0] == 0))
            and [*map(type, fields[self._wide :])] == self._types[self._wide : self._zero]
        ):
            try:
                return self._whole.pack(*fields, *registers)
            except struct.error:
                pass
        return self._whole.pack(*self._checked(value))

    def unpack(self, data: bytes) -> Any:
        """Return the record in what `pack` returned."""
        numbers = self._whole.unpack(data)
        values = [*self._in_order(numbers)]
        for at, reader in self._converted:
            values[at] = reader(values[at])
        if self._row_at is not None:
            values[self._row_at] = [*numbers[self._zero :]]
        return self._kind(*values)

    def unpack_checked(self, data: bytes) -> Any:
        """Return the record in `size` bytes. Raise ValueError unless each value may be there."""
        try:
            value = self.unpack(data)
        except KeyError as error:
            raise ValueError(f"a field is {error}") from None
        if self._fixed and self._row_of(value)[0]:
            raise ValueError(f"{self._row}[0] is not 0")
        return value

    @property
    def size(self) -> int:
        """Bytes of a whole block."""
        return self._whole.size

    def numbers(self, value: Any) -> tuple[int, ...]:
        """Return the integers of a record by their places."""
        return (*self._fields_of(value), *self._row_of(value))

    def pack_changes(self, before: tuple[int, ...], value: Any) -> bytes:
        """Return which places hold other objects than `before`, and what. Raise NotPlain."""
        registers = self._row_of(value)
        if type(registers) is list and len(registers) + self._zero == len(before):
            now = (*self._fields_of(value), *registers)
            places = bytes(compress(self._places, map(is_not, before, now)))
            numbers = [now[place] for place in places]
            if [*map(type, numbers)] == [self._types[place] for place in places]:
                try:
                    if self._fixed.isdisjoint(places):
                        return CHANGES[len(places)].pack(len(places), places, *numbers)
                except struct.error:
                    pass  # one is too wide
        now = self._checked(value)
        places = bytes(place for place in self._places if now[place] != before[place])
        return CHANGES[len(places)].pack(len(places), places, *[now[place] for place in places])

    def unpack_changes(self, data: bytes, start: int) -> tuple[bytes, Sequence[Any], int]:
        """Return places, their values and where they end in `data`. Raise ValueError.

        Trusts nothing: each place is one that may change, and each value one that it may have.
        """
        try:
            count = data[start]
            places = data[start + 1 : start + 1 + count]
            numbers: Sequence[Any] = NUMBERS[count].unpack_from(data, start + 1 + count)
        except (IndexError, struct.error):
            raise ValueError("the changes end in their middle") from None
        if count:
            if places[-1] >= len(self._places) or not all(map(lt, places, places[1:])):
                raise ValueError("the changes are not at places in their order")
            if not self._fixed.isdisjoint(places):
                raise ValueError(f"{self._row}[0] has changed")
            if not self._narrow.isdisjoint(places):
                numbers = self._narrowed(places, numbers)
        return places, numbers, start + 1 + 9 * count

    def assign(self, target: Any, places: bytes, values: Sequence[Any]) -> None:
        """Carry changes out; the list of registers stays the same object."""
        for place, value in zip(places, values):  # noqa: B905  (hot, and of one length)
            if place < self._zero:
                setattr(target, self._names[place], value)
            else:
                self._row_of(target)[place - self._zero] = value

    def _narrowed(self, places: bytes, numbers: Sequence[int]) -> list[Any]:
        values: list[Any] = list(numbers)
        for at, place in enumerate(places):
            if place in self._narrow:
                try:
                    values[at] = self._readers[place - self._wide](numbers[at])
                except KeyError:
                    raise ValueError(f"{self._names[place]} is {numbers[at]}") from None
        return values

    def _checked(self, value: Any) -> tuple[int, ...]:
        """Return a record's integers as plain ones. Raise NotPlain, which says what is wrong."""
        plain = codec(cast(Any, self._kind)).dump(value)
        row = plain[self._row] if self._row else []
        return (*[plain[name] for name in self._names], *row)


class Whole(Block):
    """The block of some fields of a record, 64-bit ones and the registers.

    They come back whole: with so few, that is faster than to look which have changed.
    """

    @classmethod
    def of(cls, kind: type[Any], names: Sequence[str]) -> Whole:
        """Return the block of these fields."""
        hints = get_type_hints(kind, include_extras=True)
        wide = [name for name in names if hints[name] == U64]
        (row,) = (name for name in names if name not in wide)
        return cls(kind, wide, row, _count(hints[row]), {})

    def unpack(self, data: bytes) -> Any:
        """Return a new record with the fields in what `pack` returned."""
        value = self._kind()
        self.assign(value, b"", self._whole.unpack(data))
        return value

    def pack(self, value: Any) -> bytes:
        """Return the block. Raise NotPlain."""
        registers = self._row_of(value)
        if type(value) is self._kind and type(registers) is list and registers[0] == 0:
            try:
                return self._whole.pack(*self._fields_of(value), *registers)
            except struct.error:
                pass
        return self._whole.pack(*self._checked(value))

    def numbers(self, value: Any) -> tuple[int, ...]:
        """Return nothing: there is nothing to compare."""
        return ()

    def pack_changes(self, before: tuple[int, ...], value: Any) -> bytes:
        """Return all. Raise NotPlain."""
        return self.pack(value)

    def unpack_changes(self, data: bytes, start: int) -> tuple[bytes, Sequence[Any], int]:
        """Return all, and where it ends in `data`. Raise ValueError; trusts nothing."""
        try:
            numbers = self._whole.unpack_from(data, start)
        except struct.error:
            raise ValueError("the changes end in their middle") from None
        if numbers[self._zero]:
            raise ValueError(f"{self._row}[0] is not 0")
        return b"", numbers, start + self.size

    def assign(self, target: Any, places: bytes, numbers: Sequence[Any]) -> None:
        """Carry all out on the caller's record; its list of registers stays the same one."""
        for name, value in zip(self._names, numbers):  # noqa: B905  (hot; the registers follow)
            setattr(target, name, value)
        self._row_of(target)[:] = numbers[self._zero :]
