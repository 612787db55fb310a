"""Where the session of a submission runs: here, in namespaces, or in a container of its own."""

from .choice import MODES, choose, for_our_own
from .kinds import Isolation, Session
from .local import Local

__all__ = ["MODES", "Isolation", "Local", "Session", "choose", "for_our_own"]
