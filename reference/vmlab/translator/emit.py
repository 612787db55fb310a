"""The source of a region's function.

    def region(b, bound, ...):      # b: the arm to begin with
        n = 0                       # instructions retired, as of the last arm or turn of a loop
        x5 = x[5]; ...              # the registers that the region uses
        while n < bound:            # the limit is checked where arms begin and loops turn
            if b < 1:
                while n < bound:    # an arm that is a loop
                    x5 = (x5 + 1)   # an instruction, a line
                    ...
                    n += 4
            elif ...
            else:
                break               # the numbers behind the arms are ways out
        x[5] = x5 & MASK; ...
        return n, where to go on

Every line of an instruction is listed in `Source.places` with its address and how many
instructions have retired since `n`, so that an exception's line number is a precise fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..hart import MASK64
from ..isa import Decoded, Kind
from . import fills
from .addresses import plan
from .flow import Node
from .instructions import State, branch, computed, lines, look_up, prepare
from .liveness import ALL, live
from .meaning import Untranslatable
from .structure import Goto, If, Item, Join, Reach, Straight
from .values import LOOSE, S32, SIGN, add, constant, signed, unsigned

NAME = "region"
ARGUMENTS = "x, hart, engine, pcs, targets, loads, stores, s1, s2, s4, s8, u1, u2, u4"
"""What the function finds in its defaults: see `vmlab.translator.region`."""


class Place(NamedTuple):
    """What must be known of a line to leave the function there."""

    pc: int
    """Address of the line's instruction, which did not retire."""
    retired: int
    """Instructions that retired before it since `n`."""
    halves: frozenset[int]
    """Registers that are sign extensions of the low 32 bits of their variables."""


@dataclass
class Source:
    """A region as Python source, and what belongs to it."""

    text: str
    places: list[Place | None]
    """For each line what an exception in it means."""
    heads: list[int]
    """Addresses of the arms, by number."""
    exits: list[int]
    """Where ways out lead; their numbers begin behind the arms' and the one of `to`."""
    longest: int
    """Instructions that can retire between two checks of the limit."""
    written: list[int]
    """Registers that the region may change."""


def source(nodes: dict[int, Node], arms: dict[int, list[Item]], words: frozenset[int]) -> Source:
    """Write the function of a region.

    `words` are registers that hold signed numbers of 32 bits now. Those that turn out to do so
    wherever arms begin and end may be used as such; the function checks it when it is entered.
    """
    alive = live(nodes)
    while True:
        writer = _Writer(nodes, arms, words, alive)
        written = writer.write()
        if not writer.strays:
            return written
        words -= writer.strays


@dataclass
class _Line:
    indent: int
    text: str
    place: Place | None


@dataclass
class _Arm:
    head: int
    loops: bool
    lines: list[_Line] = field(default_factory=list)


