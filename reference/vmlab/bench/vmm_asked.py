"""A `vmm` part as its bench asks it: an exception that no clause allows is a wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vmlab.link.declared import DECLARED
from vmlab.parts.vmm import Part
from vmlab.testing import Mismatch
from vmlab.vm import VmRefused

if TYPE_CHECKING:
    from vmlab.bench.vmm_guest import Guest

MAY_REFUSE = ("create", "balloon", "destroy", "status")
"""What may raise VmRefused."""
NAMED = 5
"""So many VMs a scenario names, at most."""


class Asked:
    """The functions of a part; each raises Mismatch where the part raises what crosses a link.

    What does not cross it is the part's crash, which the link tells of: with its place.
    """

    def __init__(self, part: Part, guests: Mapping[int, Guest]) -> None:
        """Ask a part; `guests` are the VMs that there are."""
        self._part = part
        self._guests = guests

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._part, name)

        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except tuple(DECLARED.values()) as error:
                if isinstance(error, VmRefused) and name in MAY_REFUSE:
                    raise
                raise Mismatch(
                    self._scenario(name),
                    "an answer, or VmRefused" if name in MAY_REFUSE else "an answer",
                    f"{type(error).__name__} was raised: {error}",
                ) from None

        setattr(self, name, call)
        return call

    def _scenario(self, name: str) -> str:
        titles = [guest.title for guest in self._guests.values()]
        named = ", ".join(titles[:NAMED])
        more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
        return f"{name}, with {named}{more}" if titles else name
