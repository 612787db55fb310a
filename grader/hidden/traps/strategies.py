"""Random states and traps, such as a real machine can be in."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from vmlab.bench.state import bits, hart
from vmlab.csrs import DELEGABLE
from vmlab.hart import MASK64, HartState, Mode
from vmlab.trap import ADDRESS_CAUSES, ECALLS, Exc, Irq, Trap

SUBSET_OF_S = st.sets(st.sampled_from([Irq.SSI, Irq.STI, Irq.SEI])).map(lambda s: bits(*s))
SUBSET_OF_ALL = st.sets(st.sampled_from(list(Irq))).map(lambda s: bits(*s))
ADDRESS = st.integers(0, MASK64 >> 2).map(lambda n: n << 2)
WORD = st.integers(0, MASK64)
BIT = st.integers(0, 1)
STATUS_BITS = ("SIE", "MIE", "SPIE", "MPIE", "SUM", "MXR", "TVM", "TW", "TSR")


@st.composite
def states(draw: st.DrawFn, modes: tuple[Mode, ...] = tuple(Mode), **fixed: Any) -> HartState:
    """Draw a hart: mode, stack, delegation, enables, vectors. `fixed` fields are not drawn."""
    mode = draw(st.sampled_from(modes))
    status = draw(st.integers(0, (1 << len(STATUS_BITS)) - 1))  # one draw is faster than nine
    fields: dict[str, Any] = {name: status >> i & 1 for i, name in enumerate(STATUS_BITS)}
    fields["SPP"] = draw(st.sampled_from([Mode.U, Mode.S]))
    fields["MPP"] = draw(st.sampled_from(list(Mode)))
    # MPRV is only ever 1 in M-mode: every return to a lower mode clears it.
    fields["MPRV"] = draw(BIT) if mode is Mode.M else 0
    fields["medeleg"] = draw(st.integers(0, DELEGABLE)) & DELEGABLE
    fields["mideleg"] = draw(SUBSET_OF_S)
    fields["mie"] = draw(SUBSET_OF_ALL)
    for name in ("pc", "mepc", "sepc"):
        fields[name] = draw(ADDRESS)
    for name in ("mtvec", "stvec"):
        fields[name] = draw(ADDRESS) | draw(BIT)
    return hart(mode, **{**fields, **fixed})


@st.composite
def exceptions(draw: st.DrawFn, mode: Mode) -> Trap:
    """Draw an exception that `mode` can raise."""
    ecalls = set(ECALLS.values()) - {ECALLS[mode]}
    cause = draw(st.sampled_from(sorted(set(Exc) - ecalls)))
    instruction = draw(st.integers(0, (1 << 32) - 1))
    if cause not in ADDRESS_CAUSES:
        return Trap(cause, instruction=instruction)
    misaligned = cause in (
        Exc.INSTRUCTION_MISALIGNED,
        Exc.LOAD_MISALIGNED,
        Exc.STORE_MISALIGNED,
    )
    offset = 0 if misaligned else draw(st.integers(0, 7))
    return Trap(cause, instruction=instruction, address=draw(WORD), offset=offset)


@st.composite
def interrupts(draw: st.DrawFn, state: HartState) -> Trap:
    """Draw an interrupt that can be taken in the state's mode."""
    takeable = [code for code in Irq if state.mode is not Mode.M or not state.mideleg >> code & 1]
    return Trap(draw(st.sampled_from(takeable)), interrupt=True)


@st.composite
def trapping(draw: st.DrawFn, **fixed: Any) -> tuple[HartState, Trap]:
    """Draw a hart and a trap that it can take."""
    state = draw(states(**fixed))
    return state, draw(st.one_of(exceptions(state.mode), interrupts(state)))


def quiet(modes: tuple[Mode, ...] = tuple(Mode), **fixed: Any) -> st.SearchStrategy[HartState]:
    """Draw a virtual hart for which no interrupt is pending or enabled."""
    return states(modes, **{"mip": 0, "mie": 0, **fixed})
