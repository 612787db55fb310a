"""A virtual machine monitor of type 1: dispatcher, allocator, interpreter and scheduler.

The guest really runs in U-mode, in shadow page tables, until an exit. The dispatcher takes each
exit to a handler, which says what is to be done (`Intent`); one place does it. What happens to the
virtual hart at a trap is `traps`, what its addresses mean is `shadow`, what its disk holds is
`disk`. V2 is a clause of the handout, norm:mtime_op a rule of the privileged manual.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import NamedTuple, cast

import disk
from vmlab import image
from vmlab.access import Access
from vmlab.block import SECTOR
from vmlab.bus import BusError
from vmlab.checked_store import CheckedStore
from vmlab.clock import counter_written
from vmlab.devices.dma import DmaError
from vmlab.devices.virtio import ServedDisk
from vmlab.devices.virtio.queue import DESCRIPTOR, INDIRECT, NEXT
from vmlab.hart import MASK64, HartState, Mode
from vmlab.image import Queue
from vmlab.isa import Decoded, Kind, decode, stored
from vmlab.memory import PAGE_SIZE, RAM_BASE
from vmlab.modules import another
from vmlab.mstatus import MPP, MXR, SPP, SUM, get_field
from vmlab.paging import Act, GuestRam
from vmlab.parts.disk import Store
from vmlab.parts.shadow import Part as Pager
from vmlab.parts.traps import Part as Traps
from vmlab.parts.vmm import Host
from vmlab.privileged import writes_csr
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, PTE_SIZE, VPN_BITS, V, W, X
from vmlab.trap import ECALLS, Exc, Exit, GuestFault, Irq, Trap
from vmlab.trap import Act as Done
from vmlab.virtual_board import VirtualBoard
from vmlab.vm import (
    PAGES_MOST,
    SHARE_MOST,
    Account,
    Ledger,
    Resources,
    Route,
    State,
    Status,
    VmConfig,
    VmRefused,
)

ZEROS = bytes(PAGE_SIZE)
ACCESSES = {int(access.page_fault): access for access in Access}
ALIVE = (State.RUNNING, State.WAITING)


@dataclass(eq=False)
class Vm:
    """One virtual machine."""

    config: VmConfig
    frames: list[int | None]
    """By page of its RAM: the host frame that holds it."""
    promised: int
    """Frames that its RAM may have."""
    reserved: int
    """Frames that it may have for shadow tables."""
    tables: set[int] = field(default_factory=set)
    """Those that it has."""
    hart: HartState = field(default_factory=HartState)
    traps: Traps = field(default_factory=lambda: cast(Traps, another("traps")))
    pager: Pager = field(default_factory=lambda: cast(Pager, another("shadow")))
    """Copies of its own, since each keeps what it knows of one guest in its module."""
    disk: int | None = None
    """The number of its open disk."""
    status: Status = field(default_factory=lambda: Status(State.RUNNING))
    told: tuple[int, ...] = (0, 3, 0)
    """What the pager believes of `satp`, mode, SUM and MXR."""
    trapped: HartState | None = None
    """The hart as it entered a handler, if nothing has retired since."""
    followed: int = 0
    """So many instructions are still entered one by one; see `follow`."""
    behind: int = 0
    """The pc behind the last of them."""
    reservation: tuple[int, int] | None = None
    """Virtual address and width of an LR among them."""
    returned: set[int] = field(default_factory=set)
    """Pages of its RAM that have come back for the instruction that is to run next."""
    slept: int = 0
    """WAITING: the host's time since which it waits."""
    due: int | None = None
    """WAITING: the host's time at which a timer of its own wakes it."""
    service: int = 0
    """Ticks of the processor that it has had, divided by its share."""

    def __post_init__(self) -> None:
        self.memory = Backing(self)
        self.files = CheckedStore(lambda: vmm.store, partial(check_quota, self))
        """The host's store as its disk sees it: with a quota."""
        self.board: VirtualBoard

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self.status.state in ALIVE

    @property
    def resident(self) -> int:
        """How many frames its RAM has."""
        return len(self.frames) - self.frames.count(None)

    def says(self, what: str) -> str:
        """Make a sentence about it."""
        return f"VM {self.config.name} {what}"


