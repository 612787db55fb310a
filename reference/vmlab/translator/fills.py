"""Loops that only store a value again and again, at equal distances: `memset`, a sieve.

Where such a loop is entered, as many of its turns as lie in one page are done at once, by an
assignment to a slice of RAM. The turn that leaves the loop, or the page, is left to the loop
itself; so is everything if the page is not known, and then the loop raises what is to be raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..isa import Decoded, Kind
from ..lookaside import KEYS, PAGE_MASK
from .addresses import PAGE
from .flow import Node
from .instructions import State
from .values import S32, Value, add, constant, signed

ADDS = {"addi": False, "addiw": True, "add": False, "addw": True}
"""What steps a register on, and whether its result is a signed number of 32 bits."""
UPWARDS = ("bne", "blt", "bltu")
"""What a loop goes on by, while a register that is counted up is below another one."""
ANY = (-(1 << 80), 1 << 80)
"""Bounds of what a register was stepped on to, before it is wrapped."""
AT_LEAST = 8
"""Turns below which a loop is faster by itself."""


@dataclass(frozen=True)
class Step:
    """What is added to a register in each turn."""

    amount: int
    register: int
    """If not 0, `amount` is in this register, which does not change."""
    word: bool

    @property
    def rises(self) -> bool:
        """Whether it can be positive."""
        return self.register != 0 or self.amount > 0

    @property
    def source(self) -> str:
        """The expression."""
        return f"x{self.register}" if self.register else str(self.amount)


@dataclass(frozen=True)
class Fill:
    """A loop of one node, which ends with the branch back to its start."""

    store: Decoded
    late: bool
    """Whether the base register is stepped on before it is used."""
    counter: int
    """The register that the branch compares, by which the loop ends at `end`."""
    end: int
    unsigned: bool
    """Whether it compares unsigned numbers."""
    turn: int
    """Instructions in a turn."""
    steps: dict[int, Step] = field(default_factory=dict)
    """By register."""

    @property
    def words(self) -> set[int]:
        """Return the registers that must be signed numbers of 32 bits."""
        stepped = {number for number, step in self.steps.items() if step.word}
        return stepped | ({self.end} if self.steps[self.counter].word else set())


def recognize(node: Node) -> Fill | None:
    """Return the loop that a node is, if it is one that fills memory."""
    *body, (_, last) = node.instructions
    if last.instruction.name not in UPWARDS or node.successors[0] != node.start:
        return None
    store, late, steps = None, False, dict[int, Step]()
    for _, decoded in body:
        if decoded.instruction.kind is Kind.STORE and store is None:
            store, late = decoded, decoded.rs1 in steps
            continue
        step = _step(decoded)
        if step is None or decoded.rd in steps:
            return None
        steps[decoded.rd] = step
    if store is None or not _is_fill(store, steps):
        return None
    counter, end = last.rs1, last.rs2
    if last.instruction.name == "bne" and counter not in steps:
        counter, end = end, counter
    fixed = {store.rs2, end, *(step.register for step in steps.values())}
    if counter not in steps or fixed & set(steps) or not steps[counter].rises:
        return None
    unsigned = last.instruction.name == "bltu"
    return Fill(store, late, counter, end, unsigned, len(node.instructions), steps)


def _step(decoded: Decoded) -> Step | None:
    word = ADDS.get(decoded.instruction.name)
    if word is None or not decoded.rd or decoded.rd not in (decoded.rs1, decoded.rs2):
        return None
    if "imm" in decoded.instruction.needs:
        return Step(decoded.imm, 0, word)
    other = decoded.rs2 if decoded.rd == decoded.rs1 else decoded.rs1
    return Step(0, other, word) if other else None


def _is_fill(store: Decoded, steps: dict[int, Step]) -> bool:
    """Tell whether what is stored turn by turn is one slice of the bytes of RAM."""
    step, width = steps.get(store.rs1), store.instruction.width
    if step is None or step.word or not step.rises:
        return False
    return width == 1 or step.amount == width


def lines(fill: Fill, state: State) -> list[str]:
    """Return the statements, for where the loop is entered."""
    store, counter = fill.store, fill.steps[fill.counter]
    base, width = fill.steps[store.rs1], store.instruction.width
    address = add(state.register(store.rs1), constant(store.imm)).source
    if fill.late:
        address = f"({address} + {base.source})"
    conditions = [
        f"{S32[0]} <= x{number} <= {S32[1]}"
        for number in sorted(fill.words)
        if not state.register(number).word
    ]
    conditions += [f"{step.source} > 0" for step in (counter, base) if step.register]
    if fill.unsigned:
        conditions.append(f"x{fill.counter} >= 0")
    turns = (  # that go on for certain; that lie in the page; that the limit allows
        f"({state.register(fill.end).source} - 1 - x{fill.counter}) // {counter.source}",
        f"({PAGE - width} - ({address} & {PAGE_MASK})) // {base.source} + 1",
        f"(bound - n) // {fill.turn}",
    )
    conditions.append(f"(k := min({', '.join(turns)})) >= {AT_LEAST}")
    value = f"({state.register(store.rs2).source} & {(1 << 8 * width) - 1:#x})"
    stride = f" : {base.source}" if width == 1 else ""
    found = [
        f"while {' and '.join(conditions)}:",
        f" i = stores.get({address} & {KEYS[width]:#x})",
        " if i is None: break",
        f" i += {address} & {PAGE_MASK}",
        f" u1[i : i + k * {base.source}{stride}] = {value}.to_bytes({width}, 'little') * k",
    ]
    for number, step in fill.steps.items():
        value = f"x{number} + k * {step.source}"
        if number not in (fill.counter, store.rs1):  # which have not wrapped
            value = signed(Value(f"({value})", *ANY), 32 if step.word else 64).source
        found.append(f" x{number} = {value}")
    return [*found, f" n += k * {fill.turn}"]
