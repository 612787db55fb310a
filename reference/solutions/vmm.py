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


# BEGIN SOLUTION V1: the table
INTERRUPTS = {Irq.MTI: Route.SCHEDULER, Irq.MEI: Route.CONSOLE}
EXCEPTIONS = {
    Exc.ILLEGAL_INSTRUCTION: Route.INTERPRETER,
    Exc.INSTRUCTION_PAGE: Route.MEMORY,
    Exc.LOAD_PAGE: Route.MEMORY,
    Exc.STORE_PAGE: Route.MEMORY,
    Exc.INSTRUCTION_MISALIGNED: Route.GUEST,
    Exc.LOAD_MISALIGNED: Route.GUEST,
    Exc.STORE_MISALIGNED: Route.GUEST,
    Exc.BREAKPOINT: Route.GUEST,
    Exc.ECALL_U: Route.GUEST,
}
# END SOLUTION


def route(exit: Exit) -> Route:
    """Say where the dispatcher takes an exit; the host has a bug if it is in no table (V1)."""
    # BEGIN SOLUTION V1: route
    # An access fault among them: all that the shadow leads to is RAM.
    table = INTERRUPTS if exit.interrupt else EXCEPTIONS
    return cast("dict[int, Route]", table).get(exit.cause, Route.HOST)
    # END SOLUTION


def dispatch(vm: Vm, exit: Exit) -> None:
    """Have an exit handled, and do what the handler wants (V2)."""
    # BEGIN SOLUTION V2: dispatch
    if exit.retired:
        went_on(vm)
    carry_out(vm, HANDLERS[route(exit)](vm, exit))
    if vm.lives:
        settle(vm)
    # END SOLUTION


def carry_out(vm: Vm, intent: Intent) -> None:
    """Do what a handler wants. This alone moves the pc over an instruction, or ends a VM (V2)."""
    # BEGIN SOLUTION V2: intents
    if intent.do is Do.STEP:
        vm.hart.pc = vm.hart.pc + intent.length & MASK64
        retired(vm)
    elif intent.do is Do.INJECT:
        assert intent.trap is not None
        vm.traps.take_trap(vm.hart, intent.trap)
        trapped(vm)
    elif intent.do is Do.WAIT:
        fall_asleep(vm)
    elif intent.do is Do.STOP:
        assert intent.status is not None
        end(vm, intent.status)
    code = vm.board.finisher.code
    if code is not None and vm.lives:
        end(vm, Status(State.OFF, code))
    # END SOLUTION


def retired(vm: Vm) -> None:
    """Count an instruction that was emulated (V6)."""
    # BEGIN SOLUTION V6: emulated instructions
    went_on(vm)
    vm.board.clock.retire(1)
    # END SOLUTION


def uncount(vm: Vm, decoded: Decoded | None) -> None:
    """Have a counter that the instruction has written not count that instruction (V6)."""
    if decoded and decoded.instruction.kind is Kind.CSR and writes_csr(decoded):
        counter_written(vm.hart, decoded.csr)


def trapped(vm: Vm) -> None:
    """Look whether the guest will trap for ever (V19).

    If it enters a handler twice in the same state, and nothing has retired in between, it does.
    """
    # BEGIN SOLUTION V19: a handler that traps
    if vm.trapped == vm.hart:
        why = f"traps for ever: it cannot execute its own handler at {vm.hart.pc:#x}"
        carry_out(vm, kill(vm, why))
    else:
        went_on(vm)
        vm.trapped = vm.hart.copy()
    # END SOLUTION


def went_on(vm: Vm) -> None:
    """Forget what is known of the instruction that the guest was at."""
    vm.trapped = None
    vm.returned.clear()


def settle(vm: Vm) -> None:
    """See to what follows from a change of the virtual hart or its devices (V3, V7, V8)."""
    hart = vm.hart
    # BEGIN SOLUTION V8: wires; V3: the pager is told
    vm.board.show_wires()
    if vm.status.state is State.RUNNING:
        due = vm.traps.choose_interrupt(hart)
        if due is not None:
            vm.traps.take_trap(hart, Trap(due, interrupt=True))
            went_on(vm)
    tell_pager(vm)
    # END SOLUTION


