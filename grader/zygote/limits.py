"""What one worker may use."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """The limits of one worker, that is, of one test."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_seconds: Annotated[int, Field(ge=1)] = 5
    """Processor time."""
    wall_seconds: Annotated[float, Field(gt=0)] = 20
    """Time that the grader waits for answers, all of them together; a backstop."""
    memory_mib: Annotated[int, Field(ge=1)] = 256
    """Address space on top of what the interpreter itself and the guest's RAM take."""
    calls: Annotated[int, Field(ge=1)] = 50_000
    """Calls over the link, in both directions."""
    output_bytes: Annotated[int, Field(ge=0)] = 64 << 10
    """What is kept of the part's standard output and error."""
