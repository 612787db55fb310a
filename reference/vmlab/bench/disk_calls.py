"""Calls of a `disk` part, in which a refusal that nobody expected is a failure of the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from vmlab.image import NewImage, Queue, Reason, Refused
from vmlab.parts.disk import Part
from vmlab.testing import Mismatch


class Unexpected(Mismatch):
    """The part refused what it should have done."""

    def __init__(self, scenario: str, refused: Refused) -> None:
        said = "".join(c if c.isprintable() else "?" for c in refused.message[:200])
        super().__init__(scenario, "not refused", f"refused: {refused.reason.value}, {said!r}")
        self.reason: Reason = refused.reason


class Calls:
    """A part whose functions raise Unexpected in place of Refused."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._part, name)

        def call(*arguments: Any) -> Any:
            queues = [(each, replace(each)) for each in arguments if isinstance(each, Queue)]
            try:
                answer = function(*arguments)
            except Refused as refusal:
                said = ", ".join(shown(each) for each in arguments[1:])
                raise Unexpected(f"{name}({said})", refusal) from None
            for queue, before in queues:
                _check_agreed(queue, before)
            return answer

        return call


def _check_agreed(queue: Queue, before: Queue) -> None:
    """Raise Mismatch if the device has changed what it and the driver have agreed on."""
    so_far = {name: getattr(queue, name) for name in ("taken", "used", "broken")}
    if queue != replace(before, **so_far):
        raise Mismatch(
            "a queue is served", "only taken, used and broken are changed", f"{queue} of {before}"
        )


def guarded(part: Part) -> Part:
    """Return the part behind `Calls`."""
    return cast(Part, Calls(part))


def shown(value: Any) -> str:
    """Return an argument as a test's message has it."""
    if isinstance(value, (bytes, memoryview)):
        return f"{len(value):,} bytes"
    if isinstance(value, NewImage):
        return f"{value.format.value}, {value.size:,} bytes"
    return f"{value:#x}" if type(value) is int else repr(value)
