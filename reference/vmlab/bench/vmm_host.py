"""The machine under a VMM: its hart, its clock, its console lines, and who used them how much."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from vmlab.bench.vmm_frames import Frames
from vmlab.bench.vmm_witness import STRIDE, Witness, state
from vmlab.clock import Clock
from vmlab.guest import GuestRunner
from vmlab.hart import HartState
from vmlab.memory import Ram
from vmlab.options import Options
from vmlab.sv39 import PPN_MASK, SATP_SV39
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.trap import Exit, Irq

INSTRUCTIONS = 4_000_000
"""Of all guests in one scenario, at most."""
ENTRIES = 40_000
"""Of guests in one scenario, at most."""
LAST = 1 << 62
"""Ticks that the host's clock can show."""
DEAD = 0
"""In place of the vmid of a VM that has been destroyed."""
LOOKS = 256
"""Entries of a VM between two looks at all of its shadow."""


class Turn(NamedTuple):
    """One entry of a guest, by the host's clock."""

    vmid: int
    start: int
    end: int


@dataclass
class Bill:
    """What the hardware has noted of one VM."""

    retired: int = 0
    """Instructions that it retired natively."""
    exits: int = 0
    ticks: int = 0
    """Of the processor: its instructions, and one for each exit."""
    console: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Typed:
    """Input that is still to come."""

    vmid: int
    data: bytes
    at: int = 0
    """Not before this time of the host."""
    prompt: bytes = b""
    """Not before this VM has sent this."""


