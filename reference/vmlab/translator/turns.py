"""The source of a loop: its turns one by one, and by stretches where that is worth while.

    m = n + wait[0]                     # a loop that ended soon does not begin with a stretch
    while True:
        if m > bound: m = bound
        while n < m:
            ...                         # a turn, as in any arm
        else:
            if n < bound:
                k = (bound - n) // 3    # turns in the stretch: what the limit allows,
                ...                     # what lies in the page, what comes before the end
                if k >= 7 and (p0 := loads.get(...)) is not None:
                    s = n + 21
                    ...
                    for i0 in range(a0, a0 + k):
                        x15 = u1[i0]    # a turn in which registers that are stepped on stand still
                        ...
                    else:
                        x10 = o10 + k
                        n += k * 3
                        m = n + 1       # the turn that leaves the page, or the loop
                        wait[0] = 0
                        continue
                    wait[0] = 0 if n > s else 21
                else:
                    wait[0] = 21
                    m = n + 21
                    continue
        break

What a loop waits for a stretch is kept from one entry of the region to the next.
"""

from __future__ import annotations

from ..isa import Decoded, Kind
from ..lookaside import PAGE_MASK
from . import fills
from .addresses import ADDRESSES, TABLES, Span
from .arm import ArmWriter
from .instructions import State, bounds, lines, view
from .liveness import reads
from .motion import Motion, Moved, after
from .stretch import Pointer, Stretch, needed, recognize
from .structure import Goto, If, Item, goes_to
from .text import Line, Outline, Place
from .values import LOOSE, S32, Value, add, constant, signed

ANY = (-(1 << 80), 1 << 80)
"""Bounds of what was stepped on, before it is wrapped."""


def body(outline: Outline, head: int, items: list[Item]) -> list[Line]:
    """Write the arm of these items."""
    state = State(outline.words)
    for number in outline.words:
        state.ranges[number] = S32 if number in outline.live[head] else LOOSE
    state.halves |= outline.words - outline.live[head]
    if not goes_to(items, head):
        writer = ArmWriter(outline, head, False)
        writer.items(items, state)
        return writer.lines
    writer = ArmWriter(outline, head, True)
    fill = fills.recognize(outline.nodes[head])
    stretch = None
    if fill is None and head not in outline.brief:
        stretch = recognize(head, items, state)
    if stretch is None:
        if fill is not None:
            writer.add(*fills.lines(fill, state))
        writer.add("while n < bound:")
        writer.indent = 1
        writer.items(items, state)
        return writer.lines
    turns = TurnWriter(outline, stretch)
    turns.indent = 3
    turns.write(items, state.copy())
    writer.add(f"m = n + wait[{turns.number}]", "while True:")
    writer.add(" if m > bound: m = bound", " while n < m:")
    writer.indent = 2
    writer.items(items, state)
    writer.indent = 1
    writer.add("else:", " if n < bound:")
    writer.lines += turns.lines
    writer.add("break")
    return writer.lines


