"""Which registers a region may still read: what nobody reads needs no normal form.

Ways out of the region do not count as reads, as the end of the function brings all registers into
normal form anyway; nor do jumps to registers, which do so themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..isa import Decoded, Kind
from .flow import Node

ALL = frozenset(range(1, 32))
READS = {
    Kind.BRANCH: ("rs1", "rs2"),
    Kind.LOAD: ("rs1",),
    Kind.STORE: ("rs1", "rs2"),
    Kind.AMO: ("rs1", "rs2"),
    Kind.LR: ("rs1",),
    Kind.SC: ("rs1", "rs2"),
}
"""Register operands of the kinds whose instructions have no meaning that tells."""


def reads(decoded: Decoded) -> Iterator[int]:
    """Return the registers that an instruction reads, x0 excepted."""
    row = decoded.instruction
    for name in READS.get(row.kind, row.needs):
        if name in ("rs1", "rs2") and getattr(decoded, name):
            yield getattr(decoded, name)


def live(nodes: dict[int, Node]) -> dict[int, frozenset[int]]:
    """Return, for each node's address, the registers whose values at its start may be read."""
    effects = {pc: _effects(node) for pc, node in nodes.items()}
    found = {pc: frozenset[int]() for pc in nodes}
    changed = True
    while changed:
        changed = False
        for pc in reversed(nodes):
            node = nodes[pc]
            needed, writes = effects[pc]
            after = frozenset[int]().union(*(found[at] for at in node.successors if at in nodes))
            now = needed | after - writes
            if now != found[pc]:
                found[pc], changed = now, True
    return found


def effects(nodes: dict[int, Node]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the registers that a region reads or writes, and those that it writes."""
    found = [_effects(node) for node in nodes.values()]
    written = frozenset[int]().union(*(writes for _, writes in found))
    return written.union(*(needed for needed, _ in found)), written


def _effects(node: Node) -> tuple[frozenset[int], frozenset[int]]:
    """Return the registers that a node reads before it writes them, and those that it writes."""
    found: set[int] = set()
    writes: set[int] = set()
    for _, decoded in node.instructions:
        row = decoded.instruction
        found |= set(reads(decoded)) - writes
        if row.kind not in (Kind.BRANCH, Kind.STORE):
            writes.add(decoded.rd)
    return frozenset(found), frozenset(writes - {0})
