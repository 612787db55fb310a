"""Writing flattened device trees (Devicetree Specification 0.4, chapter 5).

header      40 bytes: magic, sizes and offsets of what follows, versions; all big-endian
reserved    address and size pairs of reserved memory; ends with a pair of zeros
structure   tokens of 4 bytes: BEGIN_NODE name, PROP length name-offset value, END_NODE, END
strings     the names of properties, each with a zero byte at its end
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Union

MAGIC = 0xD00D_FEED
VERSION, LAST_COMPATIBLE = 17, 16
BEGIN_NODE, END_NODE, PROP, END = 1, 2, 3, 9

Value = Union[int, str, bytes, "list[int]", "list[str]", None]
"""A property: a cell of 32 bits or several, a string or several, raw bytes; None if it is empty."""


@dataclass
class Node:
    """A node, with the unit address in its name, its properties, and the nodes in it."""

    name: str
    properties: dict[str, Value] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def add(self, name: str, properties: dict[str, Value]) -> Node:
        """Put a new node into this one, and return it."""
        node = Node(name, properties)
        self.children.append(node)
        return node


def flatten(root: Node) -> bytes:
    """Return the tree as a blob, of version 17."""
    names: dict[str, int] = {}
    strings = bytearray()
    structure = bytearray()

    def emit(node: Node) -> None:
        structure.extend(struct.pack(">I", BEGIN_NODE) + _padded(node.name.encode() + b"\0"))
        for name, value in node.properties.items():
            if name not in names:
                names[name] = len(strings)
                strings.extend(name.encode() + b"\0")
            data = _encoded(value)
            structure.extend(struct.pack(">III", PROP, len(data), names[name]) + _padded(data))
        for child in node.children:
            emit(child)
        structure.extend(struct.pack(">I", END_NODE))

    emit(root)
    structure += struct.pack(">I", END)
    reserved = bytes(16)
    at_reserved = 40
    at_structure = at_reserved + len(reserved)
    at_strings = at_structure + len(structure)
    header = (
        *(MAGIC, at_strings + len(strings), at_structure, at_strings, at_reserved),
        *(VERSION, LAST_COMPATIBLE, 0, len(strings), len(structure)),
    )
    return struct.pack(">10I", *header) + reserved + structure + strings


def _encoded(value: Value) -> bytes:
    match value:
        case None:
            return b""
        case bytes():
            return value
        case int():
            return struct.pack(">I", value)
        case str():
            return value.encode() + b"\0"
    return b"".join(_encoded(item) for item in value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
