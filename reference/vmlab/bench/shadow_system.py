"""A whole guest under a VMM: its traps are a `traps` part's, its memory a `shadow` part's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vmlab.access import Access
from vmlab.asm import assemble
from vmlab.bench import console, describe, emulated
from vmlab.bench.lockstep import Lockstep
from vmlab.bench.shadow_host import Frames, Host
from vmlab.bench.shadow_tables import check_leaves, root_frame
from vmlab.bench.vmm import VirtualMachine
from vmlab.bus import BusError
from vmlab.clock import Clock
from vmlab.guest import GuestRunner
from vmlab.hart import HartState
from vmlab.isa import decode
from vmlab.machine import Machine, Reason
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.mstatus import MXR, SUM
from vmlab.options import Options
from vmlab.paging import Act, GuestRam
from vmlab.parts.shadow import Part
from vmlab.parts.traps import Part as Traps
from vmlab.program import Program
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.trap import Act as Trapped
from vmlab.trap import Action, Exit, GuestFault

BASE = 0x8000_0000
PAGES, TABLES = 256, 128
SLICE = 997
"""Instructions after which the VMM takes the processor back from its guest."""
INSTRUCTIONS = 200_000
"""On the bare machine."""
UNDER_VMM = "a guest runs under the VMM"
ACCESS_FAULTS = {int(access.access_fault) for access in Access}
PAGE_FAULTS = {int(access.page_fault): access for access in Access}


class ShadowedMachine(VirtualMachine):
    """One guest, with 1 MiB of RAM that is strewn over the host's."""

    def __init__(self, part: Part, traps: Traps, ram: Ram, program: Program) -> None:
        """Load a guest."""
        self._pager = part
        self._frames = Frames(ram, PAGES, TABLES)
        self._ram = ram
        self.clock = Clock(HartState())
        self._runner = GuestRunner(ram, self.clock, Options(misaligned=True), None)
        self.host = Host(self._frames, self._runner, BASE)
        self.faults = 0
        """Real page faults."""
        self.fills = 0
        """Those of them that only the shadow had."""
        for frame in self._frames.guest:
            assert frame is not None
            self._frames.fill(frame, bytes(PAGE_SIZE))
        for address, contents in program.segments:
            for at, length in emulated.pages(address, len(contents)):
                piece = contents[at - address : at - address + length]
                self._ram.bytes[self._offset(at) : self._offset(at) + length] = piece
        self.set_up(traps, program, self._runner, Ram(PAGE_SIZE, base=1 << 60), SLICE)
        self._bare = Lockstep(traps, program)
        part.start(ram.bytes, GuestRam(BASE, list(self._frames.guest)))

    def _offset(self, address: int) -> int:
        """Return where in the host's RAM a guest-physical address is."""
        number, offset = divmod(address - BASE, PAGE_SIZE)
        frame = self._frames.guest[number] if 0 <= number < PAGES else None
        if frame is None:
            raise Mismatch(
                "a store that the pager has emulated",
                "an address in the guest's RAM",
                f"{address:#x}",
            )
        return (frame << PAGE_SHIFT | offset) - self._ram.base

    def enter(self, budget: int) -> Exit:
        """Run the guest in its shadow until its next trap."""
        satp = self._pager.root(self.host)
        root_frame(self._frames, satp, UNDER_VMM)
        exit = self._runner.run(self.vcpu, budget, satp=satp)
        if not exit.interrupt and exit.cause in ACCESS_FAULTS:
            raise Mismatch(
                UNDER_VMM,
                "a shadow whose tables and leaves lie in RAM",
                f"the real MMU answers with {describe.exception(exit.cause)} at {exit.tval:#x}",
            )
        try:
            self._bare.follow(self.vcpu, self._clock.retired + exit.retired)
        except Mismatch:
            self.check_isolated()  # which tells more, if that is why
            raise
        return exit

    def check_isolated(self) -> None:
        """Raise Mismatch unless every leaf leads to this VM, and the others' memory is intact."""
        check_leaves(self._frames, self._pager.root(self.host) & PPN_MASK, UNDER_VMM)
        self._frames.check_foreign()

    def handle(self, exit: Exit) -> Action:
        """Have a trap handled, and tell the pager what changes by it."""
        before = self._context()
        action = super().handle(exit)
        after = self._context()
        if after[0] != before[0]:
            self._pager.write_satp(self.host, self.vcpu.satp)
        if after[1:] != before[1:]:
            status = self.vcpu.mstatus
            self._pager.set_mode(self.host, self.vcpu.mode, bool(status & SUM), bool(status & MXR))
        if action.act is Trapped.FENCE:
            self._pager.fence(self.host, action.address, action.asid)
        return action

    def _context(self) -> tuple[int, int, int]:
        vcpu = self.vcpu
        return vcpu.satp, vcpu.mode, vcpu.mstatus & (SUM | MXR)

    def emulate(self, exit: Exit) -> bool:
        """Do with a page fault what the pager says; return False for every other exit."""
        if exit.interrupt or exit.cause not in PAGE_FAULTS:
            return False
        self.faults += 1
        answer = self._pager.fault(self.host, exit.cause, exit.tval)
        if answer.act is Act.RETRY:
            self.fills += 1
        elif answer.act is Act.EMULATE:
            self._store(exit, answer.address)
        elif answer.act is Act.DEVICE:
            self._device(exit, answer.address)
        elif answer.act is Act.REFLECT:
            if answer.cause not in PAGE_FAULTS and answer.cause not in ACCESS_FAULTS:
                got = f"cause {answer.cause}"
                raise Mismatch(UNDER_VMM, "REFLECT of a page fault or an access fault", got)
            self.handle(Exit(answer.cause, tval=answer.address))
        else:
            raise Mismatch("a guest all of whose pages have frames", "no ABSENT", "ABSENT")
        return True

    def _device(self, exit: Exit, address: int) -> None:
        """Let a device answer; what none answers to is an access fault of the guest."""
        kind = PAGE_FAULTS[exit.cause]
        try:
            if kind is Access.FETCH:
                raise BusError(address)
            access = decode(self._runner.fetch(self.vcpu.pc))
            if access is None:
                raise BusError(address)
            self.access_device(access, address)
        except BusError:
            self.handle(Exit(kind.access_fault, tval=exit.tval))
        except GuestFault:
            return  # the code is no longer in the shadow: it may be again at the next try

    def _store(self, exit: Exit, address: int) -> None:
        """Carry out a store to a page that the pager protects."""
        if PAGE_FAULTS[exit.cause] is not Access.STORE:
            raise Mismatch(UNDER_VMM, "EMULATE for stores only", "EMULATE")
        try:
            store = emulated.store_at(self._runner.fetch(self.vcpu.pc))
        except GuestFault:
            return  # as above
        if store is None or (exit.tval ^ address) % PAGE_SIZE:
            got = f"EMULATE at {exit.tval:#x}, guest-physical {address:#x}"
            raise Mismatch(UNDER_VMM, "EMULATE of a store, with its guest-physical address", got)
        if exit.tval % PAGE_SIZE + store.instruction.width > PAGE_SIZE:
            raise Mismatch("a guest without straddling stores", "none", f"one at {exit.tval:#x}")
        places = [(address, store.instruction.width)]

        def read(at: int, length: int) -> bytes:
            return bytes(self._ram.bytes[self._offset(at) : self._offset(at) + length])

        def write(at: int, data: bytes) -> None:
            self._ram.bytes[self._offset(at) : self._offset(at) + len(data)] = data

        if emulated.carry_out(self.vcpu, store, places, read, write):
            self._pager.written(self.host, address, store.instruction.width)
        self.retire(1)


