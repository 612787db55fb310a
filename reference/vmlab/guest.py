"""Running a deprivileged guest: what a VMM uses, shaped like KVM_RUN."""

from __future__ import annotations

from .access import Access, TrapRaised
from .bus import Bus
from .clock import Clock
from .hart import HartState, Mode
from .interpreter import Interpreter
from .isa import length
from .memory import Ram
from .mmu import Mmu
from .options import Options
from .privileged import Deprivileged
from .trace import GuestExit, Trace
from .trap import Exc, Exit, GuestFault, Irq, Trap


class GuestRunner:
    """The real U-mode in which guests run, and what it does for their VMM (`parts.traps.Guest`).

    There is no translation: a guest's addresses are RAM's. Anything else is an access fault, so
    that devices are left to the VMM.
    """

    def __init__(self, ram: Ram, clock: Clock, options: Options, trace: Trace | None) -> None:
        """Build it; of `options`, `illegal_tval` is used."""
        self._ram = ram
        self._clock = clock
        self._illegal_tval = options.illegal_tval
        self._trace = trace if trace and trace.exits else None
        self._hart = HartState(mode=Mode.U)
        bus = Bus(ram)
        mmu = Mmu(self._hart, bus, lambda fetch: Mode.U, trace)
        mmu.refresh()
        self._engine = Interpreter(self._hart, mmu, bus, clock, Deprivileged(), trace)

    def run(self, vcpu: HartState, budget: int) -> Exit:
        """Enter the guest at `vcpu.pc` with `vcpu.x`; return at its first trap.

        Only these two fields of `vcpu` are used, and changed. When `budget` instructions have
        retired, the host's timer interrupts.
        """
        hart = self._hart
        hart.x[:] = vcpu.x
        hart.x[0] = 0
        hart.pc = vcpu.pc
        before = self._clock.retired
        self._engine.enter()
        self._engine.reservation = None  # it must not leak from one guest into another
        try:
            self._engine.run(max(budget, 0))
            result = Exit(Irq.MTI, interrupt=True)
        except TrapRaised as raised:
            result = Exit(raised.trap.cause, tval=self._tval(raised.trap))
        vcpu.x[:] = hart.x
        vcpu.pc = hart.pc
        if self._trace is not None:
            self._trace.add(GuestExit(result, hart.pc, self._clock.retired - before))
        return result

    def fetch(self, address: int) -> int:
        """Return the 32 bits at the guest's virtual `address`; raise GuestFault if refused.

        Behind the last instruction of all, if that is a short one, there may be no memory: then the
        upper half is 0.
        """
        value = 0
        for offset in range(0, 4, 2):  # instructions are aligned to 2 bytes at least
            at = self._ram.offset(address + offset, 2)
            if at is None or at % 2:
                if offset and length(value) == 2:
                    break
                fault = Access.FETCH.access_fault
                raise GuestFault(Trap(fault, address=address, offset=offset))
            value |= self._ram.read(at, 2) << 8 * offset
        return value

    def _tval(self, trap: Trap) -> int:
        """Return what the real hart writes to tval."""
        match trap.cause:
            case Exc.ILLEGAL_INSTRUCTION:
                return trap.instruction if self._illegal_tval else 0
            case Exc.BREAKPOINT:
                return self._hart.pc
            case Exc.ECALL_U:
                return 0
        return trap.address + trap.offset
