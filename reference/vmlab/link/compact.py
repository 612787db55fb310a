"""Calls out of a worker as bytes, where all that they take is integers and records of integers.

As JSON one would take three times as long, and a VMM makes one for every exit of a guest.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Annotated, Any, get_args, get_origin

from vmlab.ranges import Bits

from .block import Block, block
from .packed import dump_arguments, packing
from .wire import INTEGERS, NotPlain

LETTERS = {8: "B", 16: "H", 32: "I", 64: "Q"}
"""What `struct` calls an unsigned integer of so many bits."""


class Compact:
    """How one method's arguments lie in bytes: the call's number, the integers, then the blocks."""

    @classmethod
    def of(cls, arguments: Sequence[tuple[str, Any]]) -> Compact | None:
        """Return the form for arguments with these names and annotations; None if it has none."""
        letters = {name: _letter(kind) for name, kind in arguments}
        blocks = {name: block(kind) for name, kind in arguments if not letters[name]}
        whole = {name: found for name, found in blocks.items() if found is not None}
        return cls(arguments, letters, whole) if len(whole) == len(blocks) else None

    def __init__(
        self,
        arguments: Sequence[tuple[str, Any]],
        letters: dict[str, str],
        blocks: dict[str, Block],
    ) -> None:
        self._packings = tuple((name, packing(kind)) for name, kind in arguments)
        self._integers = [name for name, letter in letters.items() if letter]
        self._blocks = [*blocks.items()]
        self._head = struct.Struct("<Q" + "".join(letters.values()))
        self._size = self._head.size + sum(each.size for each in blocks.values())

    def pack(self, number: int, values: dict[str, Any]) -> bytes:
        """Return the call with this number. Raise NotPlain."""
        integers = [values[name] for name in self._integers]
        if INTEGERS.issuperset(map(type, integers)):
            try:
                blocks = [each.pack(values[name]) for name, each in self._blocks]
                return self._head.pack(number, *integers) + b"".join(blocks)
            except (struct.error, NotPlain):
                pass  # what is wrong, and where, is said below
        plain = dump_arguments(self._packings, values)
        integers = [plain[name] for name in self._integers]
        return self._head.pack(number, *integers) + b"".join(
            plain[name] for name, _ in self._blocks
        )

    def unpack(self, data: bytes) -> tuple[int, dict[str, Any]]:
        """Return number and arguments of what `pack` returned. Raise ValueError; trusts nothing."""
        if len(data) != self._size:
            raise ValueError(f"a call has {len(data)} bytes, not {self._size}")
        number, *integers = self._head.unpack_from(data)
        values: dict[str, Any] = dict(zip(self._integers, integers))  # noqa: B905  (hot)
        at = self._head.size
        for name, each in self._blocks:
            values[name] = each.unpack_checked(data[at : at + each.size])
            at += each.size
        return number, values


def _letter(annotation: Any) -> str:
    """Return the letter of an unsigned integer; nothing for what is none."""
    if get_origin(annotation) is not Annotated:
        return ""
    inner, *marks = get_args(annotation)
    bits = [mark.width for mark in marks if isinstance(mark, Bits)]
    return LETTERS.get(bits[0], "") if inner is int and bits else ""
