"""A second right solution of `shadow_paging`, by another hand: one shadow, and no books about it.

It is here to show that the tests judge what a pager does, not how. So wherever the skeleton
proposes a way, or the handout leaves a choice, this takes another one:

- There is one shadow, whichever root, mode, SUM and MXR the guest is in. It is made of *regions*: 2
  MiB of virtual addresses, with one frame of 512 leaves each.
- A region gets its frame when the guest first faults in it, and is written whole: all that the
  guest's tables grant there, in the view of now. The guest may never ask for it.
- Whenever something has happened after which that may no longer be right (a fence, another root,
  another mode, a frame taken), every region is written anew. So there is no reverse map, a leaf is
  not told from its neighbours, and a fence of one page is a fence of everything.
- No table of the guest's is protected, and no store emulated. What a store to a table changes
  counts from the next such moment, or fault, on.
- What the guest is, and what the shadow is, are two classes; exceptions tell how a walk ended.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from vmlab.access import Access
from vmlab.hart import MASK64, Mode
from vmlab.memory import PAGE_SIZE, RAM_BASE
from vmlab.paging import Act, Answer, GuestRam
from vmlab.parts.shadow import Host
from vmlab.sv39 import (
    PAGE_SHIFT,
    PPN_MASK,
    PTE_SIZE,
    RESERVED,
    SATP_SV39,
    VPN_BITS,
    A,
    D,
    R,
    U,
    V,
    W,
    X,
)

BARE = 0
ENTRIES = 1 << VPN_BITS
OFFSET = PAGE_SIZE - 1
REGION_SHIFT = PAGE_SHIFT + VPN_BITS
UPPER = 1 << 2 * VPN_BITS - 1
"""From this region on bit 38 of the address is set."""
KINDS = {int(access.page_fault): access for access in Access}
NEEDS = {Access.FETCH: X, Access.LOAD: R, Access.STORE: W}


class NotMapped(Exception):
    """The guest's tables do not translate the address."""


class NoFrame(Exception):
    """Behind a guest-physical address there is no memory: DEVICE outside of RAM, ABSENT inside."""

    def __init__(self, act: Act, address: int) -> None:
        self.act = act
        self.address = address


class NoTable(Exception):
    """A table of the guest's would stand where no memory is."""


class OutOfFrames(Exception):
    """The host has no frame left for another shadow table."""


def word(frame: int) -> int:
    """Return where in the host's RAM a frame begins, in units of 8 bytes."""
    return ((frame << PAGE_SHIFT) - RAM_BASE) // PTE_SIZE


def target_of(pte: int) -> int:
    """Return the physical address that a PTE leads to."""
    return (pte >> 10 & PPN_MASK) << PAGE_SHIFT


def span(level: int) -> int:
    """Return how many bytes a leaf of a level maps."""
    return 1 << PAGE_SHIFT + VPN_BITS * level


def is_leaf(pte: int, level: int) -> bool:
    """Tell a leaf from a pointer. Raise NotMapped if the PTE is neither (S3, S8)."""
    if not pte & V or pte & RESERVED or pte & (R | W) == W:
        raise NotMapped
    if not pte & (R | X):
        if pte & (A | D | U) or level == 0:
            raise NotMapped
        return False
    if target_of(pte) & span(level) - 1:
        raise NotMapped  # norm:Sv39_superpage_align_fault
    return True


