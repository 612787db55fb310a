"""The machine: a hart, its memory and devices, and the `traps` part that it is built with."""

from __future__ import annotations

from . import devicetree, snapshot
from .block import BlockBackend
from .core import Core
from .devices.virtio import BlockFront
from .guest import GuestRunner
from .hart import HartState
from .memory import Ram
from .net import Link
from .options import Options
from .parts.traps import Part
from .program import ImageError, Program
from .stop import Reason, Stop
from .trace import Trace
from .trap import Exit

__all__ = ["Machine", "Reason", "Stop"]

MIB = 1 << 20
A0, A1 = 10, 11


class Machine:
    """A RISC-V computer with one hart, laid out like QEMU's `virt` board.

    It begins in M-mode, at the start of RAM, with all registers and all memory 0 until `load`.
    """

    def __init__(
        self,
        traps: Part,
        *,
        ram_mib: int = 16,
        memory: Ram | None = None,
        trace: Trace | None = None,
        options: Options | None = None,
        disk: BlockBackend | BlockFront | None = None,
        net: Link | None = None,
        bootargs: str = "",
    ) -> None:
        """Build a machine.

        Args:
            traps: Anything with the functions of the `traps` part: its module, or a link to it.
            ram_mib: Size of RAM in MiB.
            memory: RAM to use instead, such as one in shared memory.
            trace: Takes up what the machine does.
            options: What else can be chosen; by default `Options()`.
            disk: What a virtio disk in slot 0 keeps its sectors in, or a whole device for that
                slot; without it there is none.
            net: What a virtio network card in slot 1 is plugged into; without it there is none.
            bootargs: The command line that the device tree has for a kernel.

        Raises:
            ValueError: if `options` names a profile that does not exist.
        """
        self.options = options or Options()
        self.memory = memory or Ram(ram_mib * MIB)
        self._bootargs = bootargs
        self.core = core = Core(traps, self.memory, trace, self.options, disk, net)
        self.hart, self.clock, self.mmu = core.hart, core.clock, core.mmu
        self.pmp, self.engine = core.pmp, core.engine
        self.board = board = core.board
        self.bus, self.clint, self.plic = board.bus, board.clint, board.plic
        self.uart, self.rtc, self.finisher = board.uart, board.rtc, board.finisher
        self.disk, self.net = board.disk, board.net
        self.guest = GuestRunner(self.memory, self.clock, self.options, trace)
        """Real U-mode, for a VMM: `fetch` is what it offers to the `traps` part."""

    @property
    def ram(self) -> memoryview:
        """RAM as bytes; index 0 is physical address 0x8000_0000."""
        return self.memory.bytes

    def load(self, program: Program) -> None:
        """Copy a program into RAM, and a device tree behind it; point the hart at its entry.

        The hart's id stands in a0 and the tree's address in a1, as firmware hands them over; the
        tree lies as high as it fits, and where it does not, a1 is 0.

        Raises:
            ImageError: if a segment does not lie in RAM.
        """
        for address, contents in program.segments:
            offset = self.memory.offset(address, len(contents))
            if offset is None:
                end = address + len(contents)
                raise ImageError(f"the segment at {address:#x}..{end:#x} lies outside RAM")
            self.memory.bytes[offset : offset + len(contents)] = contents
        hart = self.hart
        hart.pc = program.entry
        tree = devicetree.blob(self.memory.base, self.memory.size, self.options, self._bootargs)
        hart.x[A0], hart.x[A1] = hart.hartid, devicetree.place(tree, self.memory, program) or 0
        self.core.waiting = False

    def snapshot(self) -> bytes:
        """Return the whole machine as bytes; see `vmlab.snapshot` for what that is."""
        return snapshot.save(self)

    def restore(self, data: bytes) -> None:
        """Become what `snapshot` gave. Raise SnapshotError, unchanged, if that cannot be."""
        snapshot.restore(self, data)

    # Bare metal

    def run(self, budget: int) -> Stop:
        """Run until the guest ends, waits for ever, or has used up `budget`.

        The budget counts retired instructions, and traps too, as a hart whose handler always traps
        retires nothing. What the part raises passes through; the machine is
        then as it was before the instruction at hand, but for what the part itself changed.
        Ctrl-C raises KeyboardInterrupt between two instructions, or from within the part.
        """
        return self.core.run(budget)

    def step(self) -> Stop:
        """Execute one instruction, or take one trap; as `run` with a budget of 1."""
        return self.run(1)

    # For a VMM

    def run_guest(
        self, vcpu: HartState, budget: int, *, satp: int = 0, deadline: int | None = None
    ) -> Exit:
        """Run a deprivileged guest in real U-mode until its first trap; see GuestRunner.run."""
        return self.guest.run(vcpu, budget, satp=satp, deadline=deadline)

    def fence_guest(self) -> None:
        """Forget the guests' translations, of all roots; see GuestRunner."""
        self.guest.fence()
