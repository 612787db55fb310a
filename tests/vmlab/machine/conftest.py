"""Machines with the complete `traps` part, a way to boot assembly on one, and a small VMM."""

from __future__ import annotations

from dataclasses import replace

import pytest
from vmlab import sv39
from vmlab.access import Access
from vmlab.asm import assemble
from vmlab.bus import Bus, BusError
from vmlab.devices import CLINT_BASE, FINISHER_BASE, UART_BASE, Clint, Finisher, Uart
from vmlab.hart import MASK64, HartState, Mode
from vmlab.isa import Kind, decode
from vmlab.machine import Machine
from vmlab.memory import RAM_BASE, Ram
from vmlab.mstatus import MXR, SUM
from vmlab.options import Options
from vmlab.trap import Act, Exc, Exit, Irq, Trap

PRELUDE = """
    .equ FINISHER, 0x100000
    .equ MSIP, 0x2000000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ UART, 0x10000000
"""


@pytest.fixture
def engine():
    """Name the engine; a module whose tests shall run on each of them overrides this."""
    return Options().engine


@pytest.fixture
def boot(part, engine):
    """Give the function that builds a machine with a program in it."""

    def build(source: str, *, traps=part, ram_mib: int = 1, options=None, **others) -> Machine:
        options = replace(options or Options(), engine=engine)
        machine = Machine(traps, ram_mib=ram_mib, options=options, **others)
        machine.load(assemble(PRELUDE + source))
        machine.hart.x[11] = 0  # these programs count in registers that are 0 at first
        return machine

    return build


class Recorder:
    """A part that notes each question it is asked."""

    def __init__(self, part) -> None:
        self._part = part
        self.asked: list[str] = []

    def __getattr__(self, name):
        function = getattr(self._part, name)

        def call(*arguments):
            self.asked.append(name)
            return function(*arguments)

        return call


@pytest.fixture
def recorder(part):
    return Recorder(part)


class Overlay:
    """The complete part with some functions replaced."""

    def __init__(self, part, **functions) -> None:
        self._part = part
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(self._part, name)


@pytest.fixture
def overlay(part):
    return lambda **functions: Overlay(part, **functions)


MIB = 1 << 20
GUEST = 4 * MIB
"""Size of the guest's memory, and its offset in RAM: the shadow tables stand below."""
KINDS = {
    Exc.INSTRUCTION_PAGE: Access.FETCH,
    Exc.LOAD_PAGE: Access.LOAD,
    Exc.STORE_PAGE: Access.STORE,
}
WIRES = 1 << Irq.MSI | 1 << Irq.MTI


class GuestMemory(Ram):
    """The guest's RAM, where it believes that it is; a window of the machine's."""

    def __init__(self, host: Ram) -> None:
        self.base, self.size = RAM_BASE, GUEST
        self.bytes = host.bytes[GUEST : 2 * GUEST]
        self.unsigned = {
            width: self.bytes.cast(view.format) for width, view in host.unsigned.items()
        }