class _Writer:
    def __init__(
        self,
        nodes: dict[int, Node],
        arms: dict[int, list[Item]],
        words: frozenset[int],
        alive: dict[int, frozenset[int]],
    ) -> None:
        self._nodes = nodes
        self._arms = arms
        self._words = words
        self._live = alive
        self.strays: set[int] = set()
        """Registers among `words` that cannot stay there."""
        self._heads = sorted(arms, key=lambda pc: -nodes[pc].heat)
        self._numbers = {pc: number for number, pc in enumerate(self._heads)}
        self._exits: dict[int, int] = {}
        self._longest = 1
        self._read: set[int] = set()
        self._written: set[int] = set()
        # of the arm at hand
        self._arm = _Arm(0, False)
        self._indent = 0
        self._place: Place | None = None
        self._reached: dict[int, State] = {}

    def write(self) -> Source:
        bodies = [self._body(head) for head in self._heads]
        self._arm, self._indent, self._place = _Arm(0, False), 0, None
        used = sorted((self._read | self._written) - {0})
        written = sorted(self._written - {0})
        defaults = ", ".join(f"{name}={name}" for name in ARGUMENTS.split(", "))
        self._add(f"def {NAME}(b, bound, {defaults}):")
        self._indent = 1
        self._add("n = 0")
        for number in used:
            self._add(f"x{number} = t if (t := x[{number}]) < {SIGN} else t - {2 * SIGN}")
        words = sorted(self._words & set(used))
        if words:
            tests = " and ".join(f"{S32[0]} <= x{number} <= {S32[1]}" for number in words)
            self._add(f"if not ({tests}):")
            self._add(" return 0, pcs[b]")
        self._add("while n < bound:")
        self._indent = 2
        self._choice(bodies, 0, len(bodies) + 1)
        self._indent = 1
        for number in written:
            value = f"x{number}"
            if number in self._words:
                value = f"(({value} & 0xffffffff ^ 0x80000000) - 0x80000000)"
            self._add(f"x[{number}] = {value} & {MASK64:#x}")
        self._add(f"return n, (to if b == {self._dynamic} else pcs[b])")
        written_lines = self._arm.lines
        return Source(
            "\n".join(" " * line.indent + line.text for line in written_lines) + "\n",
            [line.place for line in written_lines],
            self._heads,
            list(self._exits),
            self._longest,
            written,
        )

    @property
    def _dynamic(self) -> int:
        """Number of the way out whose target is in `to`."""
        return len(self._heads)

    def _choice(self, bodies: list[_Arm], low: int, high: int) -> None:
        """Write the choice between arms `low` to `high - 1`; the last number is the way out."""
        if high - low == 1:
            if low == len(bodies):
                self._add("break")
            else:
                indent = self._indent
                self._arm.lines += [
                    _Line(indent + line.indent, line.text, line.place) for line in bodies[low].lines
                ]
            return
        weights = [self._weight(number) for number in range(low, high)]
        middle, total = low + 1, weights[0]
        while middle < high - 1 and 2 * total < sum(weights):
            total += weights[middle - low]
            middle += 1
        self._add(f"if b < {middle}:")
        self._indent += 1
        self._choice(bodies, low, middle)
        self._indent -= 1
        self._add("else:")
        self._indent += 1
        self._choice(bodies, middle, high)
        self._indent -= 1

    def _weight(self, number: int) -> int:
        return 1 + self._nodes[self._heads[number]].heat if number < len(self._heads) else 1

    # An arm

    def _body(self, head: int) -> _Arm:
        loops = _goes_to(self._arms[head], head)
        self._arm, self._indent, self._place = _Arm(head, loops), 0, None
        self._reached = {}
        state = State(self._words)
        for number in self._words:
            state.ranges[number] = S32 if number in self._live[head] else LOOSE
        state.halves |= self._words - self._live[head]
        if loops:
            fill = fills.recognize(self._nodes[head])
            if fill is not None:
                self._lines(fills.lines(fill, state))
            self._add("while n < bound:")
            self._indent = 1
        self._items(self._arms[head], state)
        return self._arm

    def _add(self, text: str) -> None:
        self._arm.lines.append(_Line(self._indent, text, self._place))

    def _items(self, items: list[Item], state: State) -> bool:
        """Write items; tell whether the end of what was written can be reached."""
        falls = True
        for item in items:
            match item:
                case Straight(node):
                    if not self._straight(node, state):
                        return False
                case If():
                    falls = self._if(item, state)
                case Goto(target):
                    self._goto(target, state)
                    return False
                case Reach(target):
                    self._reach(target, state)
                    return True
                case Join(target):
                    joined = self._reached.pop(target, None)
                    if joined is None:
                        return False
                    vars(state).update(vars(joined))
        return falls

    def _if(self, item: If, state: State) -> bool:
        last = item.node.instructions[-1]
        pc, decoded = last
        self._at(pc, state)
        self._lines(prepare(decoded, state))
        self._settle(state, *item.node.successors)
        try:
            test = branch(decoded, pc, state)
        except Untranslatable:
            self._by_the_book(pc, state)
            return False
        self._read |= {decoded.rs1, decoded.rs2}
        self._retire(state)
        at = len(self._arm.lines)
        self._add(f"if {test}:")
        self._place = None
        self._indent += 1
        falls = self._items(item.then, state.copy())
        self._indent -= 1
        if len(self._arm.lines) == at + 1:  # nothing to do but to fall through
            self._arm.lines[at].text = f"if not ({test}):"
            self._indent += 1
            falls = self._items(item.otherwise, state.copy()) or falls
            self._indent -= 1
            if len(self._arm.lines) == at + 1:
                self._arm.lines.pop()
            return falls
        if not falls:
            return self._items(item.otherwise, state)
        self._add("else:")
        at = len(self._arm.lines)
        self._indent += 1
        self._items(item.otherwise, state.copy())
        self._indent -= 1
        if len(self._arm.lines) == at:
            self._arm.lines.pop()
        return True

    def _reach(self, target: int, state: State) -> None:
        """Fall through to a join, where all ways must have the same count."""
        self._settle(state, target)
        joined = self._reached.get(target)
        if joined is None:
            self._reached[target] = state.copy()
            return
        if state.count != joined.count:
            self._add(f"n += {state.count - joined.count}")
        self.strays |= joined.merge(state)

    def _goto(self, target: int, state: State) -> None:
        self._settle(state, target)
        self._leave(self._number(target), state)

    def _leave(self, number: int, state: State) -> None:
        self._count(state)
        loops = self._arm.loops
        if loops and number == self._numbers[self._arm.head]:
            self._add("continue")
            return
        self._add(f"b = {number}")
        self._add("break" if loops else "continue")

    def _number(self, pc: int) -> int:
        if pc in self._numbers:
            return self._numbers[pc]
        return self._exits.setdefault(pc, self._dynamic + 1 + len(self._exits))

    def _count(self, state: State) -> None:
        self.strays |= state.strays()
        self._longest = max(self._longest, state.path)
        if state.count:
            self._add(f"n += {state.count}")

    def _at(self, pc: int, state: State) -> None:
        self._place = Place(pc, state.count, frozenset(state.halves))

    def _lines(self, lines: list[str]) -> None:
        for line in lines:
            self._add(line)

    def _settle(self, state: State, *targets: int) -> None:
        """Bring into normal form what is read there, and halves that would not be known there."""
        numbers = (self._live.get(target, frozenset()) for target in targets)
        self._lines(state.settle((state.halves - state.words).union(*numbers)))

    def _retire(self, state: State) -> None:
        state.count += 1
        state.path += 1

    def _by_the_book(self, pc: int, state: State) -> None:
        """Leave the region at an instruction that the interpreter's step must do."""
        self._settle(state)
        number = self._exits.setdefault(pc, self._dynamic + 1 + len(self._exits))
        self._leave(number, state)

    def _straight(self, node: Node, state: State) -> bool:
        """Write a node's instructions; tell whether their end can be reached."""
        spans = plan(node)
        for pc, decoded in node.instructions:
            self._at(pc, state)
            kind = decoded.instruction.kind
            if kind is Kind.BRANCH:
                break
            try:
                self._lines(prepare(decoded, state))
                if pc in spans:
                    self._lines(look_up(decoded, spans[pc], state))
                if kind is Kind.JUMP:
                    if not self._jump(node, pc, decoded, state):
                        return False
                    continue
                self._read |= {decoded.rs1, decoded.rs2}
                self._lines(lines(decoded, pc, state))
                self._written.add(decoded.rd)
            except Untranslatable:
                self._by_the_book(pc, state)
                return False
            self._retire(state)
        self._place = None
        if node.stops:
            self._by_the_book(node.following, state)
            return False
        return True

    def _jump(self, node: Node, pc: int, decoded: Decoded, state: State) -> bool:
        """Write a jump; tell whether it goes on in this arm, where `structure` says."""
        goes_to = computed(decoded, pc, state)
        link = pc + decoded.length & MASK64
        direct = bool(node.successors)
        if not direct:
            self._read.add(decoded.rs1)
            wanted = signed(add(state.register(decoded.rs1), constant(decoded.imm)), 64)
            self._add(f"b = targets[{wanted.source}]")  # if it is odd, it is not there
            self._add(f"if b == {self._dynamic}:")
            self._indent += 1
            self._add(f"to = {unsigned(goes_to, 64).source}")
            self._indent -= 1
        if decoded.rd:
            self._written.add(decoded.rd)
            self._add(state.assign(decoded.rd, signed(constant(link), 64)))
        self._retire(state)
        if direct:
            return True
        self._lines(state.settle(ALL))
        self._count(state)
        self._add("break" if self._arm.loops else "continue")
        return False


def _goes_to(items: list[Item], head: int) -> bool:
    """Tell whether an arm comes back to its head."""
    for item in items:
        match item:
            case Goto(target):
                if target == head:
                    return True
            case If(then=then, otherwise=otherwise):
                if _goes_to(then, head) or _goes_to(otherwise, head):
                    return True
    return False
