"""Where a debugger wants the hart to stop: before an instruction, or before an access to memory.

Guest memory is not touched, so a guest cannot tell. The addresses are virtual, as the guest uses
them; stores by devices are not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .access import Access
from .clock import Clock

PAGE_SHIFT = 12


class Watch(NamedTuple):
    """Accesses that are waited for."""

    address: int
    """Virtual address of the first byte."""
    length: int
    """In bytes."""
    accesses: frozenset[Access]
    """LOAD, STORE or both; an AMO stores, also where it reads."""


class Stopped(Exception):
    """The hart stands before an instruction that a debugger waits for; it has changed nothing.

    A watched access has been translated already, since one that faults does not take place; so the
    TLB can know more than before, and the hardware can have set A and D (Svadu).
    """

    def __init__(self, watch: Watch | None = None) -> None:
        super().__init__(watch)
        self.watch = watch
        """What the instruction is about to access, or None if its own address is waited for."""


class Stops:
    """A set of such places. A run passes the instruction that it begins at, and what stopped it."""

    def __init__(self, clock: Clock, code: Iterable[int] = (), data: Iterable[Watch] = ()) -> None:
        """Build it; `code` are the virtual addresses of instructions."""
        self._clock = clock
        self.code = frozenset(code)
        self.data = tuple(data)
        self._left = clock.moment
        """The moment at whose instruction a run does not stop: of building, then of a stop."""
        self._granted = -1
        """The moment whose access is not waited for, as it has stopped a run already."""

    def begin(self) -> None:
        """Begin a run: what was passed at another moment does not count."""
        if self._left != self._clock.moment:
            self.arm()

    def arm(self) -> None:
        """Stop at every place, also at the first one."""
        self._left = self._granted = -1

    def watches_page(self, address: int) -> bool:
        """Tell whether any byte in the page of `address` is watched."""
        page = address >> PAGE_SHIFT
        return any(
            watch.address >> PAGE_SHIFT <= page <= watch.address + watch.length - 1 >> PAGE_SHIFT
            for watch in self.data
        )

    def before_instruction(self, pc: int) -> None:
        """Raise Stopped if the instruction at `pc` is waited for."""
        if pc in self.code and self._left != self._clock.moment:
            self._left = self._clock.moment
            raise Stopped

    def before_access(self, address: int, access: Access, width: int) -> None:
        """Raise Stopped if the access, of `width` bytes, is waited for."""
        for watch in self.data:
            if (
                access in watch.accesses
                and watch.address < address + width
                and address < watch.address + watch.length
                and self._granted != self._clock.moment
            ):
                self._left = self._granted = self._clock.moment
                raise Stopped(watch)
