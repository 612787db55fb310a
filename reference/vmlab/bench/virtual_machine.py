"""A small VMM around the `handle_exit` of a `traps` part: one guest and its devices.

The guest runs in real U-mode. What touches a device comes back as an access fault and is emulated
here; every other exit is the part's. Addresses are not translated.
"""

from __future__ import annotations

from vmlab import sstc
from vmlab.bus import Bus, BusError
from vmlab.clock import Clock
from vmlab.devices import CLINT_BASE, FINISHER_BASE, UART_BASE, Clint, Finisher, Uart
from vmlab.guest import GuestRunner
from vmlab.hart import MASK64, HartState, Mode
from vmlab.isa import Decoded, Kind, decode
from vmlab.machine import Machine
from vmlab.memory import Ram
from vmlab.options import Options
from vmlab.parts.traps import Part
from vmlab.program import Program
from vmlab.trap import ECALLS, Act, Action, Exc, Exit, Irq

ACCESS_FAULTS = {Kind.LOAD: Exc.LOAD_ACCESS, Kind.STORE: Exc.STORE_ACCESS}
WIRES = 1 << Irq.MSI | 1 << Irq.MTI
TICK = Exit(Irq.MTI, interrupt=True)


class VirtualMachine:
    """One guest. Its virtual time is what it has retired, emulated instructions included."""

    def __init__(self, part: Part, program: Program, *, slice_: int, illegal_tval: bool) -> None:
        """Load a guest.

        Args:
            part: The part under test; only its `handle_exit` is called.
            program: The guest, as it would run on the bare machine.
            slice_: Instructions after which the host takes the processor back.
            illegal_tval: Whether the real hart tells the bits of an illegal instruction.
        """
        machine = Machine(part, ram_mib=1, options=Options(illegal_tval=illegal_tval))
        machine.load(program)
        self.set_up(part, program, machine.guest, machine.memory, slice_)

    def set_up(
        self, part: Part, program: Program, runner: GuestRunner, ram: Ram, slice_: int
    ) -> None:
        """Begin with a guest that is loaded, and that `runner` runs; `ram` answers on its bus."""
        self._part = part
        self._slice = slice_
        self._guest = runner
        self.vcpu = HartState(pc=program.entry)
        self.uart = Uart()
        self.finisher = Finisher()
        self._clint = Clint(self.vcpu)
        self._clock = Clock(self.vcpu)
        self._bus = Bus(
            ram,
            {FINISHER_BASE: self.finisher, CLINT_BASE: self._clint, UART_BASE: self.uart},
        )
        self.exits = 0
        self.idle = False
        """Whether the guest waits for what will never come."""
        self._rose = False
        """Whether an interrupt has become pending that the part was not asked about."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to run."""
        return self.idle or self.finisher.code is not None

    def turn(self) -> None:
        """Run the guest until its next exit, and have that handled."""
        left = self._ticks_to_timer()
        exit = self.enter(self._slice if left is None else min(self._slice, left))
        self.exits += 1
        self.retire(exit.retired)
        if not self.emulate(exit):
            self.handle(exit)
        if self._rose:
            self.handle(TICK)

    def enter(self, budget: int) -> Exit:
        """Run the guest until its next trap."""
        return self._guest.run(self.vcpu, budget)

    def handle(self, exit: Exit) -> Action:
        """Have the part handle an exit; return what it wants done, which is done, but for FENCE."""
        self._rose = False
        before = self.vcpu.pc, self.vcpu.mode
        action = self._part.handle_exit(self.vcpu, exit, self._guest)
        if not exit.interrupt and not self._trapped(exit, *before):
            self.retire(1)
        if action.act is Act.WAIT:
            left = self._ticks_to_timer()
            self.idle = left is None
            self._clock.skip(left or 0)
            self._show_wires()
        return action

    def _ticks_to_timer(self) -> int | None:
        """Return how many ticks are left until a timer of the guest strikes; None if none will."""
        strikes = sstc.strikes(self.vcpu, self._clint.ticks_to_timer())
        return strikes[0][0] if strikes else None

    def _trapped(self, exit: Exit, pc: int, mode: Mode) -> bool:
        """Tell whether the guest is now at the start of its handler of this exception.

        Then the instruction has not retired; else it was emulated.
        """
        vcpu = self.vcpu
        cause = ECALLS[mode] if exit.cause == Exc.ECALL_U else exit.cause
        return (cause, pc, vcpu.pc) in (
            (vcpu.mcause, vcpu.mepc, vcpu.mtvec & ~3),
            (vcpu.scause, vcpu.sepc, vcpu.stvec & ~3),
        )

    def retire(self, count: int) -> None:
        """Count instructions, native or emulated."""
        self._clock.retire(count)
        self._show_wires()

    def _show_wires(self) -> None:
        vcpu = self.vcpu
        before = vcpu.mip
        vcpu.mip = before & ~WIRES | self._clint.software << Irq.MSI | self._clint.timer << Irq.MTI
        sstc.show(vcpu)
        self._rose |= bool(vcpu.mip & ~before)

    def emulate(self, exit: Exit) -> bool:
        """Do a load or store that a device answers; return whether it was one."""
        if exit.interrupt or exit.cause not in ACCESS_FAULTS.values():
            return False
        access = decode(self._guest.fetch(self.vcpu.pc))
        if access is None or ACCESS_FAULTS.get(access.instruction.kind) != exit.cause:
            return False
        try:
            self.access_device(access, exit.tval)
        except BusError:
            return False
        return True

    def access_device(self, access: Decoded, address: int) -> None:
        """Carry out a load or store at a guest-physical address. Raise BusError if none answers."""
        row, x = access.instruction, self.vcpu.x
        if row.kind is Kind.STORE:
            self._bus.write(address, row.width, x[access.rs2])
        elif row.kind is Kind.LOAD:
            value = self._bus.read(address, row.width)
            if row.signed and value >> 8 * row.width - 1:
                value -= 1 << 8 * row.width
            if access.rd:
                x[access.rd] = value & MASK64
        else:
            raise BusError(address)
        self.vcpu.pc = self.vcpu.pc + access.length & MASK64
        self.retire(1)