@dataclass(eq=False)
class Vmm:
    """The state of the monitor."""

    memory: memoryview
    words: memoryview[int]
    """The same bytes, 8 at a time."""
    resources: Resources
    free: list[int]
    """Frames that are nobody's."""
    vms: dict[int, Vm] = field(default_factory=dict)
    now: int = 0
    """The host's clock."""
    floor: int = 0
    """The least service that a VM had when it was last chosen."""
    host: Host = field(init=False)
    store: Store = field(init=False)
    """Those of the call that is running."""


vmm: Vmm


def start(memory: memoryview, resources: Resources) -> None:
    """Take over the machine, with no VM on it."""
    global vmm
    vmm = Vmm(memory, memory.cast("Q"), resources, list(resources.frames))


# --- The dispatcher: from an exit to what is to be done ---


class Do(Enum):
    """What a handler wants done with the guest."""

    RETRY = "retry"  # enter it at the same instruction; or `handle_exit` has seen to the pc
    STEP = "step"  # the instruction has been carried out: go on behind it
    INJECT = "inject"  # the guest's handler shall have a trap
    WAIT = "wait"  # it waits for an interrupt
    STOP = "stop"  # it ends


class Intent(NamedTuple):
    """What a handler wants done, and what it takes to do it."""

    do: Do
    length: int = 0  # STEP: of the instruction
    trap: Trap | None = None  # INJECT
    status: Status | None = None  # STOP


RETRY = Intent(Do.RETRY)


def step(decoded: Decoded) -> Intent:
    """The instruction has been carried out."""
    return Intent(Do.STEP, length=decoded.length)


def inject(cause: int, address: int) -> Intent:
    """The guest's handler shall have an exception."""
    return Intent(Do.INJECT, trap=Trap(cause, address=address))


def kill(vm: Vm, why: str, state: State = State.KILLED) -> Intent:
    """The VM ends, for a reason that completes the sentence "VM name ..."."""
    return Intent(Do.STOP, status=Status(state, reason=vm.says(why)))


def route(exit: Exit) -> Route:
    """Say where the dispatcher takes an exit; the host has a bug if it is in no table (V1)."""
    raise NotImplementedError("V1: route")


def dispatch(vm: Vm, exit: Exit) -> None:
    """Have an exit handled, and do what the handler wants (V2)."""
    raise NotImplementedError("V2: dispatch")


def carry_out(vm: Vm, intent: Intent) -> None:
    """Do what a handler wants. This alone moves the pc over an instruction, or ends a VM (V2)."""
    raise NotImplementedError("V2: intents")


def retired(vm: Vm) -> None:
    """Count an instruction that was emulated (V6)."""
    raise NotImplementedError("V6: emulated instructions")


def uncount(vm: Vm, decoded: Decoded | None) -> None:
    """Have a counter that the instruction has written not count that instruction (V6)."""
    if decoded and decoded.instruction.kind is Kind.CSR and writes_csr(decoded):
        counter_written(vm.hart, decoded.csr)


def trapped(vm: Vm) -> None:
    """Look whether the guest will trap for ever (V19).

    If it enters a handler twice in the same state, and nothing has retired in between, it does.
    """
    raise NotImplementedError("V19: a handler that traps")


def went_on(vm: Vm) -> None:
    """Forget what is known of the instruction that the guest was at."""
    vm.trapped = None
    vm.returned.clear()


def settle(vm: Vm) -> None:
    """See to what follows from a change of the virtual hart or its devices (V3, V7, V8)."""
    hart = vm.hart
    raise NotImplementedError("V8: wires; V3: the pager is told")


def tell_pager(vm: Vm) -> None:
    """Tell the pager what has changed of that which decides about addresses (V3)."""
    hart = vm.hart
    raise NotImplementedError("V3: the pager is told")


# --- The interpreter: privileged instructions ---


def to_traps(vm: Vm, exit: Exit) -> Intent:
    """Have the virtual hart do what a real one would; `traps` has the routines (V3)."""
    before = vm.hart.pc, vm.hart.mode
    raise NotImplementedError("V3: privileged instructions")


