"""One guest with its pager: what it does, what becomes of its frames, what the hardware shows."""

from __future__ import annotations

from vmlab.access import Access
from vmlab.bench import describe
from vmlab.bench.shadow_access import Outcome
from vmlab.bench.shadow_attempt import Attempt
from vmlab.bench.shadow_host import Host
from vmlab.bench.shadow_memory import BASE, DIRECT, STUBS, WIDTHS, GuestMemory
from vmlab.bench.shadow_tables import ShadowLeaf, check_leaves, leaves, root_frame, satp
from vmlab.bench.state import as_mode
from vmlab.clock import Clock
from vmlab.csrs import SATP_MODES
from vmlab.guest import GuestRunner
from vmlab.hart import MASK64, HartState, Mode
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.options import Options
from vmlab.paging import Act, GuestRam
from vmlab.parts.shadow import Part
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, SATP_SV39
from vmlab.testing import Mismatch

VALUE = 0x0123_4567_89AB_CDEF
"""What a store stores if nothing else is said."""
A1, A2 = 11, 12


class Vm(GuestMemory):
    """A guest whose every access is real, and its pager, which is told of what it does."""

    def __init__(self, part: Part, ram: Ram, pages: int, tables: int) -> None:
        """Start it with so many pages, and so many frames for shadow tables."""
        super().__init__(ram, pages, tables)
        self.part = part
        options = Options(engine="interpreter", misaligned=True)
        self.runner = GuestRunner(ram, Clock(HartState()), options, None)
        self.runner.fence()
        self.host = Host(self.frames, self.runner, BASE)
        self.mode_now, self.satp_now, self.sum_now, self.mxr_now = Mode.M, 0, False, False
        self.exits = 0
        """Real page faults, but for those of the code that makes the accesses."""
        self.answers: list[Act] = []
        """What the pager answered to them."""
        self._entered = 0
        """The frame that `root` named last, which the hart has."""
        part.start(ram.bytes, GuestRam(BASE, list(self.frames.guest)))

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
        """Give the frame of a guest page to another VM.

        Raise Mismatch if the hart still has a way to it: it may be in the guest meanwhile.
        """
        frame = self.frames.guest[(page - BASE) // PAGE_SIZE]
        self.part.take_frame(self.host, page)
        self.frames.lose((page - BASE) // PAGE_SIZE)
        taken = f"take_frame of {page:#x} has returned"
        if self._entered in self.frames.tables:
            check_leaves(self.frames, self._entered, taken)
        for *_, fetches, loads, stores in self.runner.state()["tlb"]:
            for virtual, physical in (*fetches, *loads, *stores):
                if physical >> PAGE_SHIFT == frame:
                    raise Mismatch(
                        taken,
                        "nothing leads to its frame",
                        f"the MMU remembers it at {virtual << PAGE_SHIFT:#x}",
                    )

    def give(self, page: int) -> None:
        """Give a page a frame again."""
        frame = self.frames.gain((page - BASE) // PAGE_SIZE)
        self.part.give_frame(self.host, page, frame)
        self.wrote_by_itself(page, PAGE_SIZE)  # it is the pager's to clear

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
        return self._access(Access.LOAD, f"l{WIDTHS[width]}", address, 0)

    def store(self, address: int, value: int = VALUE, width: int = 8) -> Outcome:
        """Execute a store."""
        return self._access(Access.STORE, f"s{WIDTHS[width]}", address, value)

    def atomic(self, name: str, address: int, value: int = 1) -> Outcome:
        """Execute amoadd.d, amoadd.w, lr.d or sc.d."""
        kind = Access.LOAD if name == "lr.d" else Access.STORE
        return self._access(kind, name, address, value)

    def fetch(self, address: int) -> Outcome:
        """Jump there, and try to execute what stands there."""
        vcpu = HartState(pc=address)
        scenario = f"{self.scenario()}: fetch at {address:#x}"
        return Attempt(self, vcpu, Outcome(self, scenario, Access.FETCH, address)).run()

    def _access(self, kind: Access, name: str, address: int, value: int) -> Outcome:
        translated = self.mode_now != Mode.M and self.satp_now >> 60 == SATP_SV39
        stubs = STUBS[self.mode_now] if translated else self.stub
        vcpu = HartState(pc=stubs + self.places[name])
        vcpu.x[A1], vcpu.x[A2] = address, value & MASK64
        scenario = f"{self.scenario()}: {name} at {address:#x}"
        return Attempt(self, vcpu, Outcome(self, scenario, kind, address)).run()

    # What the hardware would do

    def root(self, scenario: str = "") -> int:
        """Return the frame that the MMU starts at. Raise Mismatch if it is not the pager's own."""
        value = self.part.root(self.host)
        self._entered = root_frame(self.frames, value, scenario or self.scenario())
        return self._entered

    def leaves(self) -> dict[int, ShadowLeaf]:
        """Return the leaves of the shadow in use, by the virtual address of the page."""
        return leaves(self.frames, self.root())

    def remembered(self) -> dict[Access, dict[int, int]]:
        """Return what the MMU remembers of the root in use: page to host-physical address."""
        root = SATP_SV39 << 60 | self.root()
        found: dict[Access, dict[int, int]] = {access: {} for access in Access}
        for _, _, _, satp_, *tables in self.runner.state()["tlb"]:
            if satp_ == root:
                for access, pairs in zip(Access, tables, strict=True):
                    found[access].update((page << PAGE_SHIFT, to) for page, to in pairs)
        return found

    def check_isolated(self) -> None:
        """Raise Mismatch unless every leaf leads to this VM, and the others' memory is intact."""
        self.check_leaves()
        self.frames.check_foreign()

    def check_leaves(self) -> dict[int, ShadowLeaf]:
        """Raise Mismatch unless every leaf leads to this VM; return them.

        Memory is looked at first: the pager is about to run, and could put it back.
        """
        self.check_untouched(self.scenario())
        return check_leaves(self.frames, self.root(), self.scenario())

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
