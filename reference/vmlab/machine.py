"""The machine: a hart, its memory and devices, and the `traps` part that it is built with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

from . import csrs, devicetree, snapshot, sstc
from .access import TrapRaised
from .block import BlockBackend
from .bus import Bus
from .clock import Clock
from .csrs import ADUE
from .devices import (
    CLINT_BASE,
    FINISHER_BASE,
    PLIC_BASE,
    RTC_BASE,
    UART_BASE,
    UART_IRQ,
    VIRTIO_BASE,
    VIRTIO_IRQ,
    VIRTIO_SLOTS,
    VIRTIO_STRIDE,
    BlockDevice,
    Clint,
    Dma,
    Finisher,
    NetDevice,
    Plic,
    Rtc,
    Uart,
    VirtioMmio,
)
from .devices.plic import CONTEXT_M, CONTEXT_S
from .devices.virtio.model import Model
from .guest import GuestRunner
from .hart import HartState, Mode
from .held import SLICE, HeldBack
from .interpreter import Interpreter
from .memory import Ram
from .mmu import Mmu
from .mstatus import MPP, MPRV
from .net import Link
from .options import Options
from .parts.traps import Part
from .pmp import Pmp
from .privileged import PrivilegedByPart
from .profiles import with_holes
from .program import ImageError, Program
from .trace import Trace, TrapTaken
from .translator import Translator
from .trap import Exit, Irq, Trap

MIB = 1 << 20
A0, A1 = 10, 11
WIRES = 1 << Irq.MSI | 1 << Irq.MTI | 1 << Irq.MEI
"""The bits of `mip` that show the level of a wire."""


class Reason(Enum):
    """Why `Machine.run` came back."""

    FINISHED = "finished"
    """The guest wrote to the test finisher."""
    BUDGET = "budget"
    """The budget is used up."""
    IDLE = "idle"
    """The hart waits in `wfi`, and no interrupt will ever wake it."""
    TRAP_LOOP = "trap loop"
    """The first instruction of the trap handler raises the same trap, for ever."""


@dataclass(frozen=True)
class Stop:
    """How a run ended."""

    reason: Reason
    code: int
    """FINISHED: 0 for a pass, 1 to 65535 for a failure, -1 for a reset. Else 0."""
    instret: int
    """Instructions retired since the machine was built."""


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
        disk: BlockBackend | None = None,
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
            disk: What a virtio disk in slot 0 keeps its sectors in; without it there is none.
            net: What a virtio network card in slot 1 is plugged into; without it there is none.
            bootargs: The command line that the device tree has for a kernel.

        Raises:
            ValueError: if `options` names a profile that does not exist.
        """
        self.options = options or Options()
        self._bootargs = bootargs
        self._part = traps
        self._modes: dict[tuple[Mode, int, bool], Mode] = {}
        self._trace = trace if trace and trace.traps else None
        self.memory = memory or Ram(ram_mib * MIB)
        self.hart = HartState(pc=self.memory.base, menvcfg=ADUE if self.options.svadu else 0)
        self._x = self.hart.x
        self.clock = Clock(self.hart)
        self.clint = Clint(self.hart, self._timer_moved)
        self.plic = Plic(self._sample_wires)
        self.uart = Uart(partial(self.plic.set_level, UART_IRQ), partial(self.plic.pulse, UART_IRQ))
        self.rtc = Rtc(self.hart)
        self.finisher = Finisher(self._reconsider)
        self.disk = BlockDevice(disk) if disk is not None else None
        self.net = NetDevice(net) if net is not None else None
        self.virtio = self._slots([self.disk, self.net])
        self.bus = Bus(
            self.memory,
            {
                FINISHER_BASE: self.finisher,
                CLINT_BASE: self.clint,
                PLIC_BASE: self.plic,
                RTC_BASE: self.rtc,
                UART_BASE: self.uart,
                **{VIRTIO_BASE + VIRTIO_STRIDE * i: slot for i, slot in enumerate(self.virtio)},
            },
            trace=trace,
        )
        entries, svadu = self.options.pmp_entries, self.options.svadu
        self.pmp = Pmp(entries) if entries else None
        self.hart.menvcfg = csrs.ADUE if svadu else 0  # as on QEMU: on, until software says no
        self.mmu = Mmu(self.hart, self.bus, self._effective_mode, trace, pmp=self.pmp, svadu=svadu)
        privileged = PrivilegedByPart(
            self.hart,
            traps,
            self.mmu,
            self._reconsider,
            self._begin_waiting,
            self._settle,
            self.pmp,
            svadu,
        )
        rules = with_holes(privileged, self.hart, self.options.profile)
        engine = Translator if self.options.engine == "translator" else Interpreter
        self.engine = engine(self.hart, self.mmu, self.bus, self.clock, rules, trace, self.options)
        self.mmu.written = self.engine.written
        self.guest = GuestRunner(self.memory, self.clock, self.options, trace)
        """Real U-mode, for a VMM: `fetch` is what it offers to the `traps` part."""
        self._ask = True
        """Whether the choice of interrupt can have changed since the part was asked."""
        self.waiting = False
        """Whether the hart has executed `wfi` and not gone on yet."""
        self.trapped: HartState | None = None
        """The hart after the last trap that its handler's first instruction raised."""
        self._ctrl_c = HeldBack(self._reconsider)

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
        self.waiting = False

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
        self.engine.enter()
        self.mmu.refresh()
        self._sample_wires()
        self._ask = True
        with self._ctrl_c:
            return self._run(budget)

    def _run(self, budget: int) -> Stop:
        left = budget
        while True:
            if self._ctrl_c.noted:
                raise KeyboardInterrupt
            if self.finisher.code is not None:
                return Stop(Reason.FINISHED, self.finisher.code, self.clock.retired)
            if left <= 0:
                return Stop(Reason.BUDGET, 0, self.clock.retired)
            if self.waiting and not self._wake():
                return Stop(Reason.IDLE, 0, self.clock.retired)
            trap = self._interrupt()
            if trap is None:
                before = self.clock.retired
                try:
                    strikes = sstc.strikes(self.hart, self.clint.ticks_to_timer())
                    self.engine.run(min(left, SLICE, *(ticks for ticks, _ in strikes)))
                except TrapRaised as raised:
                    trap = raised.trap
                left -= self.clock.retired - before
                self._sample_wires()
            if trap is not None:
                left -= 1
                if self._take(trap):
                    return Stop(Reason.TRAP_LOOP, 0, self.clock.retired)

    def step(self) -> Stop:
        """Execute one instruction, or take one trap; as `run` with a budget of 1."""
        return self.run(1)

    def _interrupt(self) -> Trap | None:
        """Return the interrupt to take now; ask the part only if its answer can have changed."""
        if not self._ask:
            return None
        self._ask = False
        code = self._part.choose_interrupt(self.hart)
        return None if code is None else Trap(code, interrupt=True)

    def _take(self, trap: Trap) -> bool:
        """Take a trap; tell whether the next one will be the same again."""
        hart = self.hart
        mode, pc, status = hart.mode, hart.pc, hart.mstatus
        self.engine.reservation = None  # an SC may always fail, and so no handler has to see to it
        self._part.take_trap(hart, trap)
        self._settle()
        self.clock.traps += 1
        if self._trace is not None:
            self._trace.add(TrapTaken(trap, mode, pc, hart.mode, hart.pc))
        if (hart.mode, hart.pc, hart.mstatus) != (mode, pc, status):
            return False
        # The handler's first instruction trapped. Twice with the same state is for ever: nothing
        # has retired, so neither memory nor time is another.
        last, self.trapped = self.trapped, hart.copy()
        return last == hart

    def _settle(self) -> None:
        """See to what follows from a change of the hart by the part."""
        hart = self.hart
        if hart.x is not self._x:  # the engine keeps the list that it began with
            self._x[:] = hart.x
            hart.x = self._x
        hart.x[0] = 0
        self.mmu.refresh()
        self._reconsider()

    def _effective_mode(self, fetch: bool) -> Mode:
        """Ask the part, but never twice: on nothing else does its answer depend (MPRV, MPP)."""
        key = (self.hart.mode, self.hart.mstatus & (MPRV | MPP), fetch)
        mode = self._modes.get(key)
        if mode is None:
            mode = self._modes[key] = self._part.access_mode(self.hart, fetch)
        return mode

    # Waiting

    def _begin_waiting(self) -> None:
        self.waiting = True
        self.engine.alert = True

    def _wake(self) -> bool:
        """Tell whether the waiting hart goes on now, or when its timer has run off."""
        if not self._part.wakes(self.hart):
            ticks = self._ticks_to_waking()
            if ticks is None:
                return False
            self.clock.skip(ticks)
            self._sample_wires()
        self.waiting = False
        self._ask = True
        return True

    def _ticks_to_waking(self) -> int | None:
        """Return how many ticks are left until a timer wakes the hart; None if none ever will."""
        later = self.hart.copy()
        for ticks, interrupt in sstc.strikes(self.hart, self.clint.ticks_to_timer()):
            later.mip |= 1 << interrupt
            if self._part.wakes(later):
                return ticks
        return None

    # Interrupt wires

    def _reconsider(self) -> None:
        self._ask = True
        self.engine.alert = True

    def _timer_moved(self) -> None:
        self.engine.alert = True  # the next timer interrupt may now be due at another time
        self._sample_wires()

    def _sample_wires(self) -> None:
        """Show the devices' wires, and the supervisor timer, in `mip`."""
        hart = self.hart
        before = hart.mip
        sstc.show(hart)
        mip = hart.mip & ~WIRES
        mip |= self.clint.software << Irq.MSI
        mip |= self.clint.timer << Irq.MTI
        mip |= self.plic.wire(CONTEXT_M) << Irq.MEI
        seip = self.plic.wire(CONTEXT_S)
        if (mip, seip) != (before, hart.seip):
            hart.mip, hart.seip = mip, seip
            self._reconsider()

    # Virtio

    def _slots(self, models: Sequence[Model | None]) -> list[VirtioMmio]:
        """Plug devices into the first slots."""
        dma = Dma(self.memory, self._written_by_device)
        models = [*models, *[None] * (VIRTIO_SLOTS - len(models))]
        return [
            VirtioMmio(
                model, dma, partial(self.plic.set_level, VIRTIO_IRQ + index), f"virtio{index}"
            )
            for index, model in enumerate(models)
        ]

    def _written_by_device(self, offset: int, length: int) -> None:
        self.engine.written(offset, length)
        self.engine.reservation = None  # an SC may always fail, and must if the device wrote there

    # For a VMM

    def run_guest(
        self, vcpu: HartState, budget: int, *, satp: int = 0, deadline: int | None = None
    ) -> Exit:
        """Run a deprivileged guest in real U-mode until its first trap; see GuestRunner.run."""
        return self.guest.run(vcpu, budget, satp=satp, deadline=deadline)

    def fence_guest(self) -> None:
        """Forget the guests' translations, of all roots; see GuestRunner."""
        self.guest.fence()