def is_entered(vm: Vm, exit: Exit, pc: int, mode: Mode) -> bool:
    """Tell whether the guest is now in its own handler of this exception at `pc`.

    If not, the instruction was emulated.
    """
    hart = vm.hart
    cause = ECALLS[mode] if exit.cause == Exc.ECALL_U else exit.cause
    if pc not in (hart.mepc, hart.sepc):
        return False  # as at nearly every exit
    found = cause, pc, hart.pc, mode
    if hart.mode == Mode.M:
        before = get_field(hart.mstatus, MPP)
        return found == (hart.mcause, hart.mepc, hart.mtvec & ~3, before)
    return found == (hart.scause, hart.sepc, hart.stvec & ~3, get_field(hart.mstatus, SPP))


# --- Memory: page faults ---


def page_fault(vm: Vm, exit: Exit) -> Intent:
    """Do with a page fault what the pager says (V10)."""
    raise NotImplementedError("V10: the pager's answers")


def access_device(vm: Vm, exit: Exit, decoded: Decoded | None, address: int) -> Intent:
    """Carry out a load or store that a device answers, once (V4, V5)."""
    raise NotImplementedError("V4: loads and stores; V5: refused")


def load_from_device(vm: Vm, decoded: Decoded, address: int) -> None:
    """LB, LBU, LH, LHU, LW, LWU, LD (V4)."""
    raise NotImplementedError("V4: loads")


def store_to_device(vm: Vm, decoded: Decoded, address: int) -> None:
    """SB, SH, SW, SD (V4)."""
    raise NotImplementedError("V4: stores")


def extended(value: int, width: int) -> int:
    """Extend the sign of a number of `width` bytes to 64 bits, unsigned."""
    sign = 1 << 8 * width - 1
    return (value ^ sign) - sign & MASK64


def set_register(vm: Vm, number: int, value: int) -> None:
    """Write a register, but never x0."""
    if number:
        vm.hart.x[number] = value


def store_to_table(vm: Vm, exit: Exit, decoded: Decoded, address: int) -> Intent:
    """Carry out a store to a page that the pager protects (V10).

    The byte at the virtual address `exit.tval` is at the guest-physical `address`. Where the store
    goes on in another page, the pager is asked about that one, too.
    """
    raise NotImplementedError("V10: stores to tables")


LOOP = 32
"""So many instructions are followed at most (norm:constrained_lrsc_loop_size has 16)."""


def may_succeed(vm: Vm, decoded: Decoded) -> bool:
    """Tell whether the LR of an SC is known; if not, have it looked for when it comes again (V10).

    The exit has lost the real hart's reservation. Where the page translates the loop of LR and SC
    itself, each SC has an exit; so the next turn of the loop is followed, to know its LR.
    """
    known = vm.reservation == (vm.hart.x[decoded.rs1], decoded.instruction.width)
    vm.reservation, vm.followed = None, 0 if known else LOOP
    return known


def follow(vm: Vm, before: HartState, exit: Exit) -> None:
    """Note an LR, if that is what the guest has just executed; an SC uses it up (V10)."""
    vm.followed -= 1
    if before.pc != vm.behind:
        vm.reservation = None  # something else came between
    vm.behind = vm.hart.pc
    if exit.retired:
        with suppress(GuestFault):
            decoded = decode(vmm.host.fetch(before.pc))
            kind = decoded.instruction.kind if decoded else None
            if decoded and kind is Kind.LR:
                vm.reservation = before.x[decoded.rs1], decoded.instruction.width
            elif kind is Kind.SC:
                vm.reservation = None
    if not vm.followed:
        vm.reservation = None


def in_pages(address: int, length: int) -> Iterator[tuple[int, int]]:
    """Split a range where pages end: address and length of each portion."""
    while length:
        first = min(length, PAGE_SIZE - address % PAGE_SIZE)
        yield address, first
        address, length = address + first & MASK64, length - first


def host_address(vm: Vm, address: int) -> int | None:
    """Return where a guest-physical address is; None if there is no frame."""
    number, offset = divmod(address - RAM_BASE, PAGE_SIZE)
    frame = vm.frames[number] if 0 <= number < len(vm.frames) else None
    return None if frame is None else frame << PAGE_SHIFT | offset


def through_shadow(vm: Vm, virtual: int) -> int | None:
    """Return the host-physical address that a store to `virtual` reaches; None if none."""
    raise NotImplementedError("V10: stores to tables")


DEVICE_ROUTINES: dict[Kind, Callable[[Vm, Decoded, int], None]] = {
    Kind.LOAD: load_from_device,
    Kind.STORE: store_to_device,
}


# --- The other exits ---


