"""Which registers hold signed numbers of 32 bits, *words*, wherever arms of a region begin and end.

C's `int` is added, shifted and compared without masking where that is known. It follows from what
instructions write, by the rules of the source that is made of them; but to write that again and
again, for fewer words each time, would take longer than all the rest.
"""

from __future__ import annotations

from ..isa import Decoded, Kind
from .flow import Node
from .instructions import State, bounds, result_of
from .meaning import Untranslatable
from .structure import Goto, If, Item, Join, Reach, Straight
from .values import S32, S64, Value

NO_RESULT = (Kind.BRANCH, Kind.STORE, Kind.FENCE)


def narrow(arms: dict[int, list[Item]], words: frozenset[int]) -> frozenset[int]:
    """Return which of the registers stay words if they are words where the region is entered."""
    flow = _Flow(words)
    before = None
    while before != flow.words:
        before = flow.words
        for items in arms.values():
            flow.items(items, State(ranges=dict.fromkeys(flow.words, S32)))
    return flow.words


class _Flow:
    """Follows the ways through arms, and gives up what does not hold."""

    def __init__(self, words: frozenset[int]) -> None:
        self.words = words
        self._reached: dict[int, State] = {}

    def items(self, items: list[Item], state: State) -> None:
        for item in items:
            match item:
                case Straight(node):
                    self._straight(node, state)
                    if not node.successors:
                        self._leave(state)
                        return
                case If(then=then, otherwise=otherwise):
                    self.items(then, state.copy())
                    self.items(otherwise, state.copy())
                case Goto():
                    self._leave(state)
                    return
                case Reach(target):
                    if target in self._reached:
                        self._reached[target].merge(state)
                    else:
                        self._reached[target] = state.copy()
                    return
                case Join(target):
                    joined = self._reached.pop(target, None)
                    if joined is None:
                        return
                    state = joined

    def _leave(self, state: State) -> None:
        bounds = ((number, state.ranges.get(number, S64)) for number in self.words)
        self.words -= {number for number, each in bounds if not Value("", *each).word}

    def _straight(self, node: Node, state: State) -> None:
        for pc, decoded in node.instructions:
            if decoded.rd and decoded.instruction.kind not in NO_RESULT:
                state.ranges[decoded.rd] = _written(decoded, pc, state)


def _written(decoded: Decoded, pc: int, state: State) -> tuple[int, int]:
    """Return the bounds of what an instruction writes."""
    row = decoded.instruction
    match row.kind:
        case Kind.COMPUTE:
            try:
                value = result_of(decoded, pc, state)
            except Untranslatable:
                return S64
            if value.half:
                return S32
            return (value.low, value.high) if value.loose and value.signed else S64
        case Kind.LOAD:
            return bounds(row.width, row.signed)
        case Kind.AMO | Kind.LR:
            return bounds(row.width, True)
        case Kind.SC:
            return 0, 1
    return S64
