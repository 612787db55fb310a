"""The `shadow` part: a pager, which keeps shadow page tables for one guest."""

from __future__ import annotations

from typing import Protocol

from vmlab.hart import Mode
from vmlab.link.interface import Callback, Shared
from vmlab.paging import Answer, GuestRam
from vmlab.ranges import U64


class Host(Callback, Protocol):
    """What the VMM does for its pager while it answers a call."""

    def allocate(self) -> U64 | None:
        """Return the number of a frame for a shadow table, as its last user left it.

        None if there is none left; 16 at once can always be had.
        """
        ...

    def free(self, frame: U64) -> None:
        """Give back a frame that `allocate` returned."""
        ...

    def flush(self) -> None:
        """Execute a real `sfence.vma x0, x0`: the machine's MMU forgets all that it remembers."""
        ...

    def compare_and_set(self, address: U64, old: U64, new: U64) -> bool:
        """Write the 8 bytes `new` at a guest-physical address, if they are `old` still.

        Return whether they were. The guest's other harts and its devices write memory, too.
        """
        ...


class Part(Protocol):
    """The functions of `shadow.py`."""

    def start(self, memory: Shared, guest: GuestRam) -> None:
        """Begin with a guest whose hart has just been reset: M-mode, `satp` = 0, SUM = MXR = 0.

        `memory` is the host's RAM, from physical address 0x8000_0000 on. It stays the same bytes
        for as long as the guest lives. A guest may begin without a `stop` of the one before; all
        that was kept of that is void then, the frames that `allocate` returned too.
        """
        ...

    def root(self, host: Host) -> U64:
        """Return the real `satp`, of mode Sv39, to enter the guest with as it is now."""
        ...

    def fault(self, host: Host, cause: U64, address: U64) -> Answer:
        """Say what to do about a real page fault: 12 (fetch), 13 (load) or 15 (store or AMO).

        `address` is the virtual address of the portion of the access that failed.
        """
        ...

    def written(self, host: Host, address: U64, length: U64) -> None:
        """Hear that the VMM has written guest memory: for EMULATE, or as a device.

        `address` is guest-physical; the bytes lie in one page.
        """
        ...

    def write_satp(self, host: Host, value: U64) -> None:
        """Hear that the guest writes `satp`."""
        ...

    def set_mode(self, host: Host, mode: Mode, sum: bool, mxr: bool) -> None:
        """Hear that the guest's mode, or SUM or MXR of its `mstatus`, has changed."""
        ...

    def fence(self, host: Host, address: U64 | None, asid: U64 | None) -> None:
        """Hear that the guest executes `sfence.vma`; None where the register is x0."""
        ...

    def take_frame(self, host: Host, page: U64) -> None:
        """Let go of the frame of the guest page at a guest-physical address.

        When this returns, another VM gets the frame.
        """
        ...

    def give_frame(self, host: Host, page: U64, frame: U64) -> None:
        """Take over a frame for a guest page that has none; it holds what another VM left."""
        ...

    def stop(self, host: Host) -> None:
        """End: give back every frame that was allocated."""
        ...
