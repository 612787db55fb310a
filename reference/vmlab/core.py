"""The core: one hart at work on its board, and when the `traps` part is asked."""

from __future__ import annotations

from . import sstc
from .access import TrapRaised
from .block import BlockBackend
from .board import Board
from .clock import Clock
from .csrs import ADUE
from .devices.virtio import BlockFront
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
from .stop import Reason, Stop
from .trace import Trace, TrapTaken
from .translator import Translator
from .trap import Trap


class Core:
    """Runs the hart until there is a trap or another reason to stop, and has the part take it.

    The part is asked for an interrupt only when its answer can have changed: after a trap, a
    return, a write to a CSR that counts, a move of a wire.
    """

    def __init__(
        self,
        part: Part,
        memory: Ram,
        trace: Trace | None,
        options: Options,
        disk: BlockBackend | BlockFront | None,
        net: Link | None,
    ) -> None:
        """Build hart and board; see `Machine` for what they are built of."""
        self._part = part
        self._modes: dict[tuple[Mode, int, bool], Mode] = {}
        self._trace = trace if trace and trace.traps else None
        entries, svadu = options.pmp_entries, options.svadu
        # ADUE as on QEMU: on, until software says no.
        self.hart = HartState(pc=memory.base, menvcfg=ADUE if svadu else 0)
        self._x = self.hart.x
        self.clock = Clock(self.hart)
        self.board = Board(self.hart, memory, trace, disk, net, self)
        bus = self.board.bus
        self.pmp = Pmp(entries) if entries else None
        self.mmu = Mmu(self.hart, bus, self._effective_mode, trace, pmp=self.pmp, svadu=svadu)
        privileged = PrivilegedByPart(
            self.hart,
            part,
            self.mmu,
            self.reconsider,
            self._begin_waiting,
            self._settle,
            self.pmp,
            svadu,
        )
        rules = with_holes(privileged, self.hart, options.profile)
        engine = Translator if options.engine == "translator" else Interpreter
        self.engine = engine(self.hart, self.mmu, bus, self.clock, rules, trace, options)
        self.mmu.written = self.engine.written
        self._ask = True
        """Whether the choice of interrupt can have changed since the part was asked."""
        self.waiting = False
        """Whether the hart has executed `wfi` and not gone on yet."""
        self.trapped: HartState | None = None
        """The hart after the last trap that its handler's first instruction raised."""
        self._ctrl_c = HeldBack(self.reconsider)

    def run(self, budget: int) -> Stop:
        """Run; see `Machine.run`."""
        self.engine.enter()
        self.mmu.refresh()
        self.wires_moved()
        self._ask = True
        with self._ctrl_c:
            return self._run(budget)

    def _run(self, budget: int) -> Stop:
        left = budget
        while True:
            if self._ctrl_c.noted:
                raise KeyboardInterrupt
            if self.board.finisher.code is not None:
                return Stop(Reason.FINISHED, self.board.finisher.code, self.clock.retired)
            if left <= 0:
                return Stop(Reason.BUDGET, 0, self.clock.retired)
            if self.waiting and not self._wake():
                return Stop(Reason.IDLE, 0, self.clock.retired)
            trap = self._interrupt()
            if trap is None:
                before = self.clock.retired
                try:
                    strikes = sstc.strikes(self.hart, self.board.clint.ticks_to_timer())
                    self.engine.run(min(left, SLICE, *(ticks for ticks, _ in strikes)))
                except TrapRaised as raised:
                    trap = raised.trap
                left -= self.clock.retired - before
                self.wires_moved()
            if trap is not None:
                left -= 1
                if self._take(trap):
                    return Stop(Reason.TRAP_LOOP, 0, self.clock.retired)

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
        self.reconsider()

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
            self.wires_moved()
        self.waiting = False
        self._ask = True
        return True

    def _ticks_to_waking(self) -> int | None:
        """Return how many ticks are left until a timer wakes the hart; None if none ever will."""
        later = self.hart.copy()
        for ticks, interrupt in sstc.strikes(self.hart, self.board.clint.ticks_to_timer()):
            later.mip |= 1 << interrupt
            if self._part.wakes(later):
                return ticks
        return None

    # What the devices tell

    def reconsider(self) -> None:
        """Ask the part for an interrupt again, after the instruction at hand."""
        self._ask = True
        self.engine.alert = True

    def timer_set(self) -> None:
        """Look at the timer again, after the instruction at hand."""
        self.engine.alert = True
        self.wires_moved()

    def wires_moved(self) -> None:
        """Show the devices' wires, and the supervisor timer, in `mip`."""
        hart = self.hart
        before = hart.mip, hart.seip
        sstc.show(hart)
        self.board.show_wires(hart)
        if (hart.mip, hart.seip) != before:
            self.reconsider()

    def written(self, offset: int, length: int) -> None:
        """Have the engine notice what a device wrote to RAM."""
        self.engine.written(offset, length)
        self.engine.reservation = None  # an SC may always fail, and must if the device wrote there
