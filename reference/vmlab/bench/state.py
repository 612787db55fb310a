"""Build a hart's state readably, and look at it field by field, those of `mstatus` included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vmlab import mstatus
from vmlab.hart import FIELDS, HartState, Mode
from vmlab.mstatus import get_field, set_field

STATUS = {
    name: getattr(mstatus, name)
    for name in (
        *("SIE", "MIE", "SPIE", "MPIE", "SPP", "MPP", "MPRV", "SUM", "MXR", "TVM", "TW", "TSR"),
    )
}
"""The fields of `mstatus` by name, as masks."""
MODES = {"U": Mode.U, "S": Mode.S, "M": Mode.M}

# What earlier traps and programs left behind. All of it differs, so that a register that should
# have been written, or was written by mistake, shows.
_LEFTOVERS: dict[str, Any] = {
    "pc": 0x8000_1000,
    "mtvec": 0x8000_0100,
    "mscratch": 0x1111_1111_1111_1110,
    "mepc": 0x8000_2220,
    "mcause": 15,
    "mtval": 0x3333_3333_3330,
    "stvec": 0x8000_0500,
    "sscratch": 0x4444_4444_4444_4440,
    "sepc": 0x8000_5550,
    "scause": 13,
    "stval": 0x6666_6666_6660,
    "cycle": 7_000_000,
    "instret": 5_000_000,
    "time": 3_000_000,
}


def bits(*codes: int) -> int:
    """Return a mask with these bits set, such as `mideleg=bits(Irq.SSI, Irq.STI)`."""
    return sum(1 << code for code in set(codes))


def hart(mode: str | Mode = "M", **settings: Any) -> HartState:
    """Return a hart in `mode` that has run a while: every register holds something of its own.

    `settings` name fields of `HartState`, fields of `mstatus` (SIE, MPP, TVM, ...) or registers
    (x5). Modes can be given as letters. Raises TypeError for an unknown name.
    """
    state = HartState(mode=as_mode(mode), **_LEFTOVERS)
    state.x[1:] = [0x0101_0101_0101_0101 * number for number in range(1, 32)]
    change(state, settings)
    return state


def as_mode(mode: str | Mode) -> Mode:
    """Return a mode given as such or by its letter."""
    return MODES[mode] if isinstance(mode, str) else mode


def change(state: HartState, settings: dict[str, Any]) -> None:
    """Set fields by name, as in `hart`."""
    for name, value in settings.items():
        if name in STATUS:
            number = int(as_mode(value)) if name in ("MPP", "SPP") else value
            state.mstatus = set_field(state.mstatus, STATUS[name], number)
        elif name == "mode":
            state.mode = as_mode(value)
        elif name in FIELDS:
            setattr(state, name, value)
        elif name[:1] == "x" and name[1:].isdecimal():
            state.x[int(name[1:])] = value
        else:
            raise TypeError(f"a hart has no {name}")


def changed(state: HartState, settings: dict[str, Any]) -> HartState:
    """Return a copy of `state` with fields set by name, as in `hart`."""
    copy = state.copy()
    change(copy, settings)
    return copy


def view(state: HartState) -> dict[str, Any]:
    """Return every field by name, with `mstatus` taken apart and registers as x0 to x31."""
    fields = {name: getattr(state, name) for name in FIELDS if name != "mstatus"}
    known = 0
    for name, mask in STATUS.items():
        fields[name] = get_field(state.mstatus, mask)
        known |= mask
    fields["mstatus (other bits)"] = state.mstatus & ~known
    fields.update((f"x{number}", value) for number, value in enumerate(state.x))
    return fields


def differences(
    wanted: HartState, found: HartState, only: Iterable[str] | None = None
) -> dict[str, tuple[Any, Any]]:
    """Name each field (of those in `only`) that differs, with both values."""
    left, right = view(wanted), view(found)
    names = left if only is None else only
    return {name: (left[name], right[name]) for name in names if left[name] != right[name]}
