"""Which code becomes a region: the warm code that can be reached from a hot block, as a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from ..hart import MASK64
from ..isa import Decoded, Kind
from .pages import CodePage

TRANSLATABLE = {
    Kind.COMPUTE, Kind.BRANCH, Kind.JUMP, Kind.LOAD, Kind.STORE,
    Kind.FENCE, Kind.AMO, Kind.LR, Kind.SC, Kind.CSR,
}  # fmt: skip
"""The others are left to the interpreter's step."""
CHOICES = 64
"""Places in a region where one jump to a register leads, at most."""
LONG = 40
"""Instructions that make a region pay that has no loop."""
NODE_LENGTH = 64
"""Instructions in a node, at most."""


@dataclass(eq=False)
class Node:
    """Instructions that follow each other; entered at the start only, left at the end only."""

    start: int
    page: CodePage
    heat: int
    instructions: list[tuple[int, Decoded]] = field(default_factory=list)
    """Virtual address and instruction. A branch or jump is the last one."""
    following: int = 0
    """Address behind the last instruction."""
    stops: bool = False
    """Whether what follows must go by the book."""
    successors: list[int] = field(default_factory=list)
    """Where it can go on, in the region or not: for a branch the taken way first."""
    resumes: list[int] = field(default_factory=list)
    """Where the hart will come back: behind a call, behind an instruction that goes by the book;
    and where a jump to a register has led."""

    @property
    def last(self) -> Decoded | None:
        """The last instruction."""
        return self.instructions[-1][1] if self.instructions else None


def select(
    head: int,
    lookup: Callable[[int], tuple[CodePage, int] | None],
    decode: Callable[[CodePage, int], Decoded | None],
    limit: int,
) -> dict[int, Node]:
    """Choose the nodes of a region, nearest to `head` first, until they have `limit` instructions.

    Args:
        head: Address of the hot block.
        lookup: Returns page and heat of an address, or None if it shall not be in the region.
        decode: Returns the instruction at an address; None if it cannot be translated.
        limit: Number of instructions.
    """
    nodes: dict[int, Node] = {}
    queue = [head]
    size = 0
    for start in queue:
        found = lookup(start)
        if start in nodes or found is None:
            continue
        if size >= limit:
            break
        node = Node(start, *found)
        _fill(node, decode)
        if node.stops and not node.instructions:  # it would do nothing at all
            queue += node.resumes
            continue
        nodes[start] = node
        size += len(node.instructions)
        queue += node.successors + node.resumes
    for node in nodes.values():
        _split(node, nodes)
    return nodes


def pays(nodes: dict[int, Node]) -> bool:
    """Tell whether a region of these nodes would be faster than their blocks.

    To enter a region costs as much as dozens of instructions, so it must run more than that: the
    turns of a loop, or a long way, such as one through several functions.
    """
    if sum(len(node.instructions) for node in nodes.values()) >= LONG:
        return True
    ways = {pc: nodes.keys() & {*node.successors, *node.resumes} for pc, node in nodes.items()}
    try:
        TopologicalSorter(ways).prepare()
    except CycleError:
        return True
    return False


def _fill(node: Node, decode: Callable[[CodePage, int], Decoded | None]) -> None:
    pc = node.start
    while len(node.instructions) < NODE_LENGTH and pc >> 12 == node.page.number:
        decoded = decode(node.page, pc)
        if decoded is None or decoded.instruction.kind not in TRANSLATABLE:
            node.stops = True
            node.resumes = [pc + (decoded.length if decoded else 4) & MASK64]
            break
        node.instructions.append((pc, decoded))
        pc = pc + decoded.length & MASK64
        if decoded.instruction.kind is Kind.BRANCH:
            node.successors = [node.instructions[-1][0] + decoded.imm & MASK64, pc]
            break
        if decoded.instruction.kind is Kind.JUMP:
            target = _target(node)
            if target is not None:
                node.successors = [target]
            if decoded.rd:
                node.resumes = [pc]
            node.resumes += sorted(node.page.jumps.get(node.instructions[-1][0], ()))[:CHOICES]
            break
    else:
        node.successors = [pc]
    node.following = pc


def _target(node: Node) -> int | None:
    """Return where the jump at the end of a node leads; None if only a register tells.

    A far call is a pair: `auipc` puts an address near to the target into the register that `jalr`
    adds the rest to (Unprivileged manual, "Integer Computational Instructions").
    """
    *before, (pc, jump) = node.instructions
    if "rs1" not in jump.instruction.needs:
        return pc + jump.imm & MASK64
    for at, decoded in reversed(before):
        if decoded.rd == jump.rs1 != 0:
            if decoded.instruction.name != "auipc":
                break
            return at + decoded.imm + jump.imm & MASK64 & ~1
    return None


def _split(node: Node, nodes: dict[int, Node]) -> None:
    """End a node where another one begins."""
    for index, (pc, _) in enumerate(node.instructions):
        if index and pc in nodes:
            del node.instructions[index:]
            node.following, node.successors, node.resumes = pc, [pc], []
            node.stops = False
            return
