"""How a run of the machine ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why `Machine.run` came back."""

    FINISHED = "finished"
    """The guest wrote to the test finisher."""
    BUDGET = "budget"
    """The budget is used up."""
    IDLE = "idle"
    """The hart waits in `wfi`, and no interrupt will ever wake it."""
    TRAP_LOOP = "trap loop"
    """The first instruction of the trap handler raises the same trap, for ever."""


@dataclass(frozen=True)
class Stop:
    """How a run ended."""

    reason: Reason
    code: int
    """FINISHED: 0 for a pass, 1 to 65535 for a failure, -1 for a reset. Else 0."""
    instret: int
    """Instructions retired since the machine was built."""
