"""The `traps` part: what a hart does at a trap, and a VMM with a deprivileged guest."""

from __future__ import annotations

from typing import Protocol

from vmlab.hart import HartState, Mode
from vmlab.link.interface import Callback, InOut
from vmlab.ranges import U12, U32, U64
from vmlab.trap import Action, Exit, Trap


class Guest(Callback, Protocol):
    """What the machine does for a VMM while it handles an exit."""

    def fetch(self, address: U64) -> U32:
        """Return the 32 bits at the guest's virtual `address`; raise GuestFault if refused."""
        ...


class Part(Protocol):
    """The functions of `traps.py`. `hart` is changed in place."""

    def choose_interrupt(self, hart: HartState) -> U64 | None:
        """Return the code of the interrupt that is taken before the next instruction, or None."""
        ...

    def take_trap(self, hart: InOut[HartState], trap: Trap) -> None:
        """Enter the handler of `trap`: destination, status stack, epc, cause, tval, pc."""
        ...

    def mret(self, hart: InOut[HartState]) -> None:
        """Return from an M-mode handler; raise IllegalInstruction if not allowed here."""
        ...

    def sret(self, hart: InOut[HartState]) -> None:
        """Return from an S-mode handler; raise IllegalInstruction if not allowed here."""
        ...

    def check_wfi(self, hart: HartState) -> None:
        """Raise IllegalInstruction if `wfi` is not allowed here."""
        ...

    def wakes(self, hart: HartState) -> bool:
        """Tell whether a hart in `wfi` goes on now."""
        ...

    def check_csr(self, hart: HartState, number: U12, write: bool) -> None:
        """Raise IllegalInstruction if the CSR does not exist or this access is not allowed here."""
        ...

    def check_sfence(self, hart: HartState) -> None:
        """Raise IllegalInstruction if `sfence.vma` is not allowed here."""
        ...

    def access_mode(self, hart: HartState, fetch: bool) -> Mode:
        """Return the mode in which a fetch, or else a load or store, is translated and checked."""
        ...

    def handle_exit(self, vcpu: InOut[HartState], exit: Exit, guest: Guest) -> Action:
        """Handle a trap out of a deprivileged guest, whose virtual hart is `vcpu`."""
        ...
