"""Sstc: the supervisor timer, which needs no help of M-mode (Privileged manual, "Sstc").

While `menvcfg`.STCE = 1, bit STIP of `mip` is no longer stored but shows whether
`time` >= `stimecmp`, unsigned (norm:mip_sip_stip_op).
"""

from __future__ import annotations

from .hart import NEVER, HartState
from .trap import Irq

STCE = 1 << 63
"""The bit of `menvcfg` that enables `stimecmp`."""
STIP = 1 << Irq.STI


def enabled(hart: HartState) -> bool:
    """Tell whether `stimecmp` makes STIP."""
    return hart.menvcfg & STCE != 0


def show(hart: HartState) -> None:
    """Bring STIP up to date with `time`, `stimecmp` and `menvcfg`."""
    if hart.menvcfg & STCE:
        hart.mip = hart.mip | STIP if hart.time >= hart.stimecmp else hart.mip & ~STIP


def ticks_to_timer(hart: HartState) -> int | None:
    """Return how many ticks are left until STIP rises; None if it is set, or never will be."""
    if not hart.menvcfg & STCE or hart.stimecmp == NEVER or hart.time >= hart.stimecmp:
        return None
    return hart.stimecmp - hart.time


def strikes(hart: HartState, ticks_to_mti: int | None) -> list[tuple[int, Irq]]:
    """Return when the timers of both levels will strike, the next one first: in how many ticks.

    Args:
        hart: The hart, whose supervisor timer is one of them.
        ticks_to_mti: How many ticks are left until the CLINT's timer strikes, or None for never.
    """
    ticks_to_sti = ticks_to_timer(hart)
    found = [] if ticks_to_mti is None else [(ticks_to_mti, Irq.MTI)]
    if ticks_to_sti is not None:
        found.append((ticks_to_sti, Irq.STI))
        found.sort()
    return found
