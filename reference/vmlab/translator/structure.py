"""How a region's graph is written in a language without `goto`.

The function of a region is a loop around a choice between *arms*. An arm is a head and all that is
reached only through it; inside of it there are only `if` and `else`, and joins behind them. Heads
are where the region can be entered (its first block, blocks behind calls), heads of loops, and
joins that `if` and `else` cannot express. An arm that comes back to its own head is a loop in
itself (one that fills memory is nothing else, so that it is entered anew each time); any other way
from arm to arm goes through the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

from .fills import recognize
from .flow import Node

DEEPEST = 40
"""Nested blocks in an arm (Python allows 100 levels of indentation)."""


@dataclass(frozen=True)
class Straight:
    """All instructions of a node, a branch at its end excepted."""

    node: Node


@dataclass(frozen=True)
class If:
    """The branch at the end of a node."""

    node: Node
    then: list[Item]
    otherwise: list[Item]


@dataclass(frozen=True)
class Goto:
    """Go to a head, or leave the region."""

    target: int


@dataclass(frozen=True)
class Reach:
    """Fall through to a join."""

    target: int


@dataclass(frozen=True)
class Join:
    """Here the ways meet that reach a join."""

    target: int


Item = Straight | If | Goto | Reach | Join


class _NotATree(Exception):
    """A node must become a head."""


def arms(nodes: dict[int, Node], entry: int) -> dict[int, list[Item]]:
    """Return the arms by their heads."""
    heads = {entry} | _loop_heads(nodes, entry)
    for node in nodes.values():
        heads.update(pc for pc in node.resumes if pc in nodes)
        if recognize(node) is not None:
            heads.update(pc for pc in node.successors if pc in nodes)
    while True:
        try:
            owners = _owners(nodes, heads)
            return {
                head: _Arm(nodes, heads, owners, head).sequence(head, None, 0) for head in heads
            }
        except _NotATree as more:
            heads.add(more.args[0])


def _loop_heads(nodes: dict[int, Node], entry: int) -> set[int]:
    """Return the targets of edges that go back to a node on the way from which they come."""
    found: set[int] = set()
    state: dict[int, int] = {}  # 1: on the way; 2: done
    roots = [entry, *(pc for node in nodes.values() for pc in node.resumes), *nodes]
    for root in roots:
        stack = [root] if root in nodes and root not in state else []
        while stack:
            pc = stack[-1]
            if pc not in state:
                state[pc] = 1
                for target in nodes[pc].successors:
                    if state.get(target) == 1:
                        found.add(target)
                    elif target in nodes and target not in state:
                        stack.append(target)
            else:
                stack.pop()
                state[pc] = 2
    return found


def _owners(nodes: dict[int, Node], heads: set[int]) -> dict[int, int]:
    """Return the head of the arm that each node belongs to."""
    owners = {head: head for head in heads}
    for head in heads:
        stack = [head]
        while stack:
            for target in nodes[stack.pop()].successors:
                if target not in nodes or target in heads:
                    continue
                if target not in owners:
                    owners[target] = head
                    stack.append(target)
                elif owners[target] != head:
                    raise _NotATree(target)
    return owners


class _Arm:
    def __init__(
        self, nodes: dict[int, Node], heads: set[int], owners: dict[int, int], head: int
    ) -> None:
        self._nodes = nodes
        self._heads = heads
        order = self._order(head, owners)
        position = {pc: index for index, pc in enumerate(order)}
        before: dict[int, list[int]] = {pc: [] for pc in order}
        for pc in order:
            for target in nodes[pc].successors:
                if target in before and target != head:
                    before[target].append(pc)
        self._merges = {pc for pc in order if len(before[pc]) > 1}
        above: dict[int, int] = {head: head}
        for pc in order[1:]:
            parent = before[pc][0]
            for other in before[pc][1:]:
                while parent != other:  # the nearest node that both ways pass
                    if position[parent] > position[other]:
                        parent = above[parent]
                    else:
                        other = above[other]
            above[pc] = parent
        self._joins: dict[int, list[int]] = {pc: [] for pc in order}
        for pc in order:
            if pc in self._merges:
                self._joins[above[pc]].append(pc)

    def _order(self, head: int, owners: dict[int, int]) -> list[int]:
        """Return the arm's nodes, each behind all from which it is reached."""
        done: list[int] = []
        seen: set[int] = set()
        stack: list[tuple[int, bool]] = [(head, False)]
        while stack:
            pc, leave = stack.pop()
            if leave:
                done.append(pc)
            elif pc not in seen:
                seen.add(pc)
                stack.append((pc, True))
                stack += [
                    (target, False)
                    for target in self._nodes[pc].successors
                    if owners.get(target) == head and target not in self._heads
                ]
        return done[::-1]

    def sequence(self, pc: int, follow: int | None, depth: int) -> list[Item]:
        """Return a node and all that it leads to, up to the join `follow`."""
        if depth > DEEPEST:
            raise _NotATree(pc)
        node, joins = self._nodes[pc], self._joins[pc]
        inner = joins[0] if joins else follow
        items: list[Item] = [Straight(node)]
        match node.successors:
            case [taken, other]:
                ways = [self._edge(way, inner, depth + 1) for way in (taken, other)]
                items.append(If(node, *ways))
            case [only]:
                items += self._edge(only, inner, depth)
        for join, after in zip(joins, [*joins[1:], follow], strict=False):
            items.append(Join(join))
            items += self.sequence(join, after, depth)
        return items

    def _edge(self, target: int, follow: int | None, depth: int) -> list[Item]:
        if target == follow:
            return [Reach(target)]
        if target not in self._nodes or target in self._heads:
            return [Goto(target)]
        if target in self._merges:
            raise _NotATree(target)
        return self.sequence(target, follow, depth)


def goes_to(items: list[Item], head: int) -> bool:
    """Tell whether items lead to a head."""
    for item in items:
        match item:
            case Goto(target):
                if target == head:
                    return True
            case If(then=then, otherwise=otherwise):
                if goes_to(then, head) or goes_to(otherwise, head):
                    return True
    return False


def length(items: list[Item]) -> int:
    """Return how many instructions there are in items."""
    found = 0
    for item in items:
        match item:
            case Straight(node):
                found += len(node.instructions)
            case If(then=then, otherwise=otherwise):
                found += length(then) + length(otherwise)
    return found
