"""A guest's memory as a test wants it: some words, some faults, and a record of what was asked."""

from __future__ import annotations

from vmlab.hart import MASK64
from vmlab.trap import Exc, GuestFault, Trap


class ScriptedGuest:
    """Stands in for the machine's guest; see `vmlab.parts.traps.Guest`."""

    def __init__(self, words: dict[int, int], faults: dict[int, Trap] | None = None) -> None:
        self.words = words
        """Instructions by virtual address."""
        self.faults = faults or {}
        """What the guest must be told, by the virtual address whose fetch is refused."""
        self.fetched: list[int] = []
        """Every address that was asked for, in order."""

    def fetch(self, address: int) -> int:
        """Return the word at `address`; where there is none, an access fault as from hardware."""
        self.fetched.append(address)
        if address in self.faults:
            raise GuestFault(self.faults[address])
        if address not in self.words:
            raise GuestFault(Trap(Exc.INSTRUCTION_ACCESS, address=address & MASK64))
        return self.words[address]
