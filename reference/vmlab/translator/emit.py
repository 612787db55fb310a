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

from ..hart import MASK64
from . import status
from .arm import SMALL
from .flow import Node
from .liveness import effects, live
from .narrow import narrow
from .structure import Item, goes_to, length
from .text import Line, Outline, Source
from .turns import body
from .values import S32, SIGN

NAME = "region"
ARGUMENTS = (
    "x, hart, engine, pcs, targets, loads, stores, wait, s1, s2, s4, s8, u1, u2, u4, "
    "loads1, loads2, loads4, loads8, stores1, stores2, stores4, stores8, "
    "groups_of_loads1, groups_of_loads2, groups_of_loads4, groups_of_loads8, "
    "groups_of_stores1, groups_of_stores2, groups_of_stores4, groups_of_stores8"
)
"""What the function finds in its defaults: see `vmlab.translator.region`."""


def source(
    nodes: dict[int, Node],
    arms: dict[int, list[Item]],
    words: frozenset[int],
    brief: frozenset[int],
) -> Source:
    """Write the function of a region.

    `words` are registers that hold signed numbers of 32 bits now. Those that turn out to do so
    wherever arms begin and end may be used as such; the function checks it when it is entered.
    `brief` are heads of loops that were never found to have many turns.
    """
    used, written = effects(nodes)
    alive = live(nodes)
    heads = sorted(arms, key=lambda pc: -nodes[pc].heat)
    sizes = {head: length(items) for head, items in arms.items() if not goes_to(items, head)}
    small = {head: size for head, size in sizes.items() if size <= SMALL}
    words = narrow(arms, words & used)
    while True:
        outline = Outline(nodes, words, alive, arms, heads, small, brief)
        bodies = [body(outline, head, arms[head]) for head in heads]
        if not outline.strays:
            return _function(outline, bodies, sorted(used), sorted(written))
        words -= outline.strays


def _function(
    outline: Outline, bodies: list[list[Line]], used: list[int], written: list[int]
) -> Source:
    defaults = ", ".join(f"{name}={name}" for name in ARGUMENTS.split(", "))
    found = [Line(0, f"def {NAME}(b, bound, {defaults}):", None)]

    def add(*texts: str) -> None:
        found.extend(Line(1, text, None) for text in texts)

    if outline.status:
        add(f"if {status.REFUSED}:", " return 0, pcs[b]")
    add("n = 0")
    add(*(f"x{r} = t if (t := x[{r}]) < {SIGN} else t - {2 * SIGN}" for r in used))
    if outline.words:
        tests = " and ".join(
            f"{S32[0]} <= x{number} <= {S32[1]}" for number in sorted(outline.words)
        )
        add(f"if not ({tests}):", " return 0, pcs[b]")
    add("while n < bound:")
    weights = [1 + outline.nodes[head].heat for head in outline.heads] + [1]
    found += _choice([*bodies, [Line(0, "break", None)]], weights, 0, 2)
    for number in written:
        value = f"x{number}"
        if number in outline.words:
            value = f"(({value} & 0xffffffff ^ 0x80000000) - 0x80000000)"
        add(f"x[{number}] = {value} & {MASK64:#x}")
    add("return n, pcs[b]")
    return Source(
        "\n".join(" " * line.indent + line.text for line in found) + "\n",
        [line.place for line in found],
        outline.heads,
        list(outline.exits),
        outline.longest,
        written,
        outline.waits,
    )


def _choice(bodies: list[list[Line]], weights: list[int], first: int, indent: int) -> list[Line]:
    """Write the choice between bodies, the first of which has the number `first`."""
    if len(bodies) == 1:
        return [Line(indent + line.indent, line.text, line.place) for line in bodies[0]]
    middle, total = 1, weights[0]
    while middle < len(bodies) - 1 and 2 * total < sum(weights):
        total += weights[middle]
        middle += 1
    return [
        Line(indent, f"if b < {first + middle}:", None),
        *_choice(bodies[:middle], weights[:middle], first, indent + 1),
        Line(indent, "else:", None),
        *_choice(bodies[middle:], weights[middle:], first + middle, indent + 1),
    ]
