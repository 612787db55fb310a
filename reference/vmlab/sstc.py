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
