"""Running a deprivileged guest: what a VMM uses, shaped like KVM_RUN."""

from __future__ import annotations

from typing import Any

from .access import Access, TrapRaised
from .bus import Bus
from .clock import Clock
from .csrs import SATP_MODES
from .hart import MASK64, HartState, Mode
from .held import SLICE, HeldBack
from .interpreter import Interpreter
from .isa import length
from .memory import Ram
from .mmu import Mmu
from .options import Options
from .privileged import Deprivileged
from .profiles import with_holes
from .trace import GuestExit, Trace
from .translator import Translator
from .trap import ADDRESS_CAUSES, Exc, Exit, GuestFault, Irq, Trap

PARCEL = 2
"""Instructions are one or two parcels of so many bytes, and aligned to one (IALIGN = 16)."""


class GuestRunner:
    """The real U-mode in which guests run, and what it does for their VMM (`parts.traps.Guest`).

    A guest's addresses go through the machine's own MMU, from a root that the VMM names: its
    shadow page tables in RAM. Without one they are RAM's. No device answers: an access fault leaves
    them to the VMM.

    The TLB is tagged with the root. A translation once used stays, under its root, until `fence`,
    whatever guest runs meanwhile and whatever the tables say then: the VMM fences when it takes
    away rights or a page, or gives a root to another use. Naming another root flushes nothing, as
    writing `satp` does not (norm:satp_op_sfence_vma). What is not valid is never remembered, so
    that new entries need no fence.
    """

    def __init__(self, ram: Ram, clock: Clock, options: Options, trace: Trace | None) -> None:
        """Build it; of `options`, `engine`, `illegal_tval` and `profile` are used."""
        self._ram = ram
        self._clock = clock
        self._illegal_tval = options.illegal_tval
        self._trace = trace if trace and trace.exits else None
        self._hart = HartState(mode=Mode.U)
        bus = Bus(ram)
        self._mmu = Mmu(self._hart, bus, lambda fetch: Mode.U, trace)
        self._mmu.refresh()
        rules = with_holes(Deprivileged(), self._hart, options.profile)
        engine = Translator if options.engine == "translator" else Interpreter
        self._engine = engine(self._hart, self._mmu, bus, clock, rules, trace, options)
        self._ctrl_c = HeldBack(self._alert)

    def run(
        self, vcpu: HartState, budget: int, *, satp: int = 0, deadline: int | None = None
    ) -> Exit:
        """Enter the guest at `vcpu.pc` with `vcpu.x`; return at its first trap.

        Only these two fields of `vcpu` are used, and changed. The guest's own CSRs mean nothing
        here; the VMM gives them their effect.

        Args:
            vcpu: The virtual hart.
            budget: Instructions after which the host's timer interrupts. Exact.
            satp: The real root: as the CSR, Sv39 or Bare (0). The leaves must have U and A set, and
                D to be written, as the real hart has Svade.
            deadline: Host time (`mtime`) at which the host's timer interrupts; at once, if past.

        Raises:
            ValueError: if MODE of `satp` is neither Bare nor Sv39.
        """
        hart, engine, clock = self._hart, self._engine, self._clock
        if satp != hart.satp:
            if satp >> 60 not in SATP_MODES:
                raise ValueError(f"satp {satp:#x}: MODE is neither Bare nor Sv39")
            hart.satp = satp
            self._mmu.refresh()
        if deadline is not None:
            budget = min(budget, deadline - self._clock.time)
        hart.x[:] = vcpu.x
        hart.x[0] = 0
        hart.pc = vcpu.pc & MASK64
        before = clock.retired
        end = before + budget
        engine.enter()
        engine.reservation = None  # it must not leak from one guest into another
        trap = None
        with self._ctrl_c as ctrl_c:
            try:
                while clock.retired < end and not ctrl_c.noted:
                    engine.run(min(end - clock.retired, SLICE))
            except TrapRaised as raised:
                trap = raised.trap
            vcpu.x[:] = hart.x
            vcpu.pc = hart.pc
        retired = clock.retired - before
        if trap is None:
            result = Exit(Irq.MTI, True, 0, retired)
        else:
            result = Exit(trap.cause, False, self._tval(trap), retired)
        if self._trace is not None:
            self._trace.add(GuestExit(result, hart.pc))
        return result

    def fence(self) -> None:
        """Forget all translations, of every root: the host's `sfence.vma`."""
        self._mmu.forget()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps: the root of the guest that ran last, and the TLB."""
        return {"satp": self._hart.satp, "tlb": self._mmu.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._hart.satp = state["satp"]
        self._mmu.restore(state["tlb"])

    def fetch(self, address: int) -> int:
        """Return the 32 bits at the virtual `address` of the guest that ran last.

        They are translated as its fetches are. Where an instruction of 16 bits stands, and what
        follows cannot be fetched, the upper half is 0.

        Raises:
            GuestFault: if the fetch is refused.
        """
        low = self._parcel(address, 0)
        try:
            return low | self._parcel(address, PARCEL) << 16
        except GuestFault:
            if length(low) > PARCEL:
                raise
            return low

    def translate(self, address: int, access: Access) -> int | None:
        """Return the physical address that the guest that ran last would access; None if refused.

        As an access would, it looks into the TLB first, and leaves there what it found.
        """
        try:
            return self._mmu.translate(address & MASK64, access)
        except TrapRaised:
            return None

    def _parcel(self, address: int, offset: int) -> int:
        at = address + offset & MASK64
        cause: int = Access.FETCH.access_fault
        if at % PARCEL == 0:
            try:
                found = self._mmu.ram_offset(at, Access.FETCH, PARCEL)
            except TrapRaised as raised:
                found, cause = None, raised.trap.cause
            if found is not None:
                return self._ram.read(found, PARCEL)
        raise GuestFault(Trap(cause, address=address, offset=offset))

    def _tval(self, trap: Trap) -> int:
        """Return what the real hart writes to tval."""
        cause = trap.cause
        if cause in ADDRESS_CAUSES:
            return trap.address + trap.offset
        if cause == Exc.ILLEGAL_INSTRUCTION:
            return trap.instruction if self._illegal_tval else 0
        return self._hart.pc if cause == Exc.BREAKPOINT else 0

    def _alert(self) -> None:
        self._engine.alert = True
