"""The `vmm` part: a virtual machine monitor of type 1, which has a whole machine to itself."""

from __future__ import annotations

from typing import Annotated, Protocol

from vmlab.hart import HartState
from vmlab.link.interface import Callback, InOut, Shared
from vmlab.parts.disk import Store
from vmlab.ranges import U8, U16, U32, U64, Only
from vmlab.trap import Exit
from vmlab.vm import Ledger, Resources, Route, Status, VmConfig

Running = Annotated[HartState, Only(("pc", "x"))]
"""A virtual hart, as far as the hardware is concerned while it runs."""


class Host(Callback, Protocol):
    """The machine under the VMM."""

    def run_guest(self, vmid: U16, vcpu: InOut[Running], budget: U64, satp: U64) -> Exit:
        """Enter a guest in real U-mode; return at its first trap, with `vcpu.x` and `vcpu.pc`.

        The host's clock goes on by what the guest retired, and by 1 for the exit; both are on the
        account of the VM `vmid`. Traps are the guest's own (see `Exit`), and two interrupts: the
        timer's (7) after `budget` instructions, and the console's (11), which stays until
        `receive` has given all. Hardware tells the bits of an illegal instruction in `tval`.

        Args:
            vmid: The VM, as the hardware is told it (`hgatp`.VMID in the H extension).
            vcpu: The whole virtual hart. The hardware uses and changes registers and pc only.
            budget: Instructions after which the timer interrupts; at once for 0.
            satp: The root of the shadow tables, as `shadow.root` says it.
        """
        ...

    def fetch(self, address: U64) -> U32:
        """Return the 32 bits at the virtual address of the guest that ran last.

        Raise GuestFault if the fetch is refused; see `vmlab.parts.traps.Guest`.
        """
        ...

    def fence(self) -> None:
        """Execute a real `sfence.vma x0, x0`."""
        ...

    def transmit(self, vmid: U16, byte: U8) -> None:
        """Send a byte on the console line of a VM."""
        ...

    def receive(self) -> tuple[U16, U8] | None:
        """Return a byte that came in, and for which VM; None if there is no more now."""
        ...

    def time(self) -> U64:
        """Return the host's clock."""
        ...

    def idle(self, until: U64 | None) -> bool:
        """Wait for an interrupt: let the clock go on to `until`, or to earlier input.

        None stands for no timer: the clock goes on to the next input, however late that is. Return
        False, at once, if nothing would ever come.
        """
        ...


class Part(Protocol):
    """The functions of `vmm.py`. None of them raises but what is said here."""

    def route(self, exit: Exit) -> Route:
        """Say where the dispatcher takes an exit. Every exit has its place."""
        ...

    def start(self, memory: Shared, resources: Resources) -> None:
        """Take over the machine, with no VM on it.

        `memory` is the host's RAM, from physical address 0x8000_0000 on.
        """
        ...

    def create(self, host: Host, store: Store, config: VmConfig) -> None:
        """Make a VM that can run. Raise VmRefused, and leave everything as it was."""
        ...

    def balloon(self, host: Host, vmid: U16, pages: U32) -> U32:
        """Let a VM's RAM have so many frames at most, or as few more as can be; return how many.

        Only pages that hold nothing but zeros are taken from it, so that it does not notice. With
        `pages` larger than before, it may have so many again, but no more than its RAM; that is
        refused as a whole if so much cannot be promised. Raise VmRefused then, and if there is no
        such VM or it has ended.
        """
        ...

    def destroy(self, host: Host, store: Store, vmid: U16) -> None:
        """End a VM, also one that has ended itself, and forget it. Raise VmRefused if it is not."""
        ...

    def run(self, host: Host, store: Store, until: U64) -> None:
        """Run the VMs until the host's clock has reached `until`, or none goes on ever."""
        ...

    def status(self, vmid: U16) -> Status:
        """Say what has become of a VM. Raise VmRefused if there is no such VM."""
        ...

    def ledger(self) -> Ledger:
        """Say who has what."""
        ...