def tell_pager(vm: Vm) -> None:
    """Tell the pager what has changed of that which decides about addresses (V3)."""
    hart = vm.hart
    # BEGIN SOLUTION V3: the pager is told
    told = hart.satp, hart.mode, hart.mstatus & (SUM | MXR)
    if told == vm.told:
        return
    if told[0] != vm.told[0]:
        vm.pager.write_satp(vm.memory, hart.satp)
    if told[1:] != vm.told[1:]:
        vm.pager.set_mode(vm.memory, hart.mode, bool(hart.mstatus & SUM), bool(hart.mstatus & MXR))
    vm.told = told
    # END SOLUTION


# --- The interpreter: privileged instructions ---


def to_traps(vm: Vm, exit: Exit) -> Intent:
    """Have the virtual hart do what a real one would; `traps` has the routines (V3)."""
    before = vm.hart.pc, vm.hart.mode
    # BEGIN SOLUTION V3: privileged instructions
    action = vm.traps.handle_exit(vm.hart, exit, vmm.host)
    if is_entered(vm, exit, *before):
        trapped(vm)
    else:
        uncount(vm, decode(exit.tval))
        retired(vm)
    if action.act is Done.FENCE:
        tell_pager(vm)
        vm.pager.fence(vm.memory, action.address, action.asid)
    return Intent(Do.WAIT) if action.act is Done.WAIT else RETRY
    # END SOLUTION


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
    # BEGIN SOLUTION V10: the pager's answers
    answer = vm.pager.fault(vm.memory, exit.cause, exit.tval)
    match answer.act:
        case Act.RETRY:
            return RETRY
        case Act.REFLECT:
            return inject(answer.cause, answer.address)
        case Act.ABSENT:
            return come_back(vm, answer.address)
    try:
        bits = instruction_at(vm, vm.hart.pc) if exit.cause != Exc.INSTRUCTION_PAGE else 0
    except GuestFault:
        return RETRY  # the code is no longer in the shadow: its own fault comes first
    decoded = decode(bits)
    if answer.act is Act.DEVICE:
        return access_device(vm, exit, decoded, answer.address)
    assert decoded is not None
    return store_to_table(vm, exit, decoded, answer.address)
    # END SOLUTION


def access_device(vm: Vm, exit: Exit, decoded: Decoded | None, address: int) -> Intent:
    """Carry out a load or store that a device answers, once (V4, V5)."""
    # BEGIN SOLUTION V4: loads and stores; V5: refused
    kind = decoded.instruction.kind if decoded else None
    try:
        if decoded is None or kind not in DEVICE_ROUTINES:
            raise BusError(address)  # code, or an atomic
        # Of a misaligned access, `address` may be the second half's, which is aligned.
        if vm.hart.x[decoded.rs1] + decoded.imm & decoded.instruction.width - 1:
            raise BusError(address)
        DEVICE_ROUTINES[kind](vm, decoded, address)
    except BusError:
        return inject(ACCESSES[exit.cause].access_fault, exit.tval)
    return step(decoded)
    # END SOLUTION


def load_from_device(vm: Vm, decoded: Decoded, address: int) -> None:
    """LB, LBU, LH, LHU, LW, LWU, LD (V4)."""
    # BEGIN SOLUTION V4: loads
    value = vm.board.read(address, decoded.instruction.width)
    if decoded.instruction.signed:
        value = extended(value, decoded.instruction.width)
    set_register(vm, decoded.rd, value)
    # END SOLUTION


