"""Shadow page tables: what the real MMU walks, in place of the tables that a guest wrote.

The guest's tables lead from guest-virtual to guest-physical addresses, a map of the VMM from there
to host frames. The shadow is both in one step. It holds what the guest has used, is filled at
faults, and follows the guest's tables: those are write-protected, so that each change to one is
told to `written`. S2 is a clause of the handout, norm:satp_mode_bare a rule of the manual.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from vmlab.access import Access
from vmlab.hart import Mode
from vmlab.memory import PAGE_SIZE, RAM_BASE
from vmlab.paging import Act, Answer, GuestRam
from vmlab.parts.shadow import Host
from vmlab.sv39 import (
    LEVELS,
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
FLOOD = 16
"""So many stores to a protected page, and no new use of it as a table: it is taken for data."""
ACCESSES = {int(access.page_fault): access for access in Access}
RETRY = Answer(Act.RETRY)


class View(NamedTuple):
    """All that decides what an address means to the guest; there is one shadow for each."""

    satp: int
    user: bool
    sum: bool
    mxr: bool


class Place(NamedTuple):
    """One leaf of one shadow."""

    view: View
    page: int  # virtual address of the page


class Leaf(NamedTuple):
    """What is kept of a shadow leaf."""

    entry: int  # host-physical address of the shadow's PTE
    target: int  # guest-physical address of the page that it leads to
    ptes: tuple[int, ...]  # guest-physical addresses of the guest's PTEs that it was made from


@dataclass(eq=False)
class Shadow:
    """One set of shadow tables, as numbers of host frames."""

    root: int
    tables: list[int]


@dataclass(eq=False)
class Pager:
    """All that is known of the guest."""

    words: memoryview[int]  # the host's RAM, 8 bytes each
    base: int
    frames: list[int | None]
    satp: int = 0
    mode: Mode = Mode.M
    sum: bool = False
    mxr: bool = False
    shadows: dict[View, Shadow] = field(default_factory=dict)
    leaves: dict[Place, Leaf] = field(default_factory=dict)
    mapped: dict[int, set[Place]] = field(default_factory=lambda: defaultdict(set))
    """The reverse map: guest-physical page to every leaf that leads there."""
    made_from: dict[int, set[Place]] = field(default_factory=lambda: defaultdict(set))
    """Guest-physical address of a PTE to every leaf that was made from it."""
    tables: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Guest-physical page to how often a leaf was made from a PTE in it; protected unless 0."""
    stores: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Guest-physical page to the number of emulated stores since it was last used as a table."""
    owed: bool = False
    """Whether the MMU may remember a leaf that is gone."""


class Refused(Exception):
    """The walk ended without a translation; `answer` is what to do."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class NoFrames(Exception):
    """The host has no frame left for another shadow table."""


pager: Pager


# --- The map of the VMM: from guest-physical to host-physical ---


def frame_of(address: int) -> int:
    """Return the host frame behind a guest-physical address (S1).

    Raise Refused if there is none: with DEVICE outside the guest's RAM, ABSENT inside.
    """
    # BEGIN SOLUTION S1: the map
    number = address - pager.base >> PAGE_SHIFT
    if not 0 <= number < len(pager.frames):
        raise Refused(Answer(Act.DEVICE, address))
    frame = pager.frames[number]
    if frame is None:
        raise Refused(Answer(Act.ABSENT, address))
    return frame
    # END SOLUTION


def word_index(address: int) -> int:
    """Return where in `pager.words` the 8 bytes at a host-physical address stand."""
    return (address - RAM_BASE) // PTE_SIZE


