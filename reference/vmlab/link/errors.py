"""How a part can fail its caller, other than by a wrong answer."""

from __future__ import annotations


class PartError(Exception):
    """Base: the part did not answer a call properly. The message is for the student."""


class MissingFunction(PartError):
    """The part's module does not define a function of its interface."""


class PartRaised(PartError):
    """The part raised an exception that its interface does not allow; `traceback` is its text."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class BadAnswer(PartError):
    """The part answered with a value of the wrong type, range or size."""


class PartExited(PartError):
    """The worker ended in the middle of a call (`os._exit`, a fatal signal, closed descriptors)."""


class PartTimeout(PartError):
    """The part used up its processor time, or the wall-clock backstop struck."""


class PartOutOfMemory(PartError):
    """The part asked for more memory than it may have."""


class WallHit(PartError):
    """The part tried something that the walls around it forbid."""


class LinkFailure(Exception):
    """Our side of a link broke; never the part's fault."""