class TurnWriter(ArmWriter):
    """Writes a stretch of turns."""

    def __init__(self, outline: Outline, stretch: Stretch) -> None:
        super().__init__(outline, stretch.head, True)
        self._room = 0
        self._stretch = stretch
        self._items_at: dict[int, str] = {}
        """The number of the item in RAM that a load or store works on, by the address of the
        instruction; "" if a variable of the loop brings it."""
        self._turn = ""
        """How many turns the stretch has had."""
        self._pointers = {pointer.base for pointer in stretch.pointers}
        self.number = len(outline.waits)
        """Which of the stretches of the region this is."""
        outline.waits[stretch.head] = stretch.short * stretch.longest

    def write(self, items: list[Item], state: State) -> None:
        """Write what comes before the turns, the turns, and what comes after."""
        stretch = self._stretch
        state.motion = dict.fromkeys(stretch.unknown)
        self.add(f"k = (bound - n) // {stretch.longest}")
        self.add(*(f"if (t := {turns}) < k: k = t" for turns in stretch.turns))
        conditions = [f"k >= {stretch.short}", *stretch.conditions]
        for number, pointer in enumerate(stretch.pointers):
            conditions.append(f"(p{number} := {pointer.look_up()}) is not None")
        short = stretch.short * stretch.longest
        self.add(f"if {' and '.join(conditions)}:")
        self.indent += 1
        self.add(f"s = n + {short}")
        self.add(self._for())
        self.indent += 1
        end = state.copy()
        self.items(items, state)
        self.indent -= 1
        self.add("else:")
        self.indent += 1
        self._turn = "k"
        self._write_back(stretch.virtual, end)
        self._settle(end, stretch.head)
        self._count(end)
        self.add("m = n + 1", f"wait[{self.number}] = 0", "continue")
        self.indent -= 1
        self.add(f"wait[{self.number}] = 0 if n > s else {short}")
        self.indent -= 1
        self.add("else:", f" wait[{self.number}] = {short}", f" m = n + {short}", " continue")

    # What the loop goes over

    def _for(self) -> str:
        """Write what must be known of the pointers; return the head of the loop."""
        stretch = self._stretch
        slices = self._slices()
        variables: list[tuple[str, str]] = []
        alone = len(slices) == 1 and not any(
            pointer.step and set(pointer.members) - slices for pointer in stretch.pointers
        )
        if alone:
            slices = set()
        for number, pointer in enumerate(stretch.pointers):
            self.add(f"p{number} += {pointer.address(pointer.start)} & {PAGE_MASK}")
            variables += self._ranges(number, pointer, slices)
        if not self._turn:
            variables.insert(0, ("turn", "range(k)"))
            self._turn = "turn"
        for pc in stretch.first:
            if pc.pc in slices:
                variables.append(self._slice(pc.pc))
        self.add(*(f"o{n} = x{n}" for n in sorted(stretch.bases)))
        names, sources = zip(*variables, strict=True)
        if len(variables) == 1:
            return f"for {names[0]} in {sources[0]}:"
        return f"for {', '.join(names)} in zip({', '.join(sources)}):"

    def _slices(self) -> set[int]:
        """Return the loads that can be made where a turn begins, by slices of RAM."""
        found: set[int] = set()
        touched: set[int] = set(self._stretch.virtual)
        steps = {pc: p.step for p in self._stretch.pointers for pc in p.members}
        for seen in self._stretch.first:
            decoded = seen.decoded
            if decoded.instruction.kind is Kind.LOAD:
                if seen.pc not in steps:
                    break  # as it can raise, what comes behind it must not be there yet
                if steps[seen.pc] > 0 and decoded.rd not in touched:
                    found.add(seen.pc)
            touched |= {decoded.rd, *reads(decoded)}
        return found

    def _ranges(self, number: int, pointer: Pointer, slices: set[int]) -> list[tuple[str, str]]:
        """Return the variables that number what a pointer leads to, and what they go over."""
        found = []
        for width in (1, 2, 4, 8):
            members = {
                pc: pointer.offset(seen)
                for pc, seen in pointer.members.items()
                if seen.decoded.instruction.width == width and pc not in slices
            }
            if not members:
                continue
            least, step = min(members.values()), pointer.step // width
            name, start = f"i{number}_{width}", f"a{number}_{width}"
            first = _item(f"p{number}", least - pointer.start, width)
            if step:
                self.add(f"{start} = {first}")
                by = f" * {step}, {step}" if step != 1 else ""
                found.append((name, f"range({start}, {start} + k{by})"))
                if not self._turn:
                    self._turn = f"({name} - {start})"
                    if step != 1:
                        self._turn = f"({self._turn} // {step})"
            else:
                self.add(f"{name} = {first}")
            for pc, offset in members.items():
                more = (offset - least) // width
                self._items_at[pc] = f"{name} + {more}" if more else name
        return found

    def _slice(self, pc: int) -> tuple[str, str]:
        [(number, pointer)] = [
            (number, pointer)
            for number, pointer in enumerate(self._stretch.pointers)
            if pc in pointer.members
        ]
        seen = pointer.members[pc]
        row = seen.decoded.instruction
        step = pointer.step // row.width
        first = _item(f"p{number}", pointer.offset(seen) - pointer.start, row.width)
        by = f" * {step} : {step}" if step != 1 else ""
        self.add(f"a{pc:x} = {first}")
        self._items_at[pc] = ""
        name = view(row.width, row.signed)
        return f"x{seen.decoded.rd}", f"{name}[a{pc:x} : a{pc:x} + k{by}]"

    # What registers hold

    def _held(self, number: int, motion: Motion) -> Value | None:
        """Return what a register holds; None if its variable holds it."""
        moved = motion.get(number, Moved(number, 0))
        return self._value(moved, self._turn) if moved else None

    def _value(self, moved: Moved, turn: str) -> Value:
        if not moved.base:
            return constant(moved.distance)
        value = self._start(moved.base, turn)
        value = add(value, constant(moved.distance))
        return signed(value, 32) if moved.word else value

    def _start(self, number: int, turn: str) -> Value:
        """Return what a register held when a turn began."""
        if number in self._stretch.derived:
            before = self._value(self._stretch.derived[number], f"({turn} - 1)")
            return Value(f"({before.source} if {turn} else o{number})", *ANY)
        step = self._stretch.steps[number]
        low, high = ADDRESSES if number in self._pointers else ANY
        if not step.distance:
            return Value(f"o{number}", low, high)
        by = f" * {step.distance}" if step.distance != 1 else ""
        value = Value(f"(o{number} + {turn}{by})", low, high)
        return signed(value._replace(low=ANY[0], high=ANY[1]), 32) if step.word else value

    def _write_back(self, numbers: set[int], state: State) -> None:
        """Give their values to registers that the stretch does not write."""
        for number in sorted(numbers & self._stretch.virtual):
            value = self._held(number, state.motion)
            if value is not None:
                self.add(state.assign(number, value))

    # What is written otherwise than in any arm

    def _at(self, pc: int, state: State) -> None:
        self._place = None

    def _instruction(self, pc: int, decoded: Decoded, span: Span | None, state: State) -> None:
        kind, stretch = decoded.instruction.kind, self._stretch
        result = after(state.motion, pc, decoded) if kind is Kind.COMPUTE else None
        if result is None or decoded.rd not in stretch.virtual:
            at = self._items_at.get(pc)
            self._write_back(needed(decoded, at is not None), state)
            if at is None:
                self._place = self._raised(pc, state) if kind in TABLES else None
                super()._instruction(pc, decoded, span, state)
            elif at:
                self.add(*lines(decoded, pc, state, at))
            else:
                row = decoded.instruction
                low, high = bounds(row.width, row.signed)
                state.assign(decoded.rd, Value(f"x{decoded.rd}", low, high))
        if decoded.rd and kind not in (Kind.STORE, Kind.FENCE):
            state.motion[decoded.rd] = result

    def _raised(self, pc: int, state: State) -> Place:
        held = ((n, self._held(n, state.motion)) for n in sorted(self._stretch.virtual))
        virtual = tuple((number, value.source) for number, value in held if value)
        turns = f"{self._turn} * {self._stretch.count}"
        return Place(pc, state.count, frozenset(state.halves), turns, virtual)

    def _if(self, item: If, state: State) -> bool:
        pc, decoded = item.node.instructions[-1]
        taken = self._stretch.certain.get(pc)
        if taken is None:
            self._write_back(set(reads(decoded)), state)
            return super()._if(item, state)
        self._settle(state, *item.node.successors)
        self._retire(state)
        return self.items(item.then if taken else item.otherwise, state)

    def _goto(self, item: Goto, state: State) -> None:
        if id(item) not in self._stretch.stays:
            self._write_back(self._stretch.virtual, state)
            super()._goto(item, state)
            return
        self._settle(state, item.target)
        self._note(state)
        if state.count != self._stretch.count:
            self.add(f"n += {state.count - self._stretch.count}")
        self.add("continue")

    def _by_the_book(self, pc: int, state: State) -> None:
        self._write_back(self._stretch.virtual, state)
        super()._by_the_book(pc, state)

    def _leave(self, number: int, state: State) -> None:
        self._count(state)
        self.add(f"b = {number}", "break")

    def _jump(self, pc: int, decoded: Decoded, direct: bool, state: State) -> bool:
        if not direct:
            self._write_back(self._stretch.virtual, state)
        result = after(state.motion, pc, decoded)
        falls = super()._jump(pc, decoded, direct, state)
        if decoded.rd:
            state.motion[decoded.rd] = result
        return falls

    def _count(self, state: State) -> None:
        self._note(state)
        more = f" + {state.count}" if state.count else ""
        self.add(f"n += {self._turn} * {self._stretch.count}{more}")


def _item(page: str, offset: int, width: int) -> str:
    """Return the number of an item of RAM."""
    byte = f"{page} {'+' if offset > 0 else '-'} {abs(offset)}" if offset else page
    return f"{byte} >> {width.bit_length() - 1}" if width > 1 else byte
