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
    raise NotImplementedError("S1: the map")


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
    raise NotImplementedError("S5: tables outside RAM")


def walk(virtual: int, access: Access) -> Walk:
    """Translate by the guest's tables, or raise Refused (S2, S3, S7)."""
    fault = Refused(Answer(Act.REFLECT, virtual, access.page_fault))
    raise NotImplementedError("S2: the walk")


def view_now() -> View:
    """Return what decides about the guest's addresses as it is now (S1, S4)."""
    raise NotImplementedError("S1: the view")


def allows(view: View, pte: int, access: Access) -> bool:
    """Tell whether the guest's leaf lets the guest make an access in a view, A and D aside (S4)."""
    raise NotImplementedError("S4: rights")


def mark(host: Host, found: Walk, access: Access) -> int | None:
    """Set A, and for a store D, in the guest's leaf; return it as it is now (S6).

    None if the guest changed it meanwhile.
    """
    raise NotImplementedError("S6: accessed and dirty")


# --- The shadow: from guest-virtual to host-physical ---


def new_table(host: Host) -> int:
    """Return an empty host frame. Raise NoFrames."""
    frame = host.allocate()
    if frame is None:
        raise NoFrames
    raise NotImplementedError("S11: a frame of one's own")
    return frame


def shadow_of(host: Host, view: View) -> Shadow:
    """Return the shadow of a view, a new one if there is none (S9)."""
    if view not in pager.shadows:
        root = new_table(host)
        pager.shadows[view] = Shadow(root, [root])
    return pager.shadows[view]


def entry_for(host: Host, shadow: Shadow, virtual: int) -> int:
    """Return the host-physical address of the shadow's leaf PTE, with tables on the way (S2)."""
    raise NotImplementedError("S2: the shadow's own tables")


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


def leaf_pte(view: View, target: int, pte: int) -> int:
    """Return the shadow's leaf for a guest-physical page and a guest's leaf PTE (S4, S7, S12).

    The guest really runs in U-mode, on a hart that faults where A or D is 0.
    """
    shadow = frame_of(target) << 10 | V | U | A | D
    raise NotImplementedError("S7: rights of a leaf")


def remember(host: Host, place: Place, leaf: Leaf) -> None:
    """Note where a leaf leads and what it was made from, which is protected now (S12, S14)."""
    raise NotImplementedError("S14: the reverse map")


def drop(place: Place) -> None:
    """Take a leaf out of its shadow, if it is there; the MMU may still remember it."""
    leaf = pager.leaves.pop(place, None)
    if leaf is None:
        return
    raise NotImplementedError("S6: forgetting a leaf")


def drop_made_from(address: int, length: int) -> None:
    """Drop every leaf that was made from a PTE in a guest-physical range (S12)."""
    raise NotImplementedError("S12: what a change means")


def drop_everything(host: Host) -> None:
    """Give back all tables of all shadows, and start over with none (S15)."""
    raise NotImplementedError("S15: starting over")


def settle(host: Host) -> None:
    """Have the MMU forget what is gone from the shadows."""
    if pager.owed:
        host.flush()
    pager.owed = False


# --- Write protection of the guest's tables ---


def is_protected(page: int) -> bool:
    """Tell whether a guest-physical page holds PTEs that leaves were made from (S12)."""
    raise NotImplementedError("S12: protected pages")


def protect(host: Host, page: int) -> None:
    """Take W from every leaf that leads to a guest-physical page (S12)."""
    raise NotImplementedError("S12: protecting")


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
    raise NotImplementedError("S5: faults sorted")


def written(host: Host, address: int, length: int) -> None:
    """Hear that the VMM has written guest memory (S12)."""
    raise NotImplementedError("S12: guest tables written")


def write_satp(host: Host, value: int) -> None:
    """Hear that the guest writes `satp` (S9)."""
    raise NotImplementedError("S9: satp")


def set_mode(host: Host, mode: Mode, sum: bool, mxr: bool) -> None:
    """Hear that the guest's mode, SUM or MXR has changed (S4)."""
    pager.mode, pager.sum, pager.mxr = mode, sum, mxr


def fence(host: Host, address: int | None, asid: int | None) -> None:
    """Hear that the guest executes `sfence.vma` (S10).

    The shadows follow the guest's tables, whichever way these change. So only the MMU is behind.
    """
    raise NotImplementedError("S10: fences")


def take_frame(host: Host, page: int) -> None:
    """Let go of the frame of a guest page (S14)."""
    raise NotImplementedError("S14: taking")


def give_frame(host: Host, page: int, frame: int) -> None:
    """Take over a frame for a guest page that has none (S14)."""
    raise NotImplementedError("S14: giving")


def stop(host: Host) -> None:
    """End: give back every frame that was allocated (S15)."""
    raise NotImplementedError("S15: teardown")
