"""The bench of a `shadow` part: a host with a pager, and a guest whose every access is real.

What a test learns, the hardware tells: loads, stores and fetches are executed in real U-mode, from
the root that the pager names; memory and shadow tables are read in RAM.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from vmlab.access import Access
from vmlab.asm import assemble
from vmlab.bench import describe, emulated, shadow_system
from vmlab.bench.shadow_access import MOST_ANSWERS, Outcome
from vmlab.bench.shadow_host import FIRST_FRAME, Frames, Host
from vmlab.bench.shadow_tables import GuestTables, ShadowLeaf, leaves, letters, pte, satp
from vmlab.bench.state import as_mode
from vmlab.clock import Clock
from vmlab.csrs import SATP_MODES
from vmlab.guest import GuestRunner
from vmlab.hart import MASK64, HartState, Mode
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.options import Options
from vmlab.paging import Act, GuestRam
from vmlab.parts.shadow import Part
from vmlab.parts.traps import Part as Traps
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, SATP_SV39
from vmlab.testing import Mismatch
from vmlab.trap import Exc, Exit

SHARED = 2 << 20
"""Bytes of RAM that bench and part share."""
BASE = 0x8000_0000
"""Guest-physical address of the guest's RAM."""
PAGES, TABLES = 64, 128
DIRECT = 0x3F_C000_0000
"""Virtual address at which every address space of `Vm.space` has all of the guest's RAM, for S-mode
to read and write."""
STUBS = {Mode.S: 0x3F_C020_0000, Mode.U: 0x3F_C020_1000}
"""Where it has the instructions that make the accesses."""
VALUE = 0x0123_4567_89AB_CDEF
"""What a store stores if nothing else is said."""
WIDTHS = {1: "b", 2: "h", 4: "w", 8: "d"}
A0, A1, A2 = 10, 11, 12
PAGE_FAULTS = {int(access.page_fault): access for access in Access}
ACCESS_FAULTS = {int(access.access_fault) for access in Access}


@cache
def _stubs() -> tuple[bytes, dict[str, int]]:
    """Return the code that makes accesses, and where in it each instruction stands."""
    names = [f"l{w} a0, (a1)" for w in WIDTHS.values()]
    names += [f"s{w} a2, (a1)" for w in WIDTHS.values()]
    names += [
        "amoadd.d a0, a2, (a1)",
        "lr.d a0, (a1)",
        "sc.d a0, a2, (a1)",
        "amoadd.w a0, a2, (a1)",
    ]
    program = assemble("\n".join(names), name="stubs")
    (_, code), *_ = program.segments
    return code, {name.split()[0]: 4 * number for number, name in enumerate(names)}


@cache
def _pattern(base: int, pages: int) -> bytes:
    """Return guest memory in which every 8 bytes hold their own guest-physical address."""
    return b"".join(at.to_bytes(8, "little") for at in range(base, base + pages * PAGE_SIZE, 8))


