"""Random states and traps, such as a real machine can be in.

A test draws hundreds of them: so strategies are made once, and a draw gives several small fields.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from vmlab.bench.state import bits, hart
from vmlab.csrs import DELEGABLE
from vmlab.hart import MASK64, HartState, Mode
from vmlab.trap import ADDRESS_CAUSES, ECALLS, Exc, Irq, Trap


def _subsets(codes: list[Irq]) -> st.SearchStrategy[int]:
    """Draw a mask of some of these interrupts."""

    def mask(choice: int) -> int:
        return bits(*(code for index, code in enumerate(codes) if choice >> index & 1))

    return st.integers(0, (1 << len(codes)) - 1).map(mask)


SUBSET_OF_S = _subsets([Irq.SSI, Irq.STI, Irq.SEI])
SUBSET_OF_ALL = _subsets(list(Irq))
MODES = st.sampled_from(list(Mode))
BIT = st.integers(0, 1)
WORD = st.integers(0, MASK64)
ADDRESS = WORD.map(lambda word: word & ~0b1)  # IALIGN = 16
VECTOR = WORD.map(lambda word: word & ~0b10)
EXCEPTIONS = WORD.map(lambda word: word & DELEGABLE)
STATUS_BITS = ("SIE", "MIE", "SPIE", "MPIE", "SUM", "MXR", "TVM", "TW", "TSR", "SPP", "MPRV")
STATUS = st.integers(0, (1 << len(STATUS_BITS)) - 1)
DRAWN = {
    "MPP": MODES,
    "medeleg": EXCEPTIONS,
    "mideleg": SUBSET_OF_S,
    "mie": SUBSET_OF_ALL,
    "pc": ADDRESS,
    "mepc": ADDRESS,
    "sepc": ADDRESS,
    "mtvec": VECTOR,
    "stvec": VECTOR,
}
_SOME_MODES = {modes: st.sampled_from(modes) for modes in ((Mode.M,), (Mode.S,), (Mode.S, Mode.M))}


@st.composite
def states(draw: st.DrawFn, modes: tuple[Mode, ...] = tuple(Mode), **fixed: Any) -> HartState:
    """Draw a hart: mode, stack, delegation, enables, vectors. `fixed` fields are not drawn."""
    mode = draw(_SOME_MODES.get(modes, MODES))
    status = draw(STATUS)
    fields: dict[str, Any] = {name: status >> i & 1 for i, name in enumerate(STATUS_BITS)}
    if mode is not Mode.M:  # every return to a lower mode clears MPRV
        fields["MPRV"] = 0
    for name, strategy in DRAWN.items():
        if name not in fixed:
            fields[name] = draw(strategy)
    return hart(mode, **{**fields, **fixed})


MISALIGNED = (Exc.INSTRUCTION_MISALIGNED, Exc.LOAD_MISALIGNED, Exc.STORE_MISALIGNED)
_CAUSES = {
    mode: st.sampled_from(sorted(set(Exc) - set(ECALLS.values()) | {ECALLS[mode]})) for mode in Mode
}
_OFFSET = st.integers(0, 7)
_INSTRUCTION = st.integers(0, (1 << 32) - 1)


@st.composite
def exceptions(draw: st.DrawFn, mode: Mode) -> Trap:
    """Draw an exception that `mode` can raise."""
    cause = draw(_CAUSES[mode])
    instruction = draw(_INSTRUCTION)
    if cause not in ADDRESS_CAUSES:
        return Trap(cause, instruction=instruction)
    offset = 0 if cause in MISALIGNED else draw(_OFFSET)
    return Trap(cause, instruction=instruction, address=draw(WORD), offset=offset)


_INTERRUPT = st.sampled_from(list(Irq))


@st.composite
def trapping(draw: st.DrawFn, **fixed: Any) -> tuple[HartState, Trap]:
    """Draw a hart and a trap that it can take; it has `fixed` fields, among them mideleg = 0."""
    state = draw(states(**fixed))
    if draw(BIT):
        return state, Trap(draw(_INTERRUPT), interrupt=True)
    return state, draw(exceptions(state.mode))


def quiet(modes: tuple[Mode, ...] = tuple(Mode), **fixed: Any) -> st.SearchStrategy[HartState]:
    """Draw a virtual hart for which no interrupt is pending or enabled."""
    return states(modes, **{"mip": 0, "mie": 0, **fixed})
