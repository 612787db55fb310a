"""A host with one guest and its shadow, at one moment, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from vmlab import sv39
from vmlab.access import Access
from vmlab.bench.shadow_host import FIRST_FRAME, FOREIGN_WORD
from vmlab.hart import Mode
from vmlab.memory import PAGE_SIZE, RAM_BASE
from vmlab.mstatus import MXR, SUM
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, PTE_SIZE, SATP_SV39, A, D, R, U, V, W, X

from .history import History
from .tables import Entry, Tables, walk_all

WORDS = PAGE_SIZE // PTE_SIZE
NO_FRAME = "table without a frame now"
"""Why a guest's table cannot be read, if its frame was taken."""


class Context(NamedTuple):
    """What decides about the meaning of a guest's addresses."""

    mode: Mode = Mode.M
    satp: int = 0
    sum: bool = False
    mxr: bool = False

    @property
    def translates(self) -> bool:
        """Whether the guest's tables are in use."""
        return self.mode != Mode.M and self.satp >> 60 == SATP_SV39

    @property
    def root(self) -> int:
        """Guest-physical address of the root table."""
        return (self.satp & PPN_MASK) << PAGE_SHIFT

    @property
    def asid(self) -> int:
        """The address space that translations are remembered under."""
        return self.satp >> 44 & 0xFFFF

    def refuses(self, pte: int, access: Access) -> str:
        """Say why a guest's leaf forbids this mode an access, A and D aside; empty if it does not.

        The machine's own walker judges, from a table whose every entry is that leaf.
        """
        leaf = pte & (V | R | W | X | U) | A | D
        status = SUM * self.sum | MXR * self.mxr
        try:
            sv39.walk(lambda address: leaf, 0, 0, access, self.mode, status)
        except sv39.PageFault as fault:
            return str(fault)
        return ""


class View(NamedTuple):
    """A shadow root, and for which guest it was named."""

    context: Context
    root: int


@dataclass
class Scene:
    """All that a picture is drawn from."""

    words: Sequence[int]
    """The host's RAM from `RAM_BASE` on, 8 bytes each."""
    base: int
    """Guest-physical address of the guest's RAM."""
    guest: Sequence[int | None]
    """The frame of each guest page."""
    tables: frozenset[int]
    """The frames that the pager has allocated."""
    free: frozenset[int] = frozenset()
    """The frames that it may still have."""
    lost: frozenset[int] = frozenset()
    """The frames that were the guest's once, and are another VM's now."""
    given: frozenset[int] = frozenset()
    """The frames that another VM had before they were the guest's."""
    context: Context = field(default_factory=Context)
    root: int | None = None
    """The frame in which the real MMU starts; None if there is none."""
    no_root: str = ""
    """Why there is none."""
    remembered: dict[int, tuple[int, frozenset[Access]]] = field(default_factory=dict)
    """What the MMU remembers of this root: page to host-physical page, and for which accesses."""
    history: History = field(default_factory=History)
    views: list[View] = field(default_factory=list)
    """The shadow roots that were named, the latest for each context."""

    def frame_of(self, address: int) -> int | None:
        """Return the frame behind a guest-physical address; None if there is none."""
        number = (address - self.base) // PAGE_SIZE
        return self.guest[number] if 0 <= number < len(self.guest) else None

    def is_ram(self, address: int) -> bool:
        """Tell whether a guest-physical address is in the guest's RAM."""
        return 0 <= address - self.base < len(self.guest) * PAGE_SIZE

    def guest_page(self, frame: int) -> int | None:
        """Return the guest-physical address of the page that a frame holds."""
        number = self._pages.get(frame)
        return None if number is None else self.base + number * PAGE_SIZE

    @cached_property
    def _pages(self) -> dict[int, int]:
        return {frame: number for number, frame in enumerate(self.guest) if frame is not None}

    def owner(self, frame: int) -> str:
        """Say whose a frame is."""
        if frame in self.tables:
            return "a shadow table"
        page = self.guest_page(frame)
        if page is not None:
            return f"this VM's {page:#x}"
        if frame in self.free:
            return "the host's, free"
        if not 0 <= frame - FIRST_FRAME < len(self.words) // WORDS:
            return "no RAM"
        return "another VM's now" if frame in self.lost else "another VM's"

    def is_dirty(self, frame: int) -> bool:
        """Tell whether a frame that was given to the guest holds what another VM left there."""
        return frame in self.given and FOREIGN_WORD in list(self._frame_words(frame))

    def word(self, physical: int) -> int:
        """Return the 8 bytes at a host-physical address."""
        return self.words[physical - RAM_BASE >> 3]

    def guest_tables(self, satp: int) -> Tables:
        """Return everything that the guest's tables say from the root of a `satp`."""
        return walk_all(Context(Mode.S, satp).root, self._guest_table)

    def shadow_tables(self, root: int | None) -> Tables:
        """Return everything that the shadow says from a frame."""
        if root is None:
            return Tables(0, wrong=self.no_root or "no root was named yet")
        return walk_all(root << PAGE_SHIFT, self._shadow_table)

    def _guest_table(self, address: int) -> Sequence[int] | str:
        if not self.is_ram(address):
            return "table outside of RAM: an access fault"
        frame = self.frame_of(address)
        return NO_FRAME if frame is None else self._frame_words(frame)

    def _shadow_table(self, address: int) -> Sequence[int] | str:
        frame = address >> PAGE_SHIFT
        if frame not in self.tables:
            return f"table in frame {frame:#x}: {self.owner(frame)}"
        return self._frame_words(frame)

    def _frame_words(self, frame: int) -> Sequence[int]:
        start = (frame - FIRST_FRAME) * WORDS
        return self.words[start : start + WORDS]


def allowed(entry: Entry) -> frozenset[Access]:
    """Return the accesses that the real MMU, in U-mode with Svade, makes by a shadow's leaf."""
    pte = entry.pte
    if not entry.is_leaf or not pte & U or not pte & A:
        return frozenset()
    rights = {Access.LOAD: R, Access.FETCH: X}
    found = {access for access, bit in rights.items() if pte & bit}
    if pte & W and pte & D:
        found.add(Access.STORE)
    return frozenset(found)