def store_to_device(vm: Vm, decoded: Decoded, address: int) -> None:
    """SB, SH, SW, SD (V4)."""
    # BEGIN SOLUTION V4: stores
    vm.board.write(address, decoded.instruction.width, vm.hart.x[decoded.rs2])
    # END SOLUTION


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
    # BEGIN SOLUTION V10: stores to tables
    row, offset = decoded.instruction, decoded.imm
    if row.kind is not Kind.STORE:
        offset = 0  # an atomic has no immediate
    places: list[tuple[int, int | None, int]] = []  # host-physical, guest-physical, length
    target = vm.hart.x[decoded.rs1] + offset & MASK64
    for virtual, length in in_pages(target, row.width):
        if virtual <= exit.tval < virtual + length:
            guest: int | None = address - (exit.tval - virtual)
        else:
            answer = vm.pager.fault(vm.memory, Exc.STORE_PAGE, virtual)
            match answer.act:
                case Act.REFLECT:
                    return inject(answer.cause, answer.address)
                case Act.ABSENT:
                    return come_back(vm, answer.address)
                case Act.DEVICE:
                    return inject(Exc.STORE_ACCESS, virtual)
            guest = answer.address if answer.act is Act.EMULATE else None
        place = host_address(vm, guest) if guest is not None else through_shadow(vm, virtual)
        if place is None:
            return RETRY
        places.append((place - RAM_BASE, guest, length))
    if row.kind is Kind.SC:
        if not may_succeed(vm, decoded):
            [(_, guest, length)] = places
            assert guest is not None
            vm.pager.written(vm.memory, guest, length)  # so many of them free the page
            set_register(vm, decoded.rd, 1)
            return step(decoded)
        set_register(vm, decoded.rd, 0)
    old = 0
    if row.kind is Kind.AMO:
        [(at, _, _)] = places  # aligned, or it would have trapped
        old = extended(int.from_bytes(vmm.memory[at : at + row.width], "little"), row.width)
    data = stored(decoded, vm.hart.x, old)
    if row.kind is Kind.AMO:
        set_register(vm, decoded.rd, old)
    for at, guest, length in places:
        vmm.memory[at : at + length] = data[:length]
        data = data[length:]
        if guest is not None:
            vm.pager.written(vm.memory, guest, length)
    return step(decoded)
    # END SOLUTION


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
    # BEGIN SOLUTION V10: stores to tables
    return shadow_leads(vm, virtual, W)
    # END SOLUTION


