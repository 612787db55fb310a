"""What is chosen when a machine is built, as a designer of hardware would choose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """The choices that the architecture leaves to an implementation, and the engine."""

    engine: Literal["translator", "interpreter"] = "translator"
    """What executes instructions; the results are the same."""
    misaligned: bool = False
    """Whether misaligned loads and stores are carried out; else they trap. Atomics always trap."""
    svadu: bool = False
    """Whether hardware can set the A and D bits of PTEs, while `menvcfg`.ADUE=1 (Svadu).
    ADUE is then 1 at reset, which the manual leaves open, so that kernels find it as on QEMU."""
    pmp_entries: Literal[0, 16, 64] = 0
    """How many PMP entries there are. With 0, S-mode and U-mode may use all of memory; with more,
    none of it before M-mode says so. QEMU's `virt` board has 16, and so has `vmlab run`."""
    illegal_tval: bool = False
    """Whether the exit of a guest's illegal instruction carries its bits in tval."""
    profile: frozenset[str] = frozenset()
    """Names of sensitive instructions that do not trap in U-mode; see `vmlab.profiles`."""
