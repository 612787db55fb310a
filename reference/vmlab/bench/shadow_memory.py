"""A guest's memory, strewn over its host's, and the address spaces that tests build in it."""

from __future__ import annotations

from functools import cache

from vmlab.asm import assemble
from vmlab.bench.shadow_host import Frames
from vmlab.bench.shadow_tables import GuestTables, pte
from vmlab.hart import Mode
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.sv39 import PAGE_SHIFT, PTE_SIZE, A, D
from vmlab.testing import Mismatch

BASE = 0x8000_0000
"""Guest-physical address of the guest's RAM."""
DIRECT = 0x3F_C000_0000
"""Virtual address at which every address space of `space` has all of the guest's RAM, for S-mode
to read and write."""
STUBS = {Mode.S: 0x3F_C020_0000, Mode.U: 0x3F_C020_1000}
"""Where it has the instructions that make the accesses."""
WIDTHS = {1: "b", 2: "h", 4: "w", 8: "d"}


@cache
def stubs() -> tuple[bytes, dict[str, int]]:
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


class GuestMemory:
    """The RAM of one guest.

    It begins as a pattern: each 8 bytes hold their own guest-physical address. `page` and `space`
    give out pages from the front; the bench's own code and tables lie at the end.
    """

    def __init__(self, ram: Ram, pages: int, tables: int) -> None:
        """Deal out the host's RAM: so many pages for the guest, so many for shadow tables."""
        self.pages = pages
        self.frames = Frames(ram, pages, tables)
        self._ram = ram
        self._next, self._end = BASE, BASE + pages * PAGE_SIZE
        self._tables = GuestTables(self.peek, self.poke, self.page)
        self._truth = bytearray(_pattern(BASE, pages))
        """What the guest, its devices and the VMM have written. The RAM is shared with the pager,
        and a pager that could rewrite the guest's tables could have every access come out right."""
        for number in range(pages):
            at = number * PAGE_SIZE
            frame = self.frames.guest[number]
            assert frame is not None
            self.frames.fill(frame, _pattern(BASE, pages)[at : at + PAGE_SIZE])
        self._kernel = 0
        code, places = stubs()
        self.stub = self._last_page()
        """Guest-physical address of the instructions that make the accesses."""
        self.put(self.stub, code)
        self.places = places
        """Where in it each of them stands."""

    def page(self) -> int:
        """Return the guest-physical address of the next page, filled with zeros."""
        page = self._next
        assert page < self._end, "the guest's RAM is full"
        self._next += PAGE_SIZE
        self.put(page, bytes(PAGE_SIZE))
        return page

    def _last_page(self) -> int:
        """As `page`, from the other end: for what the bench itself needs."""
        self._end -= PAGE_SIZE
        self.put(self._end, bytes(PAGE_SIZE))
        return self._end

    def physical(self, address: int) -> int | None:
        """Return the host-physical address of a guest-physical one; None if there is no frame."""
        number, offset = divmod(address - BASE, PAGE_SIZE)
        frame = self.frames.guest[number] if 0 <= number < self.pages else None
        return None if frame is None else frame << PAGE_SHIFT | offset

    def _offset(self, address: int) -> int:
        physical = self.physical(address)
        if physical is None:  # a test knows where memory is: somebody has changed its tables
            raise Mismatch(
                "a look at the guest's tables",
                "as the guest wrote them",
                f"one leads to {address:#x}, where no memory is",
            )
        return physical - self._ram.base

    def peek(self, address: int) -> int:
        """Return 8 bytes at a guest-physical address."""
        return self._ram.read(self._offset(address), 8)

    def poke(self, address: int, value: int) -> None:
        """Write 8 bytes without a word to the pager: before it can have looked at them."""
        self.put(address, value.to_bytes(8, "little"))

    def put(self, address: int, data: bytes) -> None:
        """Write bytes of one page, as `poke` does."""
        offset = self._offset(address)
        self._ram.bytes[offset : offset + len(data)] = data
        self._truth[address - BASE : address - BASE + len(data)] = data

    def wrote_by_itself(self, address: int, length: int) -> None:
        """Note that the guest, or who may, has just written bytes of one page."""
        self._truth[address - BASE : address - BASE + length] = self.read(address, length)

    def check_untouched(self, scenario: str) -> None:
        """Raise Mismatch if a pager has written to the guest's memory, A and D of PTEs aside."""
        for number, frame in enumerate(self.frames.guest):
            if frame is None:
                continue
            start = BASE + number * PAGE_SIZE
            wanted = self._truth[start - BASE : start - BASE + PAGE_SIZE]
            found = self.read(start, PAGE_SIZE)
            if found == wanted:
                continue
            for at in range(0, PAGE_SIZE, PTE_SIZE):
                was, now = (
                    int.from_bytes(page[at : at + PTE_SIZE], "little") for page in (wanted, found)
                )
                if (was ^ now) & ~(A | D):
                    raise Mismatch(
                        scenario,
                        f"what the guest has written at {start + at:#x}: {was:#x}",
                        f"{now:#x}, which the pager has written",
                    )

    def read(self, address: int, length: int) -> bytes:
        """Return bytes of one page."""
        offset = self._offset(address)
        return bytes(self._ram.bytes[offset : offset + length])

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

    def guest_address(self, physical: int) -> int | None:
        """Return the guest-physical address behind a host-physical one; None if another's."""
        frame, offset = divmod(physical, PAGE_SIZE)
        if frame not in self.frames.guest:
            return None
        return BASE + self.frames.guest.index(frame) * PAGE_SIZE + offset
