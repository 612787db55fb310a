"""A small VMM around the `handle_exit` of a `traps` part: one guest and its devices.

The guest runs in real U-mode. What touches a device comes back as an access fault and is emulated
here; every other exit is the part's. Addresses are not translated.
"""

from __future__ import annotations

from vmlab import sstc
from vmlab.bus import Bus, BusError
from vmlab.devices import CLINT_BASE, FINISHER_BASE, UART_BASE, Clint, Finisher, Uart
from vmlab.hart import MASK64, HartState
from vmlab.isa import Decoded, Kind, decode
from vmlab.machine import Machine
from vmlab.options import Options
from vmlab.parts.traps import Part
from vmlab.program import Program
from vmlab.trap import Act, Exc, Exit, Irq

ACCESS_FAULTS = {Kind.LOAD: Exc.LOAD_ACCESS, Kind.STORE: Exc.STORE_ACCESS}
WIRES = 1 << Irq.MSI | 1 << Irq.MTI


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
        self._part = part
        self._slice = slice_
        self._machine = Machine(part, ram_mib=1, options=Options(illegal_tval=illegal_tval))
        self._machine.load(program)
        self.vcpu = HartState(pc=program.entry)
        self.uart = Uart()
        self.finisher = Finisher()
        self._clint = Clint(self.vcpu)
        self._bus = Bus(
            self._machine.memory,
            {FINISHER_BASE: self.finisher, CLINT_BASE: self._clint, UART_BASE: self.uart},
        )
        self.exits = 0
        self.idle = False
        """Whether the guest waits for what will never come."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to run."""
        return self.idle or self.finisher.code is not None

    def turn(self) -> None:
        """Run the guest until its next exit, and have that handled."""
        left = self._ticks_to_timer()
        before = self._machine.clock.retired
        exit = self._machine.run_guest(
            self.vcpu, self._slice if left is None else min(self._slice, left)
        )
        self.exits += 1
        self._pass_time(self._machine.clock.retired - before)
        if self._emulate_device(exit):
            return
        action = self._part.handle_exit(self.vcpu, exit, self._machine.guest)
        if not exit.interrupt:
            self._pass_time(1)
        if action.act is Act.WAIT:
            self._wait()

    def _ticks_to_timer(self) -> int | None:
        """Return how many ticks are left until a timer of the guest strikes; None if none will."""
        left = (self._clint.ticks_to_timer(), sstc.ticks_to_timer(self.vcpu))
        return min((ticks for ticks in left if ticks is not None), default=None)

    def _wait(self) -> None:
        left = self._ticks_to_timer()
        if left is None:
            self.idle = True
            return
        self._pass_time(left)
        tick = Exit(Irq.MTI, interrupt=True)
        self._part.handle_exit(self.vcpu, tick, self._machine.guest)

    def _pass_time(self, ticks: int) -> None:
        vcpu = self.vcpu
        for counter in ("time", "cycle", "instret"):
            setattr(vcpu, counter, getattr(vcpu, counter) + ticks & MASK64)
        vcpu.mip = (
            vcpu.mip & ~WIRES | self._clint.software << Irq.MSI | self._clint.timer << Irq.MTI
        )
        sstc.show(vcpu)

    def _emulate_device(self, exit: Exit) -> bool:
        """Do a load or store that a device answers; return whether it was one."""
        if exit.interrupt or exit.cause not in ACCESS_FAULTS.values():
            return False
        access = decode(self._machine.guest.fetch(self.vcpu.pc))
        if access is None or ACCESS_FAULTS.get(access.instruction.kind) != exit.cause:
            return False
        try:
            self._access(access, exit.tval)
        except BusError:
            return False
        self.vcpu.pc = self.vcpu.pc + access.length & MASK64
        self._pass_time(1)
        return True

    def _access(self, access: Decoded, address: int) -> None:
        row, x = access.instruction, self.vcpu.x
        if row.kind is Kind.STORE:
            self._bus.write(address, row.width, x[access.rs2])
            return
        value = self._bus.read(address, row.width)
        if row.signed and value >> 8 * row.width - 1:
            value -= 1 << 8 * row.width
        if access.rd:
            x[access.rd] = value & MASK64