def boot(
    part: Part,
    traps: Traps,
    ram: Ram,
    source: Path,
    expected: str,
    exits: int,
    make: Callable[[Part, Traps, Ram, Program], ShadowedMachine] = ShadowedMachine,
) -> ShadowedMachine:
    """Boot a guest on the bare machine, then under the VMM that `make` makes, for so many exits.

    Raises Mismatch unless it prints `expected` both times, switches off and is isolated,
    OutOfBudget if it never ends.
    """
    program = assemble(source.read_text(encoding="utf-8"), name=source.name)
    bare = Machine(traps, ram_mib=1)
    bare.load(program)
    stop = bare.run(INSTRUCTIONS)
    ended = stop.reason is Reason.FINISHED and not stop.code
    on_bare = f"{source.name} boots on the bare machine"
    console.check(on_bare, expected, bare.uart.output, "" if ended else stop.reason.value)
    machine = make(part, traps, ram, program)
    while not machine.ended and machine.exits < exits:
        machine.turn()
    out = None if machine.ended else OutOfBudget("exits", exits)
    end = "it waits for ever" if machine.idle else "it never ends"
    code = machine.finisher.code
    if code is not None:
        end = f"it switches off with failure {code}" if code else ""
    scenario = f"{source.name} boots under the VMM"
    machine.check_isolated()
    console.check(scenario, expected, machine.uart.output, end, out)
    return machine