def zero(frame: int) -> None:
    """Fill a host frame with zeros."""
    first = word_index(frame << PAGE_SHIFT)
    pager.words[first : first + PAGE_SIZE // PTE_SIZE] = _ZEROS


_ZEROS = memoryview(bytes(PAGE_SIZE)).cast("Q")


# --- The guest's tables: from guest-virtual to guest-physical ---


class Walk(NamedTuple):
    """Where a walk of the guest's tables ended."""

    address: int  # guest-physical
    pte: int  # the leaf, before A and D were set
    ptes: tuple[int, ...]  # guest-physical addresses of the PTEs that were read, the leaf last


def read_pte(address: int, access: Access, virtual: int) -> int:
    """Return the guest's PTE at a guest-physical address, for an access at `virtual` (S5)."""
    # BEGIN SOLUTION S5: tables outside RAM
    try:
        frame = frame_of(address)
    except Refused as refused:
        if refused.answer.act is Act.DEVICE:
            # Step 2 of the algorithm: an access fault "of the original access type".
            raise Refused(Answer(Act.REFLECT, virtual, access.access_fault)) from None
        raise
    return pager.words[word_index(frame << PAGE_SHIFT | address % PAGE_SIZE)]
    # END SOLUTION


def walk(virtual: int, access: Access) -> Walk:
    """Translate by the guest's tables, or raise Refused (S2, S3, S7)."""
    fault = Refused(Answer(Act.REFLECT, virtual, access.page_fault))
    # BEGIN SOLUTION S2: the walk
    if virtual >> 38 not in (0, 0x3FF_FFFF):  # norm:Sv39_va_signext
        raise fault
    table = (pager.satp & PPN_MASK) << PAGE_SHIFT
    ptes = []
    for level in reversed(range(LEVELS)):
        shift = PAGE_SHIFT + VPN_BITS * level
        address = table + (virtual >> shift & (1 << VPN_BITS) - 1) * PTE_SIZE
        pte = read_pte(address, access, virtual)
        ptes.append(address)
        if not pte & V or pte & (R | W) == W or pte & RESERVED:
            raise fault
        start = (pte >> 10 & PPN_MASK) << PAGE_SHIFT
        if pte & (R | X):
            offset = (1 << shift) - 1
            if start & offset:  # a misaligned superpage
                raise fault
            return Walk(start | virtual & offset, pte, tuple(ptes))
        if pte & (A | D | U):  # norm:pte_rsv of pointers
            raise fault
        table = start
    raise fault
    # END SOLUTION


def view_now() -> View:
    """Return what decides about the guest's addresses as it is now (S1, S4)."""
    # BEGIN SOLUTION S1: the view
    if pager.mode == Mode.M or pager.satp >> 60 == BARE:
        return View(0, False, False, False)
    user = pager.mode == Mode.U
    return View(pager.satp, user, pager.sum and not user, pager.mxr)
    # END SOLUTION


def allows(view: View, pte: int, access: Access) -> bool:
    """Tell whether the guest's leaf lets the guest make an access in a view, A and D aside (S4)."""
    # BEGIN SOLUTION S4: rights
    if view.user and not pte & U:
        return False
    # Whatever SUM says, S-mode executes no user page.
    if not view.user and pte & U and (access is Access.FETCH or not view.sum):
        return False
    readable = R | X if view.mxr else R
    rights = {Access.FETCH: X, Access.LOAD: readable, Access.STORE: W}
    return bool(pte & rights[access])
    # END SOLUTION


def mark(host: Host, found: Walk, access: Access) -> int | None:
    """Set A, and for a store D, in the guest's leaf; return it as it is now (S6).

    None if the guest changed it meanwhile.
    """
    # BEGIN SOLUTION S6: accessed and dirty
    marked = found.pte | (A | D if access is Access.STORE else A)
    if marked != found.pte and not host.compare_and_set(found.ptes[-1], found.pte, marked):
        return None
    return marked
    # END SOLUTION


# --- The shadow: from guest-virtual to host-physical ---


def new_table(host: Host) -> int:
    """Return an empty host frame. Raise NoFrames."""
    frame = host.allocate()
    if frame is None:
        raise NoFrames
    # BEGIN SOLUTION S11: a frame of one's own
    zero(frame)
    # END SOLUTION
    return frame


def shadow_of(host: Host, view: View) -> Shadow:
    """Return the shadow of a view, a new one if there is none (S9)."""
    if view not in pager.shadows:
        root = new_table(host)
        pager.shadows[view] = Shadow(root, [root])
    return pager.shadows[view]


def entry_for(host: Host, shadow: Shadow, virtual: int) -> int:
    """Return the host-physical address of the shadow's leaf PTE, with tables on the way (S2)."""
    # BEGIN SOLUTION S2: the shadow's own tables
    table = shadow.root
    for level in (2, 1):
        index = virtual >> PAGE_SHIFT + VPN_BITS * level & (1 << VPN_BITS) - 1
        at = word_index((table << PAGE_SHIFT) + index * PTE_SIZE)
        if not pager.words[at] & V:
            frame = new_table(host)
            shadow.tables.append(frame)
            pager.words[at] = frame << 10 | V
        table = pager.words[at] >> 10
    return (table << PAGE_SHIFT) + (virtual >> PAGE_SHIFT & (1 << VPN_BITS) - 1) * PTE_SIZE
    # END SOLUTION


def install(host: Host, view: View, virtual: int, found: Walk, pte: int) -> None:
    """Make the shadow's leaf for the page at `virtual`, with as many rights as it may have."""
    page = virtual & ~(PAGE_SIZE - 1)
    entry = entry_for(host, shadow_of(host, view), page)
    place = Place(view, page)
    drop(place)
    target = found.address & ~(PAGE_SIZE - 1)
    pager.leaves[place] = Leaf(entry, target, found.ptes)
    remember(host, place, pager.leaves[place])
    pager.words[word_index(entry)] = leaf_pte(view, target, pte)


# BEGIN SOLUTION S2: leaves ahead
AHEAD = 16
"""Pages that a fault makes leaves for without translation, as many as Linux's `fault_around`."""


def install_ahead(host: Host, view: View, address: int) -> None:
    """Make leaves for the pages behind `address`, too: nothing is learned from faults on them."""
    first = address & ~(PAGE_SIZE - 1)
    table = first >> PAGE_SHIFT + VPN_BITS
    for page in range(first + PAGE_SIZE, first + AHEAD * PAGE_SIZE, PAGE_SIZE):
        if page >> PAGE_SHIFT + VPN_BITS != table or Place(view, page) in pager.leaves:
            return
        try:
            frame_of(page)
            install(host, view, page, Walk(page, 0, ()), R | W | X | D)
        except Refused:
            return


# END SOLUTION
def leaf_pte(view: View, target: int, pte: int) -> int:
    """Return the shadow's leaf for a guest-physical page and a guest's leaf PTE (S4, S7, S12).

    The guest really runs in U-mode, on a hart that faults where A or D is 0.
    """
    shadow = frame_of(target) << 10 | V | U | A | D
    # BEGIN SOLUTION S7: rights of a leaf
    if allows(view, pte, Access.LOAD):
        shadow |= R
    if allows(view, pte, Access.FETCH):
        shadow |= X
    # Not before the guest's D is set, or the first store would not be noticed.
    if allows(view, pte, Access.STORE) and pte & D and not is_protected(target):
        shadow |= W
    return shadow
    # END SOLUTION


def remember(host: Host, place: Place, leaf: Leaf) -> None:
    """Note where a leaf leads and what it was made from, which is protected now (S12, S14)."""
    # BEGIN SOLUTION S14: the reverse map
    pager.mapped[leaf.target].add(place)
    for address in leaf.ptes:
        page = address & ~(PAGE_SIZE - 1)
        pager.made_from[address].add(place)
        pager.tables[page] += 1
        pager.stores[page] = 0
        if pager.tables[page] == 1:
            protect(host, page)
    # END SOLUTION


def drop(place: Place) -> None:
    """Take a leaf out of its shadow, if it is there; the MMU may still remember it."""
    leaf = pager.leaves.pop(place, None)
    if leaf is None:
        return
    # BEGIN SOLUTION S6: forgetting a leaf
    pager.words[word_index(leaf.entry)] = 0
    pager.owed = True
    pager.mapped[leaf.target].discard(place)
    for address in leaf.ptes:
        pager.made_from[address].discard(place)
        pager.tables[address & ~(PAGE_SIZE - 1)] -= 1
    # END SOLUTION


def drop_made_from(address: int, length: int) -> None:
    """Drop every leaf that was made from a PTE in a guest-physical range (S12)."""
    # BEGIN SOLUTION S12: what a change means
    for pte in range(address & ~(PTE_SIZE - 1), address + length, PTE_SIZE):
        for place in list(pager.made_from.get(pte, ())):
            drop(place)
    # END SOLUTION


def drop_everything(host: Host) -> None:
    """Give back all tables of all shadows, and start over with none (S15)."""
    # BEGIN SOLUTION S15: starting over
    for shadow in pager.shadows.values():
        for frame in shadow.tables:
            host.free(frame)
    for kept in (pager.shadows, pager.leaves, pager.mapped, pager.made_from, pager.tables):
        kept.clear()
    pager.owed = True
    settle(host)
    # END SOLUTION


def settle(host: Host) -> None:
    """Have the MMU forget what is gone from the shadows."""
    if pager.owed:
        host.flush()
    pager.owed = False


# --- Write protection of the guest's tables ---


def is_protected(page: int) -> bool:
    """Tell whether a guest-physical page holds PTEs that leaves were made from (S12)."""
    # BEGIN SOLUTION S12: protected pages
    return pager.tables.get(page, 0) > 0
    # END SOLUTION


def protect(host: Host, page: int) -> None:
    """Take W from every leaf that leads to a guest-physical page (S12)."""
    # BEGIN SOLUTION S12: protecting
    for place in pager.mapped.get(page, ()):
        at = word_index(pager.leaves[place].entry)
        if pager.words[at] & W:
            pager.words[at] &= ~W
            pager.owed = True
    settle(host)
    # END SOLUTION


# --- What the VMM calls ---


def start(memory: memoryview, guest: GuestRam) -> None:
    """Begin with a guest whose hart has just been reset."""
    global pager
    pager = Pager(memory.cast("Q"), guest.base, list(guest.frames))


def root(host: Host) -> int:
    """Return the real `satp` to enter the guest with as it is now."""
    try:
        shadow = shadow_of(host, view_now())
    except NoFrames:
        drop_everything(host)
        shadow = shadow_of(host, view_now())
    return SATP_SV39 << 60 | shadow.root


def fault(host: Host, cause: int, address: int) -> Answer:
    """Sort a real page fault: the guest's own, or one that only the shadow has (S5)."""
    access = ACCESSES[cause]
    view = view_now()
    # BEGIN SOLUTION S5: faults sorted
    try:
        if view.satp == BARE:
            found, pte = Walk(address, 0, ()), R | W | X | D
        else:
            found = walk(address, access)
            if not allows(view, found.pte, access):
                return Answer(Act.REFLECT, address, access.page_fault)
            marked = mark(host, found, access)
            if marked is None:
                return RETRY  # and walk again
            pte = marked
        frame_of(found.address)
        install(host, view, address, found, pte)
        if view.satp == BARE:
            install_ahead(host, view, address)
    except Refused as refused:
        return refused.answer
    except NoFrames:
        drop_everything(host)
        return RETRY
    if access is Access.STORE and is_protected(found.address & ~(PAGE_SIZE - 1)):
        return Answer(Act.EMULATE, found.address)
    return RETRY
    # END SOLUTION


def written(host: Host, address: int, length: int) -> None:
    """Hear that the VMM has written guest memory (S12)."""
    # BEGIN SOLUTION S12: guest tables written
    drop_made_from(address, length)
    page = address & ~(PAGE_SIZE - 1)
    if is_protected(page):
        pager.stores[page] += 1
        if pager.stores[page] > FLOOD:
            drop_made_from(page, PAGE_SIZE)
    # The MMU may remember what was dropped, until the guest fences: as a real one would.
    # END SOLUTION


def write_satp(host: Host, value: int) -> None:
    """Hear that the guest writes `satp` (S9)."""
    # BEGIN SOLUTION S9: satp
    if value >> 60 in (BARE, SATP_SV39):  # norm:satp_mode_op_unsupported: else no effect at all
        pager.satp = value
    # END SOLUTION


def set_mode(host: Host, mode: Mode, sum: bool, mxr: bool) -> None:
    """Hear that the guest's mode, SUM or MXR has changed (S4)."""
    pager.mode, pager.sum, pager.mxr = mode, sum, mxr


def fence(host: Host, address: int | None, asid: int | None) -> None:
    """Hear that the guest executes `sfence.vma` (S10).

    The shadows follow the guest's tables, whichever way these change. So only the MMU is behind.
    """
    # BEGIN SOLUTION S10: fences
    settle(host)
    # END SOLUTION


def take_frame(host: Host, page: int) -> None:
    """Let go of the frame of a guest page (S14)."""
    # BEGIN SOLUTION S14: taking
    for place in list(pager.mapped.get(page, ())):
        drop(place)
    drop_made_from(page, PAGE_SIZE)
    pager.frames[page - pager.base >> PAGE_SHIFT] = None
    settle(host)
    # END SOLUTION


def give_frame(host: Host, page: int, frame: int) -> None:
    """Take over a frame for a guest page that has none (S14)."""
    # BEGIN SOLUTION S14: giving
    zero(frame)
    pager.frames[page - pager.base >> PAGE_SHIFT] = frame
    # END SOLUTION


def stop(host: Host) -> None:
    """End: give back every frame that was allocated (S15)."""
    # BEGIN SOLUTION S15: teardown
    drop_everything(host)
    # END SOLUTION