# BEGIN SOLUTION V10: the instruction of an exit
def shadow_leads(vm: Vm, virtual: int, right: int) -> int | None:
    """Return the host-physical address that `virtual` leads to; None if not with this right."""
    frame = vm.pager.root(vm.memory) & PPN_MASK
    for level in (2, 1, 0):
        index = virtual >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1
        pte = vmm.words[((frame << PAGE_SHIFT) - RAM_BASE) // PTE_SIZE + index]
        if not pte & V:
            return None
        frame = pte >> 10 & PPN_MASK
    return frame << PAGE_SHIFT | virtual % PAGE_SIZE if pte & right else None


def instruction_at(vm: Vm, pc: int) -> int:
    """Return the 32 bits at `pc`; ask the hardware only where that alone can tell."""
    place = shadow_leads(vm, pc, X)
    if place is None or pc % PAGE_SIZE > PAGE_SIZE - 4:
        return vmm.host.fetch(pc)
    return int.from_bytes(vmm.memory[place - RAM_BASE : place - RAM_BASE + 4], "little")


# END SOLUTION
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
    # BEGIN SOLUTION V8: input
    while (received := vmm.host.receive()) is not None:
        vmid, byte = received
        to = vmm.vms.get(vmid)
        if to is not None and to.lives:
            to.board.uart.feed(bytes([byte]))
            settle(to)
            wake_if_due(to)
    return RETRY
    # END SOLUTION


def host_bug(vm: Vm, exit: Exit) -> Intent:
    """What no guest can cause is not the guest's fault; the others go on (V19)."""
    # BEGIN SOLUTION V19: the host's own bugs
    kind = "interrupt" if exit.interrupt else "exception"
    why = f"cannot go on: its host has met {kind} {exit.cause} at {exit.tval:#x}"
    return kill(vm, why, State.LOST)
    # END SOLUTION


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
    # BEGIN SOLUTION V12: what a device may see
    if not RAM_BASE <= address <= RAM_BASE + PAGE_SIZE * len(vm.frames) - length:
        raise DmaError(f"{length} bytes at {address:#x}, which are not all its RAM")
    found = bytearray()
    for at, count in in_pages(address, length):
        place = host_address(vm, at)
        if place is None:
            found += bytes(count)
        else:
            found += vmm.memory[place - RAM_BASE : place - RAM_BASE + count]
    return bytes(found)
    # END SOLUTION


def serve_disk(vm: Vm, queue: Queue) -> None:
    """Have `disk` answer the requests in a queue (V11, V12).

    It wants the guest's RAM in one piece, which it is not. It works on a copy of the pages that
    the queue can lead to; what it has changed is copied back.
    """
    # BEGIN SOLUTION V11: the copy
    assert vm.disk is not None
    copy = memoryview(bytearray(PAGE_SIZE * len(vm.frames)))
    pages = {page: look(vm, RAM_BASE + page, PAGE_SIZE) for page in reached(vm, queue)}
    for page, held in pages.items():
        copy[page : page + PAGE_SIZE] = held
    disk.serve(vm.files, copy, vm.disk, queue)
    for page, held in pages.items():
        now = copy[page : page + PAGE_SIZE]
        if now == held:
            continue
        if vm.frames[page // PAGE_SIZE] is None:
            carry_out(vm, come_back(vm, RAM_BASE + page))
            if not vm.lives:
                return
        place = host_address(vm, RAM_BASE + page)
        assert place is not None
        vmm.memory[place - RAM_BASE : place - RAM_BASE + PAGE_SIZE] = now
        vm.pager.written(vm.memory, RAM_BASE + page, PAGE_SIZE)
    # END SOLUTION


def reached(vm: Vm, queue: Queue) -> list[int]:
    """Return the pages, by offset in the guest's RAM, that the queue can lead to (V11, V12)."""
    # BEGIN SOLUTION V11: what the queue leads to
    size, end = queue.size, PAGE_SIZE * len(vm.frames)
    ranges = {(queue.descriptors, 16 * size), (queue.driver, 6 + 2 * size)}
    ranges.add((queue.device, 6 + 8 * size))
    with suppress(DmaError):
        [index] = struct.unpack("<H", look(vm, queue.driver + 2, 2))
        for chain in range(min(index - queue.taken & 0xFFFF, size)):
            at = queue.driver + 4 + 2 * ((queue.taken + chain) % size)
            [head] = struct.unpack("<H", look(vm, at, 2))
            with suppress(DmaError):
                ranges.update(buffers(vm, queue.descriptors, size, head, size))
    pages: set[int] = set()
    for address, length in ranges:
        first = max(0, address - RAM_BASE) & ~(PAGE_SIZE - 1)
        pages.update(range(first, min(address - RAM_BASE + length, end), PAGE_SIZE))
    return sorted(pages)
    # END SOLUTION


def buffers(vm: Vm, table: int, size: int, index: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield what a chain of descriptors names. Raise DmaError where it leads out of RAM (V12)."""
    # BEGIN SOLUTION V11: what the queue leads to
    for _ in range(most):
        if index >= size:
            return
        entry = look(vm, table + DESCRIPTOR.size * index, DESCRIPTOR.size)
        address, length, flags, index = DESCRIPTOR.unpack(entry)
        yield address, length
        if flags & INDIRECT:
            table, size, index = address, length // DESCRIPTOR.size, 0
        elif not flags & NEXT:
            return
    # END SOLUTION


def check_quota(vm: Vm, name: str, size: int) -> None:
    """Raise Refused if a VM's own file would become longer than its quota (V12)."""
    # BEGIN SOLUTION V12: the quota
    config = vm.config.disk
    if config is not None and name == config.name and size > config.quota:
        raise image.Refused(image.Reason.FAILED, f"{name}: no space")
    # END SOLUTION


# --- The allocator ---


def unpromised() -> int:
    """Return how many frames are free, and promised to nobody (V14)."""
    # BEGIN SOLUTION V14: the ledger
    owed = sum(
        vm.promised - vm.resident + vm.reserved - len(vm.tables)
        for vm in vmm.vms.values()
        if vm.lives
    )
    return len(vmm.free) - owed
    # END SOLUTION


def disk_left() -> int:
    """Return the bytes for disks that are promised to nobody (V14)."""
    disks = (vm.config.disk for vm in vmm.vms.values() if vm.lives)
    return vmm.resources.disk_bytes - sum(config.quota for config in disks if config)


def tables_for(pages: int) -> int:
    """Return how many frames for shadow tables a VM of so many pages is promised."""
    return 32 + pages // 16


def take_frame() -> int:
    """Return a free frame, full of zeros (V15)."""
    # BEGIN SOLUTION V15: zeros
    frame = vmm.free.pop()
    fill(frame, ZEROS)
    return frame
    # END SOLUTION


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
    # BEGIN SOLUTION V20: back again
    if vm.resident >= vm.promised and shrink(vm, vm.promised - 1, vm.returned) >= vm.promised:
        return kill(vm, f"needs more than the {vm.promised} frames that its balloon leaves it")
    page = address & ~(PAGE_SIZE - 1)
    number = page - RAM_BASE >> PAGE_SHIFT
    frame = take_frame()
    vm.frames[number] = frame
    vm.returned.add(number)
    vm.pager.give_frame(vm.memory, page, frame)
    return RETRY
    # END SOLUTION


def shrink(vm: Vm, most: int, keep: Collection[int] = ()) -> int:
    """Take frames full of zeros until the VM has at most so many; return how many it has (V20).

    Pages in `keep` stay: one instruction needs them, and no two may take turns for ever.
    """
    # BEGIN SOLUTION V20: taking
    count = vm.resident
    for number, frame in enumerate(vm.frames):
        if count <= most:
            break
        if frame is not None and number not in keep and holds_zeros(frame):
            vm.pager.take_frame(vm.memory, RAM_BASE + number * PAGE_SIZE)
            vm.frames[number] = None
            vmm.free.append(frame)
            count -= 1
    return count
    # END SOLUTION


class Backing:
    """What the pager of a VM may ask for; see `vmlab.parts.shadow.Host`."""

    def __init__(self, vm: Vm) -> None:
        self._vm = vm

    def allocate(self) -> int | None:
        """Return a frame for a shadow table, out of the VM's reserve (V14)."""
        vm = self._vm
        # BEGIN SOLUTION V14: tables
        if len(vm.tables) >= vm.reserved:
            return None
        frame = vmm.free.pop()
        vm.tables.add(frame)
        return frame
        # END SOLUTION

    def free(self, frame: int) -> None:
        """Take a shadow table back."""
        # BEGIN SOLUTION V14: tables
        self._vm.tables.remove(frame)
        vmm.free.append(frame)
        # END SOLUTION

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
    # BEGIN SOLUTION V13: admission
    if config.vmid == 0 or config.vmid in vmm.vms:
        return f"has vmid {config.vmid}, which is not free"
    if not 1 <= config.share <= SHARE_MOST:
        return f"has a share of {config.share}, not 1 to {SHARE_MOST}"
    if not 1 <= config.pages <= PAGES_MOST:
        return f"has {config.pages} pages of RAM, not 1 to {PAGES_MOST}"
    if not config.segments:
        return "has no kernel"
    end, last = RAM_BASE + PAGE_SIZE * config.pages, RAM_BASE
    for segment in sorted(config.segments, key=lambda segment: segment.address):
        stop = segment.address + len(segment.contents)
        if not RAM_BASE <= segment.address <= stop <= end:
            return f"has a segment at {segment.address:#x}..{stop:#x}, which is not all in its RAM"
        if segment.address < last:
            return f"has segments that overlap at {segment.address:#x}"
        last = stop
    ranges = [(each.address, each.address + len(each.contents)) for each in config.segments]
    if config.entry % 2 or not any(low <= config.entry < high for low, high in ranges):
        return f"begins at {config.entry:#x}, where it has no code"
    needed = config.pages + tables_for(config.pages)
    if needed > unpromised():
        return f"needs {needed} frames, and {unpromised()} are left"
    if config.disk is not None and config.disk.quota > disk_left():
        return f"needs {config.disk.quota} bytes for its disk, and {disk_left()} are left"
    return None
    # END SOLUTION


def create(host: Host, store: Store, config: VmConfig) -> None:
    """Make a VM that can run (V13, V14)."""
    vmm.host, vmm.store = host, store
    # BEGIN SOLUTION V13: refusal
    wrong = problem(config)
    if wrong is not None:
        raise VmRefused(f"VM {config.name} {wrong}.")
    # END SOLUTION
    vm = Vm(config, [], config.pages, tables_for(config.pages))
    drive = open_disk(vm)
    vm.board = VirtualBoard(vm.hart, partial(host_line, config.vmid), drive, partial(look, vm))
    # BEGIN SOLUTION V15: memory
    vm.frames += [take_frame() for _ in range(config.pages)]
    for segment in config.segments:
        done = 0
        for address, length in in_pages(segment.address, len(segment.contents)):
            place = host_address(vm, address)
            assert place is not None
            at = place - RAM_BASE
            vmm.memory[at : at + length] = segment.contents[done : done + length]
            done += length
    # END SOLUTION
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
    # BEGIN SOLUTION V11: the disk
    try:
        size = vmm.store.size(config.name)
        if size is not None and size > config.quota:
            raise image.Refused(image.Reason.FAILED, f"{config.name} is larger than its quota")
        vm.disk = disk.attach(vm.files, config.name, config.format, config.read_only)
        sectors = disk.size(vm.files, vm.disk) // SECTOR
    except image.Refused as refused:
        raise VmRefused(vm.says(f"cannot have disk {config.name}: {refused.message}.")) from None
    return ServedDisk(sectors, config.read_only, partial(serve_disk, vm))
    # END SOLUTION


def end(vm: Vm, status: Status) -> None:
    """End a VM: all that it had is free again (V14, V19)."""
    # BEGIN SOLUTION V14: everything back
    vm.status = status
    vm.pager.stop(vm.memory)
    vmm.free += [frame for frame in vm.frames if frame is not None]
    vm.frames = [None] * len(vm.frames)
    if vm.disk is not None:
        with suppress(image.Refused):
            disk.detach(vm.files, vm.disk)
    # END SOLUTION


def find(vmid: int) -> Vm:
    """Return a VM. Raise VmRefused if there is none."""
    if vmid not in vmm.vms:
        raise VmRefused(f"There is no VM with vmid {vmid}.")
    return vmm.vms[vmid]


def destroy(host: Host, store: Store, vmid: int) -> None:
    """End a VM and forget it (V14)."""
    vmm.host, vmm.store = host, store
    vm = find(vmid)
    # BEGIN SOLUTION V14: destroy
    if vm.lives:
        end(vm, Status(State.OFF))
    del vmm.vms[vmid]
    # END SOLUTION


def balloon(host: Host, vmid: int, pages: int) -> int:
    """Let a VM have so many frames at most, or as few more as can be (V20)."""
    vmm.host = host
    vm = find(vmid)
    # BEGIN SOLUTION V20: the balloon
    if not vm.lives:
        raise VmRefused(vm.says("has ended."))
    wanted = min(pages, len(vm.frames))
    if wanted > vm.promised and wanted - vm.promised > unpromised():
        raise VmRefused(
            vm.says(f"wants {wanted - vm.promised} frames more, and {unpromised()} are left.")
        )
    vm.promised = max(wanted, shrink(vm, wanted))
    return vm.promised
    # END SOLUTION


def status(vmid: int) -> Status:
    """Say what has become of a VM."""
    return find(vmid).status


def ledger() -> Ledger:
    """Say who has what (V14)."""
    # BEGIN SOLUTION V14: the ledger
    accounts = [
        Account(
            vmid,
            vm.promised,
            vm.resident,
            len(vm.tables),
            vm.reserved,
            vm.config.disk.quota if vm.config.disk else 0,
            vm.config.share,
        )
        for vmid, vm in sorted(vmm.vms.items())
        if vm.lives
    ]
    return Ledger(len(vmm.free), disk_left(), accounts)
    # END SOLUTION


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
    # BEGIN SOLUTION V18: shares
    ready = [vm for vm in vmm.vms.values() if vm.status.state is State.RUNNING]
    if not ready:
        return None
    chosen = min(ready, key=lambda vm: vm.service)
    vmm.floor = max(vmm.floor, chosen.service)
    return chosen
    # END SOLUTION


def take_turn(vm: Vm, until: int) -> None:
    """Run a VM until its quantum is used up, whatever its exits, or it cannot go on (V17)."""
    # BEGIN SOLUTION V17: the quantum
    over = min(vmm.now + vmm.resources.quantum, until)
    while vmm.now < over and vm.status.state is State.RUNNING:
        enter(vm, over - vmm.now)
    # END SOLUTION


def enter(vm: Vm, budget: int) -> None:
    """Run a guest until its next exit, at most until its own next timer, and see to it (V6, V7)."""
    # BEGIN SOLUTION V7: no tick is late; V6: native instructions
    for ticks, _ in vm.board.strikes():
        budget = min(budget, ticks)
    before = vm.hart.copy() if vm.followed else None
    if before is not None:
        budget = min(budget, 1)
    satp = vm.pager.root(vm.memory)
    exit = vmm.host.run_guest(vm.config.vmid, vm.hart, budget, satp)
    spent = exit.retired + 1  # as the host counts
    vmm.now += spent
    vm.service += spent * FINE // vm.config.share
    vm.board.clock.retire(exit.retired)
    if before is not None:
        follow(vm, before, exit)
    dispatch(vm, exit)
    # END SOLUTION


def fall_asleep(vm: Vm) -> None:
    """Let a VM wait for an interrupt, and find out when its own timer will bring it one (V9)."""
    # BEGIN SOLUTION V9: wfi
    vm.board.show_wires()
    if vm.traps.wakes(vm.hart):
        return
    vm.status = Status(State.WAITING)
    vm.slept, vm.due = vmm.now, None
    later = vm.hart.copy()
    for ticks, timer in vm.board.strikes():
        later.mip |= 1 << timer
        if vm.traps.wakes(later):
            vm.due = vmm.now + ticks
            break
    # END SOLUTION


def wake_if_due(vm: Vm) -> None:
    """Let a VM in `wfi` go on if there is an interrupt for it. Its clock went on, too (V6, V9)."""
    if vm.status.state is not State.WAITING:
        return
    # BEGIN SOLUTION V9: waking
    vm.board.show_wires()
    timer = vm.due is not None and vm.due <= vmm.now
    if not timer and not vm.traps.wakes(vm.hart):
        return
    # Its timer has woken it then and not now: it must not see that others ran since.
    woken = vmm.now if vm.due is None else min(vmm.now, vm.due)
    vm.board.clock.skip(woken - vm.slept)
    vm.status = Status(State.RUNNING)
    vm.service = max(vm.service, vmm.floor)  # nothing is saved up by sleeping
    settle(vm)
    # END SOLUTION


def wait(until: int) -> bool:
    """Let the host's clock go on to what comes next; return False if nothing ever will (V9)."""
    # BEGIN SOLUTION V9: idle
    waiting = [vm for vm in vmm.vms.values() if vm.status.state is State.WAITING]
    timers = [vm.due for vm in waiting if vm.due is not None]
    if not waiting or not vmm.host.idle(min([*timers, until]) if timers else None):
        return False
    vmm.now = vmm.host.time()
    input_came(waiting[0], Exit(Irq.MEI, interrupt=True))
    return True
    # END SOLUTION