class Host:
    """What a VMM can ask for; see `vmlab.parts.vmm.Host`."""

    def __init__(self, ram: Ram, frames: Frames) -> None:
        """Build it on RAM whose frames are dealt out."""
        self.frames = frames
        self.clock = Clock(HartState())
        options = Options(misaligned=True, illegal_tval=True)
        self.runner = GuestRunner(ram, self.clock, options, None)
        self.bills: dict[int, Bill] = defaultdict(Bill)
        self.turns: list[Turn] = []
        self.witnesses: dict[int, Witness] = {}
        self.strange: Exit | None = None
        """What the next entry returns, as if the hardware was broken."""
        self._script: list[Typed] = []
        self._received: deque[tuple[int, int]] = deque()
        self._roots: dict[int, int] = {}
        """Roots that the MMU may remember something of, and the VM of each."""

    # The hart

    def run_guest(self, vmid: int, vcpu: HartState, budget: int, satp: int) -> Exit:
        """Run a guest until its next exit."""
        clock, bill = self.clock, self.bills[vmid]
        start = clock.time
        self._check_root(vmid, satp)
        exit = self._run(vmid, vcpu, budget, satp)
        clock.skip(1)
        end = clock.time
        bill.retired += exit.retired
        bill.exits += 1
        bill.ticks += end - start
        self.turns.append(Turn(vmid, start, end))
        if clock.retired > INSTRUCTIONS:
            raise OutOfBudget("instructions", INSTRUCTIONS)
        if len(self.turns) > ENTRIES:
            raise OutOfBudget("exits", ENTRIES)
        return exit

    def _run(self, vmid: int, vcpu: HartState, budget: int, satp: int) -> Exit:
        if self.strange is not None:
            exit, self.strange = self.strange, None
            return exit
        if self._input():
            return Exit(Irq.MEI, interrupt=True)
        ahead = self._next_input() if self._script else None
        if ahead is None or ahead - self.clock.time > budget:
            return self._enter(vmid, vcpu, budget, satp)
        exit = self._enter(vmid, vcpu, ahead - self.clock.time, satp)
        return Exit(Irq.MEI, True, 0, exit.retired) if exit.interrupt else exit

    def _enter(self, vmid: int, vcpu: HartState, budget: int, satp: int) -> Exit:
        """Run the hart; stop it now and then, unseen, while its VM has a witness."""
        witness = self.witnesses.get(vmid)
        budget = min(budget, INSTRUCTIONS + 1 - self.clock.retired)  # or a loop would never end
        retired = 0
        while witness is not None and witness.open:
            before = state(vcpu)
            exit = self.runner.run(vcpu, min(STRIDE, budget - retired), satp=satp)
            witness.saw(before, exit.retired, state(vcpu))
            retired += exit.retired
            if not exit.interrupt or retired >= budget:
                return Exit(exit.cause, exit.interrupt, exit.tval, retired)
        exit = self.runner.run(vcpu, budget - retired, satp=satp)
        if not retired:
            return exit
        return Exit(exit.cause, exit.interrupt, exit.tval, exit.retired + retired)

    def _check_root(self, vmid: int, satp: int) -> None:
        """Raise Mismatch unless the guest is kept in its own memory."""
        root = satp & PPN_MASK
        known = self._roots.get(root)
        due = known is None or self.bills[vmid].exits % LOOKS == 0
        if known == vmid and satp >> 60 == SATP_SV39 and not due:
            return
        whose = f"{self.frames.title(vmid)} is entered"
        if satp >> 60 != SATP_SV39 or not self.frames.are_ours(root):
            raise Mismatch(whose, "a root of mode Sv39 in a frame of the VMM", f"satp {satp:#x}")
        if known not in (None, vmid):
            raise Mismatch(
                whose,
                "a root that the MMU remembers nothing of, or only of this VM",
                f"the root of {self.frames.title(known)}, and no fence since",
            )
        if due:
            self.frames.look(vmid, root)
        self._roots[root] = vmid

    def look_at_all(self) -> None:
        """Raise Mismatch if a shadow that was used since the last fence leads astray."""
        for satp, pages in self.frames.remembered(self.runner):
            vmid = self._roots.get(satp & PPN_MASK)
            if vmid not in (None, DEAD):
                self.frames.claim(vmid, pages)
        self.frames.check_foreign()

    def forget_vm(self, vmid: int) -> None:
        """A VM is no more: what it had may be others' now, its roots after a fence only."""
        self.frames.disown(vmid)
        self.frames.titles.pop(vmid, None)
        for root, owner in self._roots.items():
            if owner == vmid:
                self._roots[root] = DEAD

    def fetch(self, address: int) -> int:
        """Return the bits of an instruction."""
        return self.runner.fetch(address)

    def fence(self) -> None:
        """Have the MMU forget."""
        self.runner.fence()
        self._roots.clear()
        self.frames.disown_all()

    # The clock

    def time(self) -> int:
        """Return the time."""
        return self.clock.time

    def idle(self, until: int | None) -> bool:
        """Wait for an interrupt."""
        if self._input():
            return True
        ends = [time for time in (until, self._next_input()) if time is not None]
        if not ends:
            return False
        if min(ends) > LAST:
            raise Mismatch("the host waits", f"until {LAST:#x} at most", f"{min(ends):#x}")
        self.clock.skip(max(0, min(ends) - self.clock.time))
        return True

    # The console

    def transmit(self, vmid: int, byte: int) -> None:
        """Take a byte that a VM sends."""
        self.bills[vmid].console.append(byte)

    def receive(self) -> tuple[int, int] | None:
        """Return a byte that came in."""
        return self._received.popleft() if self._input() else None

    def type(self, typed: Typed) -> None:
        """Let something come in, when its time has come."""
        self._script.append(typed)

    def _input(self) -> bool:
        """Tell whether something has come in."""
        for typed in list(self._script) if self._script else ():
            sent = self.bills[typed.vmid].console
            if typed.at <= self.clock.time and typed.prompt in sent:
                self._script.remove(typed)
                self._received.extend((typed.vmid, byte) for byte in typed.data)
        return bool(self._received)

    def _next_input(self) -> int | None:
        """Return when something comes in that waits for its time only; None for never."""
        times = [t.at for t in self._script if t.prompt in self.bills[t.vmid].console]
        return min(times, default=None)
