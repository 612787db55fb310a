"""What the grader asks of an isolation, whichever it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from grader.events import Event, Request


class Session(Protocol):
    """A running `grader.session`, seen from outside."""

    def events(self, seconds: float, stop: threading.Event | None = None) -> Iterator[Event]:
        """Yield what the session tells until it closes its end, or `seconds` are over.

        Raises:
            Stopped: `stop` was set.
        """

    def interrupted(self) -> bool:
        """Tell whether Ctrl-C, not a fault, ended it."""

    def diagnostics(self) -> str:
        """Return the end of what the session printed, for whoever mends it."""


class Isolation(Protocol):
    """A way to keep submissions in."""

    @property
    def name(self) -> str:
        """As `--isolation` has it."""

    @property
    def walls(self) -> list[str]:
        """The walls to raise around each worker, by name."""

    def session(self, request: Request) -> AbstractContextManager[Session]:
        """Start a session for `request`; when the context ends, nothing of it is left."""