class Guest:
    """The guest as it is now: its memory, and what decides about its addresses."""

    def __init__(self, words: memoryview[int], ram: GuestRam) -> None:
        """Begin after reset, with the host's RAM in units of 8 bytes."""
        self.words = words
        self.base = ram.base
        self.frames = list(ram.frames)
        self.satp = 0
        self.mode = Mode.M
        self.sum = self.mxr = False

    def frame(self, address: int) -> int:
        """Return the host frame behind a guest-physical address, or raise NoFrame (S1)."""
        page = (address - self.base) // PAGE_SIZE
        if not 0 <= page < len(self.frames):
            raise NoFrame(Act.DEVICE, address)
        frame = self.frames[page]
        if frame is None:
            raise NoFrame(Act.ABSENT, address)
        return frame

    def translates(self) -> bool:
        """Tell whether the guest's addresses are virtual (S1)."""
        return self.mode != Mode.M and self.satp >> 60 != BARE

    def walk(self, virtual: int, last: int = 0) -> tuple[int, int, int]:
        """Walk the guest's tables to a leaf, but no further than the entry of level `last` (S2).

        Return the level, the PTE, and its guest-physical address. Raise NotMapped, NoTable, or
        NoFrame if a table is absent.
        """
        if virtual >> 38 not in (0, 0x3FF_FFFF):  # norm:Sv39_va_signext
            raise NotMapped
        pointer = self.satp << 10  # its PPN, where a PTE has it
        for level in (2, 1, 0):
            index = virtual // span(level) % ENTRIES
            address = target_of(pointer) + index * PTE_SIZE
            pte = self.words[self._table(address) + index]
            if is_leaf(pte, level) or level == last:
                break
            pointer = pte
        return level, pte, address

    def _table(self, address: int) -> int:
        """Return where in the host's RAM the guest's table stands that an address is in (S5)."""
        try:
            return word(self.frame(address))
        except NoFrame as missing:
            if missing.act is Act.ABSENT:
                raise
            raise NoTable from None

    def rights(self, pte: int) -> int:
        """Return which of R, W and X a leaf grants to the guest in its mode of now (S4)."""
        granted = pte & (R | W | X)
        if pte & X and self.mxr:
            granted |= R
        if self.mode == Mode.U:
            return granted if pte & U else 0
        if pte & U:
            return granted & ~X if self.sum else 0
        return granted

    def leaves(self, region: int) -> Iterable[int]:
        """Return the 512 leaves of the shadow for a region, 0 where there is none."""
        virtual = (region << REGION_SHIFT | -(region // UPPER) << 39) & MASK64
        if not self.translates():
            return self._splinters(virtual, R | W | X)
        try:
            level, pte, _ = self.walk(virtual, last=1)
            if is_leaf(pte, level):
                start = target_of(pte) | virtual & span(level) - 1
                return self._splinters(start, self._shadow_rights(pte))
            table = self._table(target_of(pte))
        except (NotMapped, NoTable, NoFrame):
            return [0] * ENTRIES
        return [pte and self._page(pte) for pte in self.words[table : table + ENTRIES]]

    def _splinters(self, start: int, rights: int) -> Iterable[int]:
        """Return 512 leaves for guest memory from an address on (S8)."""
        return [self._leaf(start + n * PAGE_SIZE, rights) for n in range(ENTRIES)]

    def _page(self, pte: int) -> int:
        """Return the shadow's leaf for a PTE of the last level."""
        try:
            is_leaf(pte, 0)
        except NotMapped:
            return 0
        return self._leaf(target_of(pte), self._shadow_rights(pte))

    def _shadow_rights(self, pte: int) -> int:
        """Return what may be done by a leaf without a fault: the first use sets A or D (S6, S7)."""
        if not pte & A:
            return 0
        return self.rights(pte) if pte & D else self.rights(pte) & ~W

    def _leaf(self, target: int, rights: int) -> int:
        """Return the leaf for a guest-physical page; the real hart is in U-mode, and sets no A."""
        page = (target - self.base) // PAGE_SIZE
        frame = self.frames[page] if 0 <= page < len(self.frames) else None
        return frame << 10 | rights | V | U | A | D if frame is not None and rights else 0


class Shadow:
    """The tables that the real MMU walks: a root, tables of pointers, and regions of leaves."""

    def __init__(self, guest: Guest) -> None:
        """Begin with no table at all."""
        self._guest = guest
        self._tables: dict[tuple[int, int], int] = {}
        """Level, and virtual address shifted down to it, of each table, to its frame."""
        self.behind = False
        """Whether the regions must be written anew before the guest runs."""

    def root(self, host: Host) -> int:
        """Return the frame of the root, with everything below as it must be now."""
        if self.behind:
            self.write_all(host)
        try:
            return self._table(host, 2, 0)
        except OutOfFrames:
            self.drop(host)
            return self._table(host, 2, 0)

    def fill(self, host: Host, virtual: int) -> None:
        """Have the region of an address, as it must be now."""
        region = virtual >> REGION_SHIFT & 2 * UPPER - 1
        try:
            self._table(host, 0, region)
        except OutOfFrames:
            self.drop(host)
            self._table(host, 0, region)
        self._write(region)
        host.flush()

    def write_all(self, host: Host) -> None:
        """Write every region anew, and have the MMU forget what they were."""
        for level, region in self._tables:
            if level == 0:
                self._write(region)
        host.flush()
        self.behind = False

    def drop(self, host: Host) -> None:
        """Give back every frame (S15)."""
        host.flush()
        for frame in self._tables.values():
            host.free(frame)
        self._tables.clear()

    def _table(self, host: Host, level: int, number: int) -> int:
        """Return the frame of a table, made if need be, with the pointers to it."""
        if (level, number) not in self._tables:
            above = self._table(host, level + 1, number // ENTRIES) if level < 2 else None
            frame = host.allocate()
            if frame is None:
                raise OutOfFrames
            self._tables[level, number] = frame
            self._put(frame, [0] * ENTRIES)  # another's memory is still in it (S11)
            if above is not None:
                self._guest.words[word(above) + number % ENTRIES] = frame << 10 | V
        return self._tables[level, number]

    def _write(self, region: int) -> None:
        self._put(self._tables[0, region], self._guest.leaves(region))

    def _put(self, frame: int, entries: Iterable[int]) -> None:
        first = word(frame)
        self._guest.words[first : first + ENTRIES] = memoryview(array("Q", entries))


guest: Guest
shadow: Shadow


def start(memory: memoryview, ram: GuestRam) -> None:
    """Begin with a guest whose hart has just been reset."""
    global guest, shadow
    guest = Guest(memory.cast("Q"), ram)
    shadow = Shadow(guest)


def root(host: Host) -> int:
    """Return the real `satp` to enter the guest with: always the same root, if frames last."""
    return SATP_SV39 << 60 | shadow.root(host)


def fault(host: Host, cause: int, address: int) -> Answer:
    """Sort a real page fault, and fill the region if only the shadow had it (S5)."""
    access = KINDS[cause]
    target = address
    try:
        if guest.translates():
            level, pte, entry = guest.walk(address)
            if not guest.rights(pte) & NEEDS[access]:
                raise NotMapped
            marked = pte | (A | D if access is Access.STORE else A)
            if marked != pte and not host.compare_and_set(entry, pte, marked):
                return fault(host, cause, address)  # another hart has changed the entry (S16)
            target = target_of(pte) | address & span(level) - 1
        guest.frame(target)
    except NotMapped:
        return Answer(Act.REFLECT, address, access.page_fault)
    except NoTable:
        return Answer(Act.REFLECT, address, access.access_fault)
    except NoFrame as missing:
        return Answer(missing.act, missing.address)
    shadow.fill(host, address)
    return Answer(Act.RETRY)


def written(host: Host, address: int, length: int) -> None:
    """Hear that the VMM has written guest memory; if it was a table, the guest will fence (S12)."""


def write_satp(host: Host, value: int) -> None:
    """Hear that the guest writes `satp` (S9)."""
    if value >> 60 in (BARE, SATP_SV39):
        guest.satp = value
        shadow.behind = True


def set_mode(host: Host, mode: Mode, sum: bool, mxr: bool) -> None:
    """Hear that the guest's mode, SUM or MXR has changed (S4)."""
    guest.mode, guest.sum, guest.mxr = mode, sum, mxr
    shadow.behind = True


def fence(host: Host, address: int | None, asid: int | None) -> None:
    """Hear that the guest executes `sfence.vma`; its scope is taken to be everything (S10)."""
    shadow.behind = True


def take_frame(host: Host, page: int) -> None:
    """Let go of the frame of a guest page, before this returns (S14)."""
    guest.frames[(page - guest.base) // PAGE_SIZE] = None
    shadow.write_all(host)


def give_frame(host: Host, page: int, frame: int) -> None:
    """Take over a frame for a guest page that has none; another VM's memory is in it (S14)."""
    guest.frames[(page - guest.base) // PAGE_SIZE] = frame
    first = word(frame)
    guest.words[first : first + ENTRIES] = memoryview(array("Q", [0] * ENTRIES))


def stop(host: Host) -> None:
    """End: give back every frame that was allocated (S15)."""
    shadow.drop(host)