class Vmm:
    """One guest. A shadow is kept for each pair of modes, SUM, MXR and `satp`, until a fence."""

    def __init__(self, part, program, options: Options | None = None) -> None:
        self.part = part
        self.machine = Machine(part, ram_mib=2 * GUEST // MIB, options=options)
        self.vcpu = HartState(pc=program.entry)
        self.ram = GuestMemory(self.machine.memory)
        for address, contents in program.segments:
            self.ram.bytes[address - RAM_BASE :][: len(contents)] = contents
        self.uart, self.finisher, self.clint = Uart(), Finisher(), Clint(self.vcpu)
        devices = {FINISHER_BASE: self.finisher, CLINT_BASE: self.clint, UART_BASE: self.uart}
        self.bus = Bus(self.ram, devices)
        self.fills = 0
        self.rose = False  # whether an interrupt became pending that the part was not told of
        self.drop_shadows()

    def drop_shadows(self) -> None:
        self.roots: dict[tuple, int] = {}
        self.next_frame = 0
        self.machine.fence_guest()

    def frame(self) -> int:
        """Return the offset of a fresh page for a table."""
        offset = self.next_frame
        assert offset < GUEST
        self.next_frame += 4096
        self.machine.ram[offset : self.next_frame] = bytes(4096)
        return offset

    def root(self) -> int:
        vcpu = self.vcpu
        modes = [self.part.access_mode(vcpu, fetch) for fetch in (True, False)]
        key = (*modes, vcpu.mstatus & (SUM | MXR), vcpu.satp)
        if key not in self.roots:
            self.roots[key] = self.frame()
        return 8 << 60 | RAM_BASE + self.roots[key] >> 12

    def run(self, slice_: int, exits: int = 100_000) -> str:
        """Run to the end of the guest; return its console."""
        for _ in range(exits):
            if self.finisher.code is not None:
                break
            self.turn(slice_)
        assert self.finisher.code == 0, self.uart.output
        return self.uart.output.decode()

    def turn(self, slice_: int) -> None:
        left = self.clint.ticks_to_timer()
        budget = slice_ if left is None else min(slice_, left)
        exit = self.machine.run_guest(self.vcpu, budget, satp=self.root())
        assert exit.retired <= budget
        self.pass_time(exit.retired)
        access = None if exit.interrupt else KINDS.get(exit.cause)
        if access is None:
            self.handle(exit)
        else:
            self.fault(access, exit.tval)
        if self.rose:
            self.handle(Exit(Irq.MTI, interrupt=True))

    def handle(self, exit: Exit) -> None:
        self.rose = False
        pc = self.vcpu.pc
        action = self.part.handle_exit(self.vcpu, exit, self.machine.guest)
        if exit.cause == Exc.ILLEGAL_INSTRUCTION and self.vcpu.pc == pc + 4:
            self.pass_time(1)
        if action.act is Act.FENCE:
            self.drop_shadows()
        if action.act is Act.WAIT:
            self.pass_time(self.clint.ticks_to_timer())

    def pass_time(self, ticks: int) -> None:
        vcpu = self.vcpu
        vcpu.time += ticks
        before = vcpu.mip
        vcpu.mip &= ~WIRES
        vcpu.mip |= self.clint.software << Irq.MSI | self.clint.timer << Irq.MTI
        self.rose |= bool(vcpu.mip & ~before)

    def fault(self, access: Access, address: int) -> None:
        """Fill the shadow, emulate a device, or let the guest have its own fault."""
        refused = access.access_fault
        try:
            physical = self.walk(address, access)
            offset = self.ram.offset(physical, 1)
            if offset is not None:
                self.fill(access, address, GUEST + offset)
                return
            if access is not Access.FETCH and self.device(physical):
                return
        except sv39.PageFault:
            refused = access.page_fault
        except BusError:
            pass
        self.part.take_trap(self.vcpu, Trap(refused, address=address))

    def walk(self, address: int, access: Access) -> int:
        vcpu = self.vcpu
        mode = self.part.access_mode(vcpu, access is Access.FETCH)
        if mode == Mode.M or vcpu.satp >> 60 == 0:
            return address
        return sv39.walk(self.bus.read_pte, vcpu.satp, address, access, mode, vcpu.mstatus)

    def fill(self, access: Access, address: int, offset: int) -> None:
        self.fills += 1
        words = self.machine.memory.unsigned[8]
        table = (self.root() & sv39.PPN_MASK) * 4096 - RAM_BASE
        for level in (2, 1, 0):
            number = table >> 3 | address >> 12 + 9 * level & 0x1FF
            if level and not words[number]:
                words[number] = (RAM_BASE + self.frame()) >> 2 | sv39.V
            table = (words[number] >> 10) * 4096 - RAM_BASE
        right = {Access.FETCH: sv39.X, Access.LOAD: sv39.R, Access.STORE: sv39.R | sv39.W}[access]
        rights = words[number] & 0xFF | right | sv39.V | sv39.U | sv39.A | sv39.D
        words[number] = (RAM_BASE + offset) >> 12 << 10 | rights

    def device(self, physical: int) -> bool:
        """Emulate a load or store; raise BusError if no device answers."""
        vcpu = self.vcpu
        decoded = decode(self.machine.guest.fetch(vcpu.pc))
        row, x = decoded.instruction, vcpu.x
        if row.kind is Kind.STORE:
            self.bus.write(physical, row.width, x[decoded.rs2])
        elif row.kind is Kind.LOAD:
            value = self.bus.read(physical, row.width)
            sign = 1 << 8 * row.width - 1 if row.signed else 0
            if decoded.rd:
                x[decoded.rd] = (value ^ sign) - sign & MASK64
        else:
            return False
        vcpu.pc += decoded.length
        self.pass_time(1)
        return True


@pytest.fixture
def shadowed(part, engine):
    """Give the function that builds a VMM with a program as its guest."""
    return lambda program, options=None: Vmm(
        part, program, replace(options or Options(), engine=engine)
    )
