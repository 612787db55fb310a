"""The interpreter: the definition of what an instruction does, which other engines must match.

`step` executes one instruction by the book. `run` is faster: it keeps, for each address, a small
function made from the decoded instruction (see `vmlab.operations`), which either does all of the
instruction, or raises KeyError having done nothing; then `step` takes over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from .access import Access, TrapRaised
from .bus import Bus, BusError
from .clock import Clock
from .hart import MASK64, HartState
from .isa import Decoded, Kind, decode
from .lookaside import PAGE_MASK
from .mmu import Mmu
from .operations import Surroundings, operation
from .options import Options
from .privileged import Deprivileged, Privileged
from .trace import Executed, Trace
from .trap import ECALLS, Exc, IllegalInstruction, Trap

CODE_LIMIT = 1 << 18
"""Functions that are kept for one context; when it has more, all are made anew."""


class Interpreter:
    """Executes instructions of one hart. It takes no trap itself: it raises TrapRaised."""

    def __init__(
        self,
        hart: HartState,
        mmu: Mmu,
        bus: Bus,
        clock: Clock,
        privileged: Privileged,
        trace: Trace | None = None,
        options: Options | None = None,
    ) -> None:
        self._hart = hart
        self._x = hart.x
        self._mmu = mmu
        self._bus = bus
        self._clock = clock
        self._privileged = privileged
        self._trace = trace if trace and trace.instructions else None
        self._misaligned = options is not None and options.misaligned
        self.alert = False
        """Set by whoever wants `run` to return after the instruction at hand."""
        self.reservation: tuple[int, int] | None = None
        """Offset in RAM and width of the last LR, until an SC or a trap."""
        self._decoded: dict[int, tuple[int, set[int]]] = {}
        """For each 8 bytes of RAM that instructions were decoded from, by number: what they held,
        and the virtual addresses of the functions made from them. An instruction that straddles
        two of them is in both."""
        self._execute: dict[Kind, Callable[[Decoded], int]] = {
            Kind.COMPUTE: self._compute,
            Kind.BRANCH: self._branch,
            Kind.JUMP: self._jump,
            Kind.LOAD: self._load,
            Kind.STORE: self._store,
            Kind.AMO: self._amo,
            Kind.LR: self._load_reserved,
            Kind.SC: self._store_conditional,
            Kind.FENCE: self._fence,
            Kind.CSR: self._privileged_instruction,
            Kind.SYSTEM: self._system,
        }
        self._deprivileged = isinstance(privileged, Deprivileged)
        """Whether this is a guest: no CSR instruction is executed, and nobody need be asked."""
        if self._deprivileged:
            self._execute[Kind.CSR] = self._refuse

    # Running

    def enter(self) -> None:
        """Notice what was changed in RAM, from outside, since the last `run`."""
        memory = self._bus.ram.unsigned[8]
        changed = [number for number, (held, _) in self._decoded.items() if memory[number] != held]
        for number in changed:
            self._forget(number)

    def written(self, offset: int, length: int) -> None:
        """Notice that `length` bytes of RAM were changed, other than by a kept function."""
        for number in range(offset >> 3, offset + length + 7 >> 3):
            if number in self._decoded:
                self._forget(number)

    def run(self, limit: int) -> None:
        """Retire up to `limit` instructions; fewer if `alert` is set meanwhile.

        Raises:
            TrapRaised: with the hart's pc at the instruction that raised it, and all counted
                that retired before.
        """
        self.alert = False
        if self._trace is not None:
            self._run_by_the_book(limit)
            return
        hart, mmu, clock = self._hart, self._mmu, self._clock
        while limit and not self.alert:
            pc, code = hart.pc, mmu.context.code
            retired = 0
            try:
                for retired in range(limit):  # noqa: B007  (retired is how far it came)
                    pc = code[pc]()
                retired = limit
            except KeyError:
                pass
            hart.pc = pc & MASK64
            clock.retire(retired)
            limit -= retired
            if limit and not self._remember(hart.pc):
                self.step()
                limit -= 1

    def _run_by_the_book(self, limit: int) -> None:
        while limit and not self.alert:
            self.step()
            limit -= 1

    def step(self) -> None:
        """Execute one instruction. Raise TrapRaised, with nothing changed, if it traps."""
        word, _ = self._fetch(self._hart.pc)
        self._perform(word, decode(word))

    def _perform(self, word: int, decoded: Decoded | None) -> None:
        """Execute the instruction that was fetched from the hart's pc; as `step`."""
        hart = self._hart
        if self._trace is not None:
            self._trace.add(Executed(hart.pc, word, hart.mode))
        try:
            if decoded is None:
                raise TrapRaised(Trap(Exc.ILLEGAL_INSTRUCTION))
            hart.pc = self._execute[decoded.instruction.kind](decoded) & MASK64
        except TrapRaised as raised:
            trap = raised.trap
            if trap.address or trap.offset:
                trap = Trap(trap.cause, False, word, trap.address, trap.offset)
            else:
                trap = _without_address(trap.cause, word)
            raised.trap = trap
            raise
        self._clock.retire(1)

    def _fetch(self, pc: int) -> tuple[int, set[int]]:
        """Return the 16 or 32 bits of the instruction at `pc`, and which 8 bytes of RAM hold them.

        Unless they are aligned to 4 bytes, each half is fetched by itself: the second may lie in
        another page (norm:Zca_align16), or be protected otherwise.
        """
        mmu = self._mmu
        if mmu.stops is not None:
            mmu.stops.before_instruction(pc)
        memory = self._bus.ram.unsigned[2]
        page = mmu.context.fetches.get(pc & ~PAGE_MASK)
        whole = not pc & 2  # aligned to 4 bytes, or else:
        if page is None or pc & 1:
            first = self._parcel(pc, 0)
        else:
            first = page | pc & PAGE_MASK
            whole |= pc & PAGE_MASK != PAGE_MASK - 1
        word = memory[first >> 1]
        if word & 3 != 3:
            return word, {first >> 3}
        second = first + 2 if whole else self._parcel(pc, 2)
        return word | memory[second >> 1] << 16, {first >> 3, second >> 3}

    def _parcel(self, pc: int, distance: int) -> int:
        """Return the offset in RAM of the 16 bits at `pc + distance`, part of the one at `pc`."""
        address = pc + distance & MASK64
        if address & 1:  # no jump or return leads here, but the `traps` part could
            raise TrapRaised(Trap(Exc.INSTRUCTION_MISALIGNED, address=pc))
        try:
            offset = self._mmu.ram_offset(address, Access.FETCH, 2)
        except TrapRaised as raised:
            raise TrapRaised(Trap(raised.trap.cause, address=pc, offset=distance)) from None
        if offset is None:  # code cannot lie in a device
            raise TrapRaised(Trap(Exc.INSTRUCTION_ACCESS, address=pc, offset=distance))
        return offset

    # Keeping functions

    def _remember(self, pc: int) -> bool:
        """Keep a function for the instruction at `pc`; tell whether that is new."""
        if pc in self._mmu.context.code:
            return False
        ram = self._bus.ram
        word, numbers = self._fetch(pc)
        decoded = decode(word)
        if decoded is None:
            return False
        if self._mmu.stops is not None and pc in self._mmu.stops.code:
            return False  # as it may be passed now, but not the next time
        context = self._mmu.context
        if len(context.code) >= CODE_LIMIT:
            context.code.clear()
        around = Surroundings(self._x, ram, context, self._decoded)
        context.code[pc] = operation(decoded, pc, around)
        for number in numbers:
            self._decoded.setdefault(number, (ram.unsigned[8][number], set()))[1].add(pc)
        return True

    def _forget(self, number: int) -> None:
        """Drop the functions made from 8 bytes of RAM, which are no longer what they were."""
        _, addresses = self._decoded.pop(number)
        for context in self._mmu.contexts():
            for address in addresses:
                context.code.pop(address, None)

    # One instruction each: return the next pc, or raise TrapRaised before anything is changed

    def _compute(self, decoded: Decoded) -> int:
        self._set_rd(decoded, self._meaning(decoded))
        return self._hart.pc + decoded.length

    def _branch(self, decoded: Decoded) -> int:
        if self._meaning(decoded):
            return self._hart.pc + decoded.imm
        return self._hart.pc + decoded.length

    def _jump(self, decoded: Decoded) -> int:
        target = self._meaning(decoded)
        self._set_rd(decoded, self._hart.pc + decoded.length)
        return target

    def _fence(self, decoded: Decoded) -> int:
        return self._hart.pc + decoded.length

    def _load(self, decoded: Decoded) -> int:
        address = self._x[decoded.rs1] + decoded.imm & MASK64
        width = decoded.instruction.width
        if self._misaligned and address % width:
            value = self._load_bytes(address, width)
            self._set_rd(decoded, _extend(value, width) if decoded.instruction.signed else value)
            return self._hart.pc + decoded.length
        physical = self._translate(address, Access.LOAD, width)
        try:
            value = self._bus.read(physical, width)
        except BusError:
            raise TrapRaised(Trap(Exc.LOAD_ACCESS, address=address)) from None
        self._set_rd(decoded, _extend(value, width) if decoded.instruction.signed else value)
        return self._hart.pc + decoded.length

    def _store(self, decoded: Decoded) -> int:
        address = self._x[decoded.rs1] + decoded.imm & MASK64
        width = decoded.instruction.width
        if self._misaligned and address % width:
            self._store_bytes(address, width, self._x[decoded.rs2])
            return self._hart.pc + decoded.length
        physical = self._translate(address, Access.STORE, width)
        try:
            self._bus.write(physical, width, self._x[decoded.rs2])
        except BusError:
            raise TrapRaised(Trap(Exc.STORE_ACCESS, address=address)) from None
        offset = self._bus.ram.offset(physical, width)
        if offset is not None:
            self.written(offset, width)
        return self._hart.pc + decoded.length

    def _amo(self, decoded: Decoded) -> int:
        width = decoded.instruction.width
        offset = self._atomic(decoded, Access.STORE)
        old = _extend(self._bus.ram.read(offset, width), width)
        self._bus.ram.write(offset, width, self._meaning(decoded, old))
        self.written(offset, width)
        self._set_rd(decoded, old)
        return self._hart.pc + decoded.length

    def _load_reserved(self, decoded: Decoded) -> int:
        width = decoded.instruction.width
        offset = self._atomic(decoded, Access.LOAD)
        self.reservation = (offset, width)
        self._set_rd(decoded, _extend(self._bus.ram.read(offset, width), width))
        return self._hart.pc + decoded.length

    def _store_conditional(self, decoded: Decoded) -> int:
        width = decoded.instruction.width
        offset = self._atomic(decoded, Access.STORE)
        succeeds = self.reservation == (offset, width)
        if succeeds:
            self._bus.ram.write(offset, width, self._x[decoded.rs2])
            self.written(offset, width)
        self.reservation = None  # whether or not it succeeded
        self._set_rd(decoded, int(not succeeds))
        return self._hart.pc + decoded.length

    def _system(self, decoded: Decoded) -> int:
        match decoded.instruction.name:
            case "ecall":
                raise TrapRaised(_ECALL_TRAPS[self._hart.mode])
            case "ebreak":
                raise TrapRaised(Trap(Exc.BREAKPOINT))
            case "fence.i":  # fetches always see what was stored before
                return self._hart.pc + decoded.length
            case _:
                return self._privileged_instruction(decoded)

    def _refuse(self, decoded: Decoded) -> int:
        raise TrapRaised(refused(decoded.word))

    def _privileged_instruction(self, decoded: Decoded) -> int:
        try:
            return self._privileged.execute(decoded)
        except IllegalInstruction:
            raise TrapRaised(Trap(Exc.ILLEGAL_INSTRUCTION)) from None

    # What they share

    def _meaning(self, decoded: Decoded, old: int = 0) -> int:
        """Apply the instruction's meaning to its operands."""
        assert decoded.instruction.meaning is not None
        operands = {
            "rs1": self._x[decoded.rs1],
            "rs2": self._x[decoded.rs2],
            "imm": decoded.imm,
            "pc": self._hart.pc,
            "old": old,
        }
        return decoded.instruction.meaning(*(operands[name] for name in decoded.instruction.needs))

    def _set_rd(self, decoded: Decoded, value: int) -> None:
        if decoded.rd:
            self._x[decoded.rd] = value & MASK64

    def _translate(self, address: int, access: Access, width: int) -> int:
        """Check alignment, then the page tables (pinned: misaligned comes before a page fault)."""
        if address % width:
            raise TrapRaised(Trap(access.misaligned, address=address))
        offset = self._mmu.ram_offset(address, access, width)
        if offset is not None:
            return self._bus.ram.base + offset
        return self._mmu.translate(address, access)

    def _load_bytes(self, address: int, width: int) -> int:
        """Load from any address: each byte by itself."""
        memory = self._bus.ram.bytes
        offsets = self._byte_offsets(address, width, Access.LOAD)
        return int.from_bytes(bytes(memory[offset] for offset in offsets), "little")

    def _store_bytes(self, address: int, width: int, value: int) -> None:
        """Store to any address: each byte by itself, but none if one of them is refused."""
        memory = self._bus.ram.bytes
        for number, offset in enumerate(self._byte_offsets(address, width, Access.STORE)):
            memory[offset] = value >> 8 * number & 0xFF
            self.written(offset, 1)

    def _byte_offsets(self, address: int, width: int, access: Access) -> list[int]:
        """Return the offset in RAM of each byte; devices do not support misaligned accesses."""
        offsets = []
        for distance in range(width):
            cause = access.access_fault
            try:
                offset = self._mmu.ram_offset(address + distance & MASK64, access, 1)
            except TrapRaised as raised:
                offset, cause = None, Exc(raised.trap.cause)
            if offset is None:
                raise TrapRaised(Trap(cause, address=address, offset=distance))
            offsets.append(offset)
        return offsets

    def _atomic(self, decoded: Decoded, access: Access) -> int:
        """Return the offset in RAM that an atomic works on. Devices do not support atomics."""
        address, width = self._x[decoded.rs1], decoded.instruction.width
        offset = self._bus.ram.offset(self._translate(address, access, width), width)
        if offset is None:
            raise TrapRaised(Trap(access.access_fault, address=address))
        return offset


_ECALL_TRAPS = {mode: Trap(cause) for mode, cause in ECALLS.items()}


def refused(word: int) -> Trap:
    """Return the trap of an instruction that may not be executed."""
    return _without_address(Exc.ILLEGAL_INSTRUCTION, word)


@lru_cache(maxsize=1 << 12)
def _without_address(cause: int, word: int) -> Trap:
    """Return the trap of an instruction; the same ones come again and again."""
    return Trap(cause, instruction=word)


def _extend(value: int, width: int) -> int:
    """Sign-extend `width` bytes to an unsigned number of 64 bits."""
    sign = 1 << 8 * width - 1
    return (value ^ sign) - sign & MASK64