class Vm:
    """One guest with its pager, and what can be done to it.

    Guest memory begins as a pattern: each 8 bytes hold their own guest-physical address. `page` and
    `space` give out pages from the front; the bench's own code and tables lie at the end.
    """

    def __init__(self, part: Part, ram: Ram, pages: int, tables: int) -> None:
        self.part = part
        self.pages = pages
        self.frames = Frames(ram, pages, tables)
        self._ram = ram
        options = Options(engine="interpreter", misaligned=True)
        self._runner = GuestRunner(ram, Clock(HartState()), options, None)
        self._runner.fence()
        self.host = Host(self.frames, self._runner, BASE)
        self._next, self._end = BASE, BASE + pages * PAGE_SIZE
        self.mode_now, self.satp_now, self.sum_now, self.mxr_now = Mode.M, 0, False, False
        self.exits = 0
        """Real page faults, but for those of the code that makes the accesses."""
        self.answers: list[Act] = []
        """What the pager answered to them."""
        self._tables = GuestTables(self.peek, self.poke, self.page)
        for number in range(pages):
            at = number * PAGE_SIZE
            frame = self.frames.guest[number]
            assert frame is not None
            self.frames.fill(frame, _pattern(BASE, pages)[at : at + PAGE_SIZE])
        self._kernel = 0
        self.stub = self._last_page()
        code, self._places = _stubs()
        self._put(self.stub, code)
        part.start(ram.bytes, GuestRam(BASE, list(self.frames.guest)))

    # The guest's memory, as its VMM sees it

    def page(self) -> int:
        """Return the guest-physical address of the next page, filled with zeros."""
        page = self._next
        assert page < self._end, "the guest's RAM is full"
        self._next += PAGE_SIZE
        self._put(page, bytes(PAGE_SIZE))
        return page

    def _last_page(self) -> int:
        """As `page`, from the other end: for what the bench itself needs."""
        self._end -= PAGE_SIZE
        self._put(self._end, bytes(PAGE_SIZE))
        return self._end

    def physical(self, address: int) -> int | None:
        """Return the host-physical address of a guest-physical one; None if there is no frame."""
        number, offset = divmod(address - BASE, PAGE_SIZE)
        frame = self.frames.guest[number] if 0 <= number < self.pages else None
        return None if frame is None else frame << PAGE_SHIFT | offset

    def _offset(self, address: int) -> int:
        physical = self.physical(address)
        assert physical is not None, f"no guest memory at {address:#x}"
        return physical - self._ram.base

    def peek(self, address: int) -> int:
        """Return 8 bytes at a guest-physical address."""
        return self._ram.read(self._offset(address), 8)

    def poke(self, address: int, value: int) -> None:
        """Write 8 bytes without a word to the pager: before it can have looked at them."""
        self._ram.write(self._offset(address), 8, value)

    def _put(self, address: int, data: bytes) -> None:
        offset = self._offset(address)
        self._ram.bytes[offset : offset + len(data)] = data

    def _read(self, address: int, length: int) -> bytes:
        offset = self._offset(address)
        return bytes(self._ram.bytes[offset : offset + length])

    # Address spaces

    def space(self) -> int:
        """Return a root in which S-mode has all of RAM at DIRECT, and both modes their stubs."""
        root = self.page()
        at = root + (DIRECT >> 30) * 8
        if not self._kernel:
            self._kernel = self._last_page()
            self.poke(at, pte(self._kernel, "V"))
            tables = GuestTables(self.peek, self.poke, self._last_page)
            for page in range(BASE, BASE + self.pages * PAGE_SIZE, PAGE_SIZE):
                self.poke(tables.entry(root, DIRECT + page - BASE), pte(page, "VRWAD"))
            for mode, bits in ((Mode.S, "VXAD"), (Mode.U, "VXUAD")):
                self.poke(tables.entry(root, STUBS[mode]), pte(self.stub, bits))
        self.poke(at, pte(self._kernel, "V"))
        return root

    def entry(self, root: int, virtual: int, level: int = 0) -> int:
        """Return the guest-physical address of a PTE, with tables on the way to it."""
        return self._tables.entry(root, virtual, level)

    def map(
        self, root: int, virtual: int, address: int, bits: str = "VRWXUAD", level: int = 0
    ) -> int:
        """Map a page in the guest's tables, as they are at the start; return where the PTE is."""
        at = self.entry(root, virtual, level)
        self.poke(at, pte(address, bits))
        return at

    # What the guest does, but for accesses

    def runs(
        self,
        mode: str | Mode,
        root: int | None = None,
        asid: int = 0,
        *,
        sum: bool = False,
        mxr: bool = False,
    ) -> None:
        """Be in a mode, with a root if one is named; tell the pager what has changed."""
        if root is not None:
            self.write_satp(satp(root, asid))
        wanted = as_mode(mode), sum, mxr
        if wanted != (self.mode_now, self.sum_now, self.mxr_now):
            self.mode_now, self.sum_now, self.mxr_now = wanted
            self.part.set_mode(self.host, *wanted)

    def write_satp(self, value: int) -> None:
        """Write `satp`, as the bits say."""
        if value >> 60 in SATP_MODES:
            self.satp_now = value
        self.part.write_satp(self.host, value)

    def fence(self, address: int | None = None, asid: int | None = None) -> None:
        """Execute `sfence.vma`."""
        self.part.fence(self.host, address, asid)

    def edit(self, entry: int, value: int) -> None:
        """Let S-mode store to a PTE, at its direct address, in the root that is in use."""
        before = self.mode_now, self.sum_now, self.mxr_now
        self.runs("S")
        self.store(DIRECT + entry - BASE, value).reaches(entry)
        self.runs(before[0], sum=before[1], mxr=before[2])

    # What happens to its frames

    def take(self, page: int) -> None:
        """Give the frame of a guest page to another VM."""
        self.part.take_frame(self.host, page)
        self.frames.lose((page - BASE) // PAGE_SIZE)

    def give(self, page: int) -> None:
        """Give a page a frame again."""
        frame = self.frames.gain((page - BASE) // PAGE_SIZE)
        self.part.give_frame(self.host, page, frame)

    def stop(self) -> None:
        """End the guest. Raise Mismatch if the pager keeps a frame."""
        self.part.stop(self.host)
        if self.frames.tables:
            kept = ", ".join(f"{frame:#x}" for frame in sorted(self.frames.tables)[:4])
            raise Mismatch(
                "the guest ends",
                "every frame that allocate returned is freed",
                f"{len(self.frames.tables)} are not: {kept}",
            )

    def wrote(self, address: int, value: int) -> None:
        """Write 8 bytes of guest memory as a device does, and tell the pager."""
        self.poke(address, value)
        self.part.written(self.host, address, 8)

    # Accesses

    def load(self, address: int, width: int = 8) -> Outcome:
        """Execute a load."""
        return self._access(Access.LOAD, f"l{WIDTHS[width]}", address, width, 0)

    def store(self, address: int, value: int = VALUE, width: int = 8) -> Outcome:
        """Execute a store."""
        return self._access(Access.STORE, f"s{WIDTHS[width]}", address, width, value)

    def atomic(self, name: str, address: int, value: int = 1) -> Outcome:
        """Execute amoadd.d, amoadd.w, lr.d or sc.d."""
        kind = Access.LOAD if name == "lr.d" else Access.STORE
        return self._access(kind, name, address, 4 if name.endswith("w") else 8, value)

    def fetch(self, address: int) -> Outcome:
        """Jump there, and try to execute what stands there."""
        vcpu = HartState(pc=address)
        return self._attempt(vcpu, Access.FETCH, f"fetch at {address:#x}", address, 1)

    def _access(self, kind: Access, name: str, address: int, width: int, value: int) -> Outcome:
        translated = self.mode_now != Mode.M and self.satp_now >> 60 == SATP_SV39
        stubs = STUBS[self.mode_now] if translated else self.stub
        vcpu = HartState(pc=stubs + self._places[name])
        vcpu.x[A1], vcpu.x[A2] = address, value & MASK64
        return self._attempt(vcpu, kind, f"{name} at {address:#x}", address, width)

    def _attempt(
        self, vcpu: HartState, kind: Access, what: str, address: int, width: int
    ) -> Outcome:
        """Enter the guest until one instruction is done, or its access is refused."""
        pc = vcpu.pc
        outcome = Outcome(self, f"{self.scenario()}: {what}", kind, address, width)
        for _ in range(MOST_ANSWERS + 1):
            exit = self._enter(vcpu, outcome.scenario)
            if not self._is_fault(exit, kind, pc):
                if kind is not Access.FETCH and not exit.interrupt:
                    cause = describe.exception(exit.cause)
                    raise Mismatch(outcome.scenario, "an access that is done", f"{cause} instead")
                outcome.done(vcpu.x[A0], self._runner.translate(address, kind))
                return outcome
            if self._answered(vcpu, outcome, exit):
                return outcome
        raise Mismatch(
            outcome.scenario,
            f"the guest gets further after at most {MOST_ANSWERS} faults",
            f"the same fault again and again: {describe.exception(exit.cause)} at {exit.tval:#x}",
        )

    def _enter(self, vcpu: HartState, scenario: str) -> Exit:
        root = self.root(scenario)
        return self._runner.run(vcpu, 1, satp=SATP_SV39 << 60 | root)

    @staticmethod
    def _is_fault(exit: Exit, kind: Access, pc: int) -> bool:
        """Tell whether the access, or the fetch of the instruction that makes it, was refused."""
        fetched = exit.cause in (Exc.INSTRUCTION_PAGE, Exc.INSTRUCTION_ACCESS)
        if exit.interrupt or (kind is Access.FETCH and not fetched):
            return False
        return exit.cause in PAGE_FAULTS or exit.cause in ACCESS_FAULTS

    def _answered(self, vcpu: HartState, outcome: Outcome, exit: Exit) -> bool:
        """Have the pager answer a real fault; return whether the access is over."""
        cause, address = exit.cause, exit.tval
        if cause not in PAGE_FAULTS:
            raise Mismatch(
                outcome.scenario,
                "a shadow whose tables and leaves lie in RAM",
                f"the real MMU answers with {describe.exception(cause)} at {address:#x}",
            )
        answer = self.part.fault(self.host, cause, address)
        if outcome.kind is Access.FETCH or PAGE_FAULTS[cause] is outcome.kind:
            self.exits += 1
            self.answers.append(answer.act)
        outcome.faults_seen += 1
        if answer.act is Act.RETRY:
            return False
        if answer.act is Act.EMULATE:
            return self._emulate(vcpu, outcome, address, answer.address)
        outcome.refused(answer)
        return True

    def _emulate(self, vcpu: HartState, outcome: Outcome, fault: int, address: int) -> bool:
        """Carry a store out in guest memory; return whether the access is over."""
        store = emulated.store_at(self._runner.fetch(vcpu.pc))
        if outcome.kind is not Access.STORE or store is None:
            raise Mismatch(outcome.scenario, "EMULATE for stores only", "EMULATE")
        places = []
        for virtual, length in emulated.pages(
            emulated.target(vcpu, store), store.instruction.width
        ):
            place: int | None = address
            if not virtual <= fault < virtual + length:
                found = self._runner.translate(virtual, Access.STORE)
                if found is None:
                    answer = self.part.fault(self.host, Exc.STORE_PAGE, virtual)
                    if answer.act is Act.RETRY:
                        self.root(outcome.scenario)
                        found = self._runner.translate(virtual, Access.STORE)
                        if found is None:
                            return False
                    elif answer.act is not Act.EMULATE:
                        outcome.refused(answer)
                        return True
                    place = answer.address
                if found is not None:
                    place = self.guest_address(found)
            else:
                place = address - (fault - virtual)
            if place is None or self.physical(place) is None:
                where = "no RAM of this VM" if place is None else f"{place:#x}"
                raise Mismatch(
                    outcome.scenario, "EMULATE with an address in the guest's RAM", where
                )
            places.append((place, length))
        if emulated.carry_out(vcpu, store, places, self._read, self._put):
            for place, length in places:
                self.part.written(self.host, place, length)
        outcome.was_emulated(vcpu.x[A0], [place for place, _ in places])
        return True

    def guest_address(self, physical: int) -> int | None:
        """Return the guest-physical address behind a host-physical one; None if another's."""
        frame, offset = divmod(physical, PAGE_SIZE)
        if frame not in self.frames.guest:
            return None
        return BASE + self.frames.guest.index(frame) * PAGE_SIZE + offset

    # What the hardware would do

    def root(self, scenario: str = "") -> int:
        """Return the frame that the MMU starts at. Raise Mismatch if it is not the pager's own."""
        value = self.part.root(self.host)
        frame = value & PPN_MASK
        if value >> 60 != SATP_SV39 or frame not in self.frames.tables:
            raise Mismatch(
                scenario or self.scenario(),
                "root returns a satp of mode Sv39, with a frame from allocate",
                f"{value:#x}: {self.frames.owner(frame)}",
            )
        return frame

    def leaves(self) -> dict[int, ShadowLeaf]:
        """Return the leaves of the shadow in use, by the virtual address of the page."""
        return leaves(self.frames, self.root())

    def remembered(self) -> dict[Access, dict[int, int]]:
        """Return what the MMU remembers of the root in use: page to host-physical address."""
        root = SATP_SV39 << 60 | self.root()
        found: dict[Access, dict[int, int]] = {access: {} for access in Access}
        for _, _, _, satp_, *tables in self._runner.state()["tlb"]:
            if satp_ == root:
                for access, pairs in zip(Access, tables, strict=True):
                    found[access].update((page << PAGE_SHIFT, to) for page, to in pairs)
        return found

    def check_isolated(self) -> None:
        """Raise Mismatch unless every leaf leads to this VM, and the others' memory is intact."""
        self.check_leaves()
        self.frames.check_foreign()

    def check_leaves(self) -> dict[int, ShadowLeaf]:
        """Raise Mismatch unless every leaf leads to this VM; return them."""
        found = self.leaves()
        for virtual, leaf in found.items():
            if leaf.frame not in self.frames.guest:
                raise Mismatch(
                    f"{self.scenario()}: a walk of the shadow in use",
                    "every leaf leads to a frame of this VM",
                    f"the leaf {letters(leaf.bits)} at {virtual:#x} leads to frame "
                    f"{leaf.frame:#x}, {self.frames.owner(leaf.frame)}",
                )
        return found

    def scenario(self) -> str:
        """Say what the guest's addresses mean at the moment."""
        text = describe.mode(self.mode_now)
        if self.mode_now == Mode.M or self.satp_now >> 60 == 0:
            return f"{text}, no translation"
        root = (self.satp_now & PPN_MASK) << PAGE_SHIFT
        asid = self.satp_now >> 44 & 0xFFFF
        text += f", root {root:#x}" + (f" ASID {asid}" if asid else "")
        if self.sum_now or self.mxr_now:
            text += f", SUM={int(self.sum_now)}, MXR={int(self.mxr_now)}"
        return text


class Bench:
    """Makes guests with the part as their pager."""

    def __init__(self, part: Part, ram: Ram | None = None) -> None:
        self.part = part
        self._ram = ram or Ram(SHARED)

    def vm(self, pages: int = PAGES, tables: int = TABLES) -> Vm:
        """Start a guest of so many pages, with so many frames for shadow tables."""
        return Vm(self.part, self._ram, pages, tables)

    def boots(
        self, traps: Traps, source: Path, expected: str, exits: int = 2_000
    ) -> shadow_system.ShadowedMachine:
        """Boot a guest under a VMM with the part as pager; see `vmlab.bench.shadow_system`."""
        return shadow_system.boot(self.part, traps, self._ram, source, expected, exits)


__all__ = ["BASE", "DIRECT", "FIRST_FRAME", "SHARED", "STUBS", "VALUE", "Bench", "Vm"]