def preempted(vm: Vm, exit: Exit) -> Intent:
    """The host's timer: whoever called `enter` knows what it was set for (V17)."""
    return RETRY


def input_came(vm: Vm, exit: Exit) -> Intent:
    """The host's console has input, for whichever VM (V8)."""
    raise NotImplementedError("V8: input")


def host_bug(vm: Vm, exit: Exit) -> Intent:
    """What no guest can cause is not the guest's fault; the others go on (V19)."""
    raise NotImplementedError("V19: the host's own bugs")


HANDLERS: dict[Route, Callable[[Vm, Exit], Intent]] = {
    Route.SCHEDULER: preempted,
    Route.CONSOLE: input_came,
    Route.INTERPRETER: to_traps,
    Route.GUEST: to_traps,
    Route.MEMORY: page_fault,
    Route.HOST: host_bug,
}


# --- The disk: a queue in the guest's memory ---


def look(vm: Vm, address: int, length: int) -> bytes:
    """Return bytes of the guest's memory for a device. Raise DmaError unless all are RAM (V12)."""
    raise NotImplementedError("V12: what a device may see")


def serve_disk(vm: Vm, queue: Queue) -> None:
    """Have `disk` answer the requests in a queue (V11, V12).

    It wants the guest's RAM in one piece, which it is not. It works on a copy of the pages that
    the queue can lead to; what it has changed is copied back.
    """
    raise NotImplementedError("V11: the copy")


def reached(vm: Vm, queue: Queue) -> list[int]:
    """Return the pages, by offset in the guest's RAM, that the queue can lead to (V11, V12)."""
    raise NotImplementedError("V11: what the queue leads to")


