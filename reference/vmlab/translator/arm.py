"""The source of one arm of a region: its instructions, its branches and its ways out."""

from __future__ import annotations

from ..hart import MASK64
from ..isa import Decoded, Kind
from .addresses import Span, plan
from .flow import Node
from .instructions import State, branch, lines, look_up, prepare
from .liveness import ALL
from .meaning import Untranslatable
from .structure import Goto, If, Item, Join, Reach, Straight
from .text import Line, Outline, Place
from .values import add, constant, signed

SMALL = 12
"""Instructions in an arm that is written again where another one goes to it, at most."""
ROOM = 48
"""Instructions that are so added to an arm."""


class ArmWriter:
    """Writes the items of one arm.

    Where it goes to a small arm, that is written again there: the choice between arms costs as much
    as several instructions, and what is known of registers is not lost.
    """

    def __init__(self, outline: Outline, head: int, loops: bool) -> None:
        self.lines: list[Line] = []
        self.indent = 0
        self._outline = outline
        self._head = head
        self._loops = loops
        self._place: Place | None = None
        self._reached: dict[int, State] = {}
        self._within = [head]
        """The arm itself, and those that are being written again."""
        self._room = ROOM

    def add(self, *texts: str) -> None:
        """Add lines."""
        for text in texts:
            self.lines.append(Line(self.indent, text, self._place))

    def items(self, items: list[Item], state: State) -> bool:
        """Write items; tell whether the end of what was written can be reached."""
        falls = True
        for item in items:
            match item:
                case Straight(node):
                    if not self._straight(node, state):
                        return False
                case If():
                    falls = self._if(item, state)
                case Goto():
                    self._goto(item, state)
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

    # Branches, and ways that meet

    def _if(self, item: If, state: State) -> bool:
        pc, decoded = item.node.instructions[-1]
        self._at(pc, state)
        self.add(*prepare(decoded, state))
        self._settle(state, *item.node.successors)
        try:
            test = branch(decoded, pc, state)
        except Untranslatable:
            self._by_the_book(pc, state)
            return False
        self._retire(state)
        at = len(self.lines)
        self.add(f"if {test}:")
        self._place = None
        self.indent += 1
        falls = self.items(item.then, state.copy())
        self.indent -= 1
        if len(self.lines) == at + 1:  # nothing to do but to fall through
            self.lines[at].text = f"if not ({test}):"
            self.indent += 1
            falls = self.items(item.otherwise, state.copy()) or falls
            self.indent -= 1
            if len(self.lines) == at + 1:
                self.lines.pop()
            return falls
        if not falls:
            return self.items(item.otherwise, state)
        self.add("else:")
        at = len(self.lines)
        self.indent += 1
        self.items(item.otherwise, state.copy())
        self.indent -= 1
        if len(self.lines) == at:
            self.lines.pop()
        return True

    def _reach(self, target: int, state: State) -> None:
        """Fall through to a join, where all ways must have the same count."""
        self._settle(state, target)
        joined = self._reached.get(target)
        if joined is None:
            self._reached[target] = state.copy()
            return
        if state.count != joined.count:
            self.add(f"n += {state.count - joined.count}")
        self._outline.strays |= joined.merge(state)

    # Ways out of the arm

    def _goto(self, item: Goto, state: State) -> None:
        size = self._outline.small.get(item.target)
        if size and size <= self._room and item.target not in self._within:
            self._room -= size
            self._within.append(item.target)
            self.items(self._outline.arms[item.target], state)
            self._within.pop()
            return
        self._settle(state, item.target)
        self._leave(self._outline.number(item.target), state)

    def _by_the_book(self, pc: int, state: State) -> None:
        """Leave the region at an instruction that the interpreter's step must do."""
        self._settle(state)
        self._leave(self._outline.exit(pc), state)

    def _leave(self, number: int, state: State) -> None:
        self._count(state)
        if self._loops and number == self._outline.numbers[self._head]:
            self.add("continue")
            return
        self.add(f"b = {number}", self._way_out)

    @property
    def _way_out(self) -> str:
        """The statement that goes to the choice between arms."""
        return "break" if self._loops else "continue"

    def _note(self, state: State) -> None:
        """Note what holds where the arm is left, or a turn of it."""
        self._outline.strays |= state.strays()
        self._outline.longest = max(self._outline.longest, state.path)

    def _count(self, state: State) -> None:
        self._note(state)
        if state.count:
            self.add(f"n += {state.count}")

    # Instructions

    def _at(self, pc: int, state: State) -> None:
        self._place = Place(pc, state.count, frozenset(state.halves))

    def _settle(self, state: State, *targets: int) -> None:
        """Bring into normal form what is read there, and halves that would not be known there."""
        numbers = (self._outline.live.get(target, frozenset()) for target in targets)
        self.add(*state.settle((state.halves - state.words).union(*numbers)))

    def _retire(self, state: State) -> None:
        state.count += 1
        state.path += 1

    def _straight(self, node: Node, state: State) -> bool:
        """Write a node's instructions; tell whether their end can be reached."""
        spans = plan(node)
        for pc, decoded in node.instructions:
            kind = decoded.instruction.kind
            if kind is Kind.BRANCH:
                break
            self._at(pc, state)
            try:
                if kind is Kind.JUMP:
                    self.add(*prepare(decoded, state))
                    if not self._jump(pc, decoded, bool(node.successors), state):
                        return False
                    continue
                self._instruction(pc, decoded, spans.get(pc), state)
            except Untranslatable:
                self._by_the_book(pc, state)
                return False
            self._retire(state)
        self._place = None
        if node.stops:
            self._by_the_book(node.following, state)
            return False
        return True

    def _instruction(self, pc: int, decoded: Decoded, span: Span | None, state: State) -> None:
        self.add(*prepare(decoded, state))
        if span is not None:
            self.add(*look_up(decoded, span, state))
        self.add(*lines(decoded, pc, state))
        self._outline.status |= decoded.instruction.kind is Kind.CSR

    def _jump(self, pc: int, decoded: Decoded, direct: bool, state: State) -> bool:
        """Write a jump; tell whether it goes on in this arm, where `structure` says."""
        link = pc + decoded.length & MASK64
        if not direct:
            wanted = signed(add(state.register(decoded.rs1), constant(decoded.imm)), 64)
            self.add(f"b = targets[{wanted.source}]")  # if it is odd, it is not there
        if decoded.rd:
            self.add(state.assign(decoded.rd, signed(constant(link), 64)))
        self._retire(state)
        if direct:
            return True
        self.add(*state.settle(ALL))
        self._count(state)
        self.add(self._way_out)
        return False
