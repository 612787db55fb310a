"""The ways a test can end; every collected test ends in exactly one of them."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """How one test of one submission ended."""

    PASSED = "passed"
    FAILED = "failed"
    """The hardware did something else than the clause says, or an answer had the wrong form."""
    CRASHED = "crashed"
    """The part raised, is not written, or its process ended in the middle of a call."""
    TIMEOUT = "timeout"
    OUT_OF_BUDGET = "out_of_budget"
    """A counted budget (instructions, exits, calls) was used up."""
    OUT_OF_MEMORY = "out_of_memory"
    WALL_HIT = "wall_hit"
    """The part tried something that the walls around it forbid."""
    INTERNAL_ERROR = "internal_error"
    """Our fault. It costs no points: the whole submission then has no score."""

    @property
    def words(self) -> str:
        """Return the verdict as a reader sees it: "out of budget"."""
        return self.value.replace("_", " ")