def buffers(vm: Vm, table: int, size: int, index: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield what a chain of descriptors names. Raise DmaError where it leads out of RAM (V12)."""
    raise NotImplementedError("V11: what the queue leads to")


def check_quota(vm: Vm, name: str, size: int) -> None:
    """Raise Refused if a VM's own file would become longer than its quota (V12)."""
    raise NotImplementedError("V12: the quota")


# --- The allocator ---


def unpromised() -> int:
    """Return how many frames are free, and promised to nobody (V14)."""
    raise NotImplementedError("V14: the ledger")


def disk_left() -> int:
    """Return the bytes for disks that are promised to nobody (V14)."""
    disks = (vm.config.disk for vm in vmm.vms.values() if vm.lives)
    return vmm.resources.disk_bytes - sum(config.quota for config in disks if config)


def tables_for(pages: int) -> int:
    """Return how many frames for shadow tables a VM of so many pages is promised."""
    return 32 + pages // 16


def take_frame() -> int:
    """Return a free frame, full of zeros (V15)."""
    raise NotImplementedError("V15: zeros")


def fill(frame: int, contents: bytes) -> None:
    """Fill a frame."""
    at = (frame << PAGE_SHIFT) - RAM_BASE
    vmm.memory[at : at + PAGE_SIZE] = contents


def holds_zeros(frame: int) -> bool:
    """Tell whether a frame holds nothing but zeros."""
    at = (frame << PAGE_SHIFT) - RAM_BASE
    return bool(vmm.memory[at : at + PAGE_SIZE] == ZEROS)


def come_back(vm: Vm, address: int) -> Intent:
    """Give the page at a guest-physical address a frame again, which the balloon took (V20)."""
    raise NotImplementedError("V20: back again")


def shrink(vm: Vm, most: int, keep: Collection[int] = ()) -> int:
    """Take frames full of zeros until the VM has at most so many; return how many it has (V20).

    Pages in `keep` stay: one instruction needs them, and no two may take turns for ever.
    """
    raise NotImplementedError("V20: taking")


class Backing:
    """What the pager of a VM may ask for; see `vmlab.parts.shadow.Host`."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm

    def allocate(self) -> int | None:
        """Return a frame for a shadow table, out of the VM's reserve (V14)."""
        vm = self._vm
        raise NotImplementedError("V14: tables")

    def free(self, frame: int) -> None:
        """Take a shadow table back."""
        raise NotImplementedError("V14: tables")

    def flush(self) -> None:
        """Have the real MMU forget."""
        vmm.host.fence()

    def compare_and_set(self, address: int, old: int, new: int) -> bool:
        """Write 8 bytes of guest memory if they are as they were; nothing else runs meanwhile."""
        place = host_address(self._vm, address)
        assert place is not None
        at = (place - RAM_BASE) // 8
        if vmm.words[at] != old:
            return False
        vmm.words[at] = new
        return True


def problem(config: VmConfig) -> str | None:
    """Say what is wrong with a configuration, or None, as the end of a sentence (V13)."""
    raise NotImplementedError("V13: admission")


def create(host: Host, store: Store, config: VmConfig) -> None:
    """Make a VM that can run (V13, V14)."""
    vmm.host, vmm.store = host, store
    raise NotImplementedError("V13: refusal")
    vm = Vm(config, [], config.pages, tables_for(config.pages))
    drive = open_disk(vm)
    vm.board = VirtualBoard(vm.hart, partial(host_line, config.vmid), drive, partial(look, vm))
    raise NotImplementedError("V15: memory")
    vm.hart.pc = config.entry
    vm.service = vmm.floor
    vm.pager.start(vmm.memory, GuestRam(RAM_BASE, list(vm.frames)))
    vmm.vms[config.vmid] = vm


def host_line(vmid: int, byte: int) -> None:
    """Send a byte on the console line of a VM."""
    vmm.host.transmit(vmid, byte)


def open_disk(vm: Vm) -> ServedDisk | None:
    """Open the disk of a VM, if it has one (V11). Raise VmRefused (V13)."""
    config = vm.config.disk
    if config is None:
        return None
    raise NotImplementedError("V11: the disk")


def end(vm: Vm, status: Status) -> None:
    """End a VM: all that it had is free again (V14, V19)."""
    raise NotImplementedError("V14: everything back")


def find(vmid: int) -> Vm:
    """Return a VM. Raise VmRefused if there is none."""
    if vmid not in vmm.vms:
        raise VmRefused(f"There is no VM with vmid {vmid}.")
    return vmm.vms[vmid]


def destroy(host: Host, store: Store, vmid: int) -> None:
    """End a VM and forget it (V14)."""
    vmm.host, vmm.store = host, store
    vm = find(vmid)
    raise NotImplementedError("V14: destroy")


def balloon(host: Host, vmid: int, pages: int) -> int:
    """Let a VM have so many frames at most, or as few more as can be (V20)."""
    vmm.host = host
    vm = find(vmid)
    raise NotImplementedError("V20: the balloon")


def status(vmid: int) -> Status:
    """Say what has become of a VM."""
    return find(vmid).status


def ledger() -> Ledger:
    """Say who has what (V14)."""
    raise NotImplementedError("V14: the ledger")


# --- The scheduler ---

FINE = 1 << 20
"""Service is counted in ticks / FINE, for it is divided by shares."""


def run(host: Host, store: Store, until: int) -> None:
    """Run the VMs until the host's clock has reached `until`, or none goes on ever."""
    vmm.host, vmm.store = host, store
    vmm.now = host.time()
    while vmm.now < until:
        for vm in vmm.vms.values():
            wake_if_due(vm)
        chosen = next_vm()
        if chosen is not None:
            take_turn(chosen, until)
        elif not wait(until):
            return


def next_vm() -> Vm | None:
    """Choose the VM that runs next: which has had the least, by its share (V18)."""
    raise NotImplementedError("V18: shares")


def take_turn(vm: Vm, until: int) -> None:
    """Run a VM until its quantum is used up, whatever its exits, or it cannot go on (V17)."""
    raise NotImplementedError("V17: the quantum")


def enter(vm: Vm, budget: int) -> None:
    """Run a guest until its next exit, at most until its own next timer, and see to it (V6, V7)."""
    raise NotImplementedError("V7: no tick is late; V6: native instructions")


def fall_asleep(vm: Vm) -> None:
    """Let a VM wait for an interrupt, and find out when its own timer will bring it one (V9)."""
    raise NotImplementedError("V9: wfi")


def wake_if_due(vm: Vm) -> None:
    """Let a VM in `wfi` go on if there is an interrupt for it. Its clock went on, too (V6, V9)."""
    if vm.status.state is not State.WAITING:
        return
    raise NotImplementedError("V9: waking")


def wait(until: int) -> bool:
    """Let the host's clock go on to what comes next; return False if nothing ever will (V9)."""
    raise NotImplementedError("V9: idle")
