"""What is known of a loop before its turns are made: how its pointers step, and for how long.

A *stretch* is a number of turns in a row in which no pointer leaves its page, no counter comes to
its end and the limit is not met. So in a stretch pages need not be looked up, such a counter not be
compared, and a register that is only stepped on not even be written: its value follows from the
number of the turn wherever it is wanted, most of all where the stretch ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..isa import Decoded, Kind
from ..lookaside import KEYS, PAGE_MASK
from .addresses import PAGE, TABLES
from .instructions import State
from .liveness import reads
from .motion import Moved, join
from .structure import Goto, If, Item, Reach
from .values import SIGN, Value, add, constant
from .way import Seen, Way

LONGEST = 120
"""Instructions in a loop, above which it is not worth while."""
FARTHEST = 512
"""Bytes that a pointer may step on in a turn."""
WIDEST = 2048
"""Bytes between the first and the last that a turn works on by one pointer."""
HOT = 3
"""A part of a loop counts as hot if it is met in one of so many turns."""
KINDS = {Kind.COMPUTE, Kind.BRANCH, Kind.JUMP, Kind.LOAD, Kind.STORE, Kind.FENCE}
RELATIONS = {
    "beq": ("==", "!="), "bne": ("!=", "=="),
    "blt": ("<", ">="), "bltu": ("<", ">="), "bge": (">=", "<"), "bgeu": (">=", "<"),
}  # fmt: skip
"""How the operands of a branch compare if it is taken, and if not."""
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "==": "=="}


@dataclass(eq=False)
class Pointer:
    """Accesses through one table by way of one register, in the same page."""

    table: str
    base: int
    step: int
    members: dict[int, Seen] = field(default_factory=dict)
    """By address of the instruction."""

    def offset(self, seen: Seen) -> int:
        """Return the distance of an access from what the base held when the turn began."""
        assert seen.first is not None
        return seen.first.distance + seen.decoded.imm

    def settle(self) -> bool:
        """Drop members that cannot lie in the same page, aligned; tell whether any are left."""
        low = min(self.offset(seen) for seen in self.members.values())
        self.members = {
            pc: seen
            for pc, seen in self.members.items()
            if self.step % seen.decoded.instruction.width == 0 and self.offset(seen) - low <= WIDEST
        }
        if not self.members:
            return False
        width, start = self.width, self.start
        self.members = {
            pc: seen
            for pc, seen in self.members.items()
            if (self.offset(seen) - start) % seen.decoded.instruction.width == 0
        }
        assert width == self.width
        return True

    @property
    def width(self) -> int:
        """Return the width of the widest members."""
        return max(seen.decoded.instruction.width for seen in self.members.values())

    @property
    def start(self) -> int:
        """Return the least offset of the widest members, by which alignment is told."""
        return min(
            self.offset(seen)
            for seen in self.members.values()
            if seen.decoded.instruction.width == self.width
        )

    def address(self, offset: int) -> str:
        """Return the expression of an address when the stretch begins."""
        base = Value(f"x{self.base}", -SIGN, SIGN - 1) if self.base else constant(0)
        return add(base, constant(offset)).source

    def look_up(self) -> str:
        """Return the expression of where the page lies in RAM: None if that is not known."""
        return f"{self.table}.get({self.address(self.start)} & {KEYS[self.width]:#x})"

    def room(self) -> tuple[str | None, str | None]:
        """Return how many turns lie in the page, and on what condition there are any.

        An access that is aligned needs no condition.
        """
        offsets = [self.offset(seen) for seen in self.members.values()]
        ends = [self.offset(s) + s.decoded.instruction.width for s in self.members.values()]
        at, last = f"({self.address(min(offsets))} & {PAGE_MASK})", PAGE - max(ends) + min(offsets)
        if self.step > 0:
            return _divided(f"({last} - {at})", self.step), None
        turns = _divided(at, -self.step) if self.step else None
        return turns, f"{at} <= {last}" if PAGE - last > self.width else None


@dataclass(eq=False)
class Stretch:
    """A loop whose turns can be made by stretches."""

    head: int
    stays: set[int]
    """The ways to the next turn, by identity."""
    count: int
    """Instructions in a turn, if it is no other than most."""
    longest: int
    """Instructions in a turn, at most."""
    steps: dict[int, Moved]
    """What a turn adds to registers; also those that it does not change."""
    derived: dict[int, Moved]
    """What other registers hold when a turn ends, by those."""
    unknown: frozenset[int]
    """Registers of which is not known what they hold when a turn begins."""
    first: list[Seen]
    """The instructions before anything in a turn can raise, store or branch."""
    pointers: list[Pointer] = field(default_factory=list)
    certain: dict[int, bool] = field(default_factory=dict)
    """Branches that are taken, or not, in all turns of a stretch, by their addresses."""
    turns: list[str] = field(default_factory=list)
    """How many turns a stretch can have; each limits it."""
    conditions: list[str] = field(default_factory=list)
    """What must hold for a stretch."""
    virtual: set[int] = field(default_factory=set)
    """Registers that are not written in a stretch, of those of which is known what they hold."""
    bases: set[int] = field(default_factory=set)
    """Registers by which is told what those hold."""

    @property
    def short(self) -> int:
        """Return the turns below which a stretch does not pay, about."""
        cost = 10 + 8 * len(self.pointers) + 2 * len(self.virtual)  # to begin it, in instructions
        return max(4, cost // self.longest + 1)


def recognize(head: int, items: list[Item], state: State) -> Stretch | None:
    """Return what is known of a loop, if its turns can be made by stretches.

    `state` is what is known where it begins.
    """
    way = Way(head).walk(items)
    if not way.ends or len(way.seen) > LONGEST:
        return None
    if any(seen.decoded.instruction.kind not in KINDS for seen in way.seen):
        return None
    hottest = max(way.ends, key=lambda end: (end.node.heat, -end.length.first))
    turn = {
        number: moved
        for number, moved in hottest.motion.items()
        if moved is None or moved.base != number or moved.distance
    }
    same = [
        end
        for end in way.ends
        if all(end.motion.get(n) == m for n, m in turn.items() if m and m.base == n)
    ]
    motion = dict(hottest.motion)
    for end in same:
        join(motion, end.motion)
    steps = {number: motion.get(number, Moved(number, 0)) for number in range(1, 32)}
    known = {
        number: moved
        for number, moved in steps.items()
        if moved and moved.base == number and _begins(number, moved, state)
    }
    derived = {
        number: moved
        for number, moved in steps.items()
        if moved
        and moved.base != number
        and (not moved.base or moved.base in known)
        and number not in state.halves
    }
    unknown = frozenset(steps) - set(known) - set(derived)
    way = Way(head, unknown).walk(items)
    stays = {id(end.goto) for end in same}
    longest = max(end.length.most for end in same)
    count = hottest.length.first
    found = Stretch(head, stays, count, longest, known, derived, unknown, _first(way))
    heat = max(seen.node.heat for seen in way.seen if seen.node.start == head)
    hot = {id(seen.node) for seen in way.seen if HOT * seen.node.heat >= heat}
    _find_certain(found, way, stays, state)
    _find_pointers(found, [seen for seen in way.seen if id(seen.node) in hot])
    if not found.pointers and not found.certain:
        return None
    way = Way(head, unknown, found.certain).walk(items)
    _find_virtual(found, way, hot)
    return found


def _begins(number: int, moved: Moved, state: State) -> bool:
    value = state.register(number)
    return not value.half and value.signed and (value.word or not moved.word)


def _first(way: Way) -> list[Seen]:
    """Return the instructions from the head to where a turn first does more than compute."""
    found = []
    for seen in way.seen:
        kind = seen.decoded.instruction.kind
        if seen.node.start != way.head or kind not in (Kind.COMPUTE, Kind.LOAD, Kind.FENCE):
            break
        found.append(seen)
    return found


def _stays(items: list[Item], stays: set[int]) -> bool:
    """Tell whether items lead to another turn, or to where ways meet."""
    for item in items:
        match item:
            case Goto() if id(item) in stays:
                return True
            case Reach():
                return True
            case If(then=then, otherwise=otherwise):
                if _stays(then, stays) or _stays(otherwise, stays):
                    return True
    return False


def _find_certain(found: Stretch, way: Way, stays: set[int], state: State) -> None:
    for item, seen in way.branches:
        taken = _stays(item.then, stays)
        if taken == _stays(item.otherwise, stays):
            continue
        turns = _turns_before(found, seen, taken, state)
        if turns:
            found.certain[seen.pc] = taken
            if turns[0] not in found.turns:
                found.turns.append(turns[0])
            found.conditions += turns[1:]


def _turns_before(found: Stretch, seen: Seen, taken: bool, state: State) -> list[str] | None:
    """Return for how many turns a branch goes the same way, and on what condition."""
    name = seen.decoded.instruction.name
    relation = RELATIONS[name][not taken]
    counter, end = seen.first, seen.second
    if counter is None or end is None:
        return None
    if not _step(found, counter):
        counter, end, relation = end, counter, MIRRORED[relation]
    step = _step(found, counter)
    if not step or _step(found, end) != 0:
        return None
    if relation == "!=":
        relation = "<" if step > 0 else ">"
    if (relation[0] == "<") != (step > 0) or relation == "==" or counter.distance * step < 0:
        return None
    moved, last = found.steps[counter.base], _value(end, state)
    if (moved.word or counter.word) and not (
        last.word and state.register(counter.base).word and (counter.word or not counter.distance)
    ):
        return None
    if (end.word and not end.base) or (end.base and (end.word or end.distance)):
        return None
    first = _value(counter, state)
    low, high = (first, last) if step > 0 else (last, first)
    strict = " - 1" if len(relation) == 1 else ""
    turns = _divided(f"({high.source} - {low.source}{strict})", abs(step))
    if not name.endswith("u"):
        return [turns]
    return [turns] if low.low >= 0 else [turns, f"{low.source} >= 0"]


def _divided(distance: str, step: int) -> str:
    """Return the expression of how many turns a distance lasts, both of its ends counted."""
    return f"{distance} // {step} + 1" if step > 1 else f"{distance} + 1"


def _step(found: Stretch, moved: Moved) -> int | None:
    """Return what is added to a value in each turn; None if that is not known."""
    if not moved.base:
        return 0
    return found.steps[moved.base].distance if moved.base in found.steps else None


def _value(moved: Moved, state: State) -> Value:
    """Return a value in the first turn, not wrapped."""
    return add(state.register(moved.base), constant(moved.distance))


def _find_pointers(found: Stretch, seen: Iterable[Seen]) -> None:
    pointers: dict[tuple[str, int], Pointer] = {}
    for one in seen:
        kind, at = one.decoded.instruction.kind, one.first
        if (
            kind not in TABLES
            or at is None
            or at.word
            or (kind is Kind.LOAD and not one.decoded.rd)
        ):
            continue
        step = _step(found, at)
        if step is None or abs(step) > FARTHEST or (at.base and found.steps[at.base].word):
            continue
        key = TABLES[kind], at.base
        pointers.setdefault(key, Pointer(*key, step)).members[one.pc] = one
    found.pointers = [pointer for pointer in pointers.values() if pointer.settle()]
    for pointer in found.pointers:
        turns, condition = pointer.room()
        if turns:
            found.turns.append(turns)
        if condition:
            found.conditions.append(condition)


def needed(decoded: Decoded, looked_up: bool) -> set[int]:
    """Return the registers that an instruction reads; but not for its address if it is known."""
    found = set(reads(decoded))
    if looked_up and (decoded.instruction.kind is Kind.LOAD or decoded.rs1 != decoded.rs2):
        found.discard(decoded.rs1)
    return found


def _find_virtual(found: Stretch, way: Way, hot: set[int]) -> None:
    """Choose what need not be written: nothing in the hot part of a turn reads it."""
    written = {seen.decoded.rd for seen in way.seen if seen.result}
    known = (set(found.steps) | set(found.derived)) & written
    virtual = known - way.lost
    looked_up = {pc for pointer in found.pointers for pc in pointer.members}
    before: set[int] = set()
    while virtual != before:
        before = set(virtual)
        for seen in way.seen:
            if id(seen.node) not in hot or seen.pc in found.certain:
                continue
            if seen.result and seen.decoded.rd in virtual:
                continue
            virtual -= needed(seen.decoded, seen.pc in looked_up) & seen.known
    found.virtual = virtual
    results = [seen.result for seen in way.seen if seen.result and seen.decoded.rd in virtual]
    results += [moved for number, moved in found.derived.items() if number in virtual]
    found.bases = virtual | {moved.base for moved in results} - {0}
