"""Pages that hold translated code, and how a change of their contents is noticed.

A page of RAM that instructions were translated from leaves the tables through which engines store
(`Mmu.guarded`). So a store there takes the slow way, which comes to `CodePages.written`; but where
it met no code, its address is remembered, and a store to that is as fast as any other. Changes from
outside, between two runs, are noticed by comparing: `CodePages.check` for the pages in use,
and `installed` for every other one at its next use. The cost depends on the pages that a run
uses, neither on the amount of code nor on the size of RAM.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..clock import Clock
from ..lookaside import PAGE_MASK, Numbers
from ..memory import PAGE_SIZE
from ..mmu import Context, Mmu

if TYPE_CHECKING:
    from .blocks import Block
    from .region import Region

RUN = re.compile(b"\1+")
"""Code in `Frame.code`."""
SOON = 10_000
"""Instructions between two changes of a page, below which it seems to be data as well."""
CHANGES = 16
"""Changes, each soon after the last, after which a page has no more regions for a while."""
PAGES_AT_MOST = 1 << 12
"""Pages that are kept; when there would be more, all are forgotten."""
USED_AT_MOST = 24
"""Pages that are compared at each entry; when more are in use, all are put out of use instead."""


@dataclass(eq=False)
class Frame:
    """A page of RAM that instructions were translated from."""

    offset: int
    """In RAM, in bytes."""
    memory: memoryview
    """The page itself."""
    held: bytearray = field(init=False)
    """What it held."""
    is_held: Callable[[memoryview], bool] = field(init=False)
    """Whether it holds that still: compared without a copy, as == would need one."""
    code: bytearray = field(default_factory=lambda: bytearray(PAGE_SIZE // 8))
    """For each 8 bytes: 1 if instructions were translated from them."""
    spans: list[tuple[int, int]] | None = None
    """Where there is code: begins and ends, in bytes; None if that is to be found out anew."""
    beside: list[Numbers] = field(default_factory=list)
    """What remembers addresses in it at which there was no code."""
    pages: list[CodePage] = field(default_factory=list)
    changes: int = 0
    """How often code in it has changed, each time soon after the last."""
    changed: int = 0
    """How many instructions had retired then."""

    def is_data(self, retired: int) -> bool:
        """Tell whether the page seems to be data as well, for now."""
        return self.changes > CHANGES and retired - self.changed < SOON

    def __post_init__(self) -> None:
        self.hold(self.memory)

    def hold(self, now: bytes | memoryview) -> None:
        """Note what the page holds."""
        self.held = bytearray(now)
        self.is_held = self.held.startswith

    def translated(self, at: int) -> None:
        """Note that an instruction was translated from what is at an offset in the page."""
        number = at >> 3
        if self.code[number]:
            return
        self.code[number] = 1
        self.held[8 * number : 8 * number + 8] = self.memory[8 * number : 8 * number + 8]
        self.spans = None
        for numbers in self.beside:
            numbers.clear()
        self.beside.clear()

    def has_new_code(self, now: bytes) -> bool:
        """Tell whether code is no longer what it was, if this is what the page holds now."""
        if self.spans is None:
            self.spans = [(8 * run.start(), 8 * run.end()) for run in RUN.finditer(self.code)]
        return any(now[start:end] != self.held[start:end] for start, end in self.spans)


@dataclass(eq=False)
class CodePage:
    """What was made of the instructions in a virtual page that lay in a frame, in one context."""

    context: Context
    number: int
    """Virtual page number."""
    frame: Frame
    blocks: dict[int, Block] = field(default_factory=dict)
    """By virtual address."""
    operations: dict[int, Callable[[], int]] = field(default_factory=dict)
    """The functions that blocks are made of, by virtual address."""
    jumps: dict[int, set[int]] = field(default_factory=dict)
    """Where jumps to a register have led, such as those of `switch`, by their address."""
    regions: list[Region] = field(default_factory=list)
    """Those with a part here."""

    @property
    def in_use(self) -> bool:
        """Whether the context's code comes from here; see `CodePages.installed`."""
        return self.context.code.get(~self.number) is self


class CodePages:
    """All pages that one engine translated from.

    `Context.code` is what is in use: units by virtual address; and, by the complement of its number
    (a negative key, so never an address), each virtual page that they come from. `Mmu.forget`
    empties it, and nothing else is lost: pages come back when they are met again.
    """

    def __init__(self, mmu: Mmu, ram: memoryview, clock: Clock) -> None:
        self._mmu = mmu
        self._clock = clock
        self._ram = ram
        self._frames: dict[int, Frame] = {}
        self._pages: dict[tuple[Context, int, int], CodePage] = {}
        mmu.stored_in_guarded = self._stored
        self._used: set[Frame] = set()
        """Those of which anything can be in use, and maybe more."""

    def installed(self, context: Context, pc: int, offset: int) -> CodePage:
        """Return the page of `pc`, whose instruction lies at `offset` in RAM; put it to use."""
        number, start = pc >> 12, offset & ~PAGE_MASK
        page: CodePage | None = context.code.get(~number)
        if page is not None and page.frame.offset == start:
            return page
        frame = self._frames.get(start)
        if frame is None:
            frame = Frame(start, self._ram[start : start + PAGE_SIZE])
            self._frames[start] = frame
        if start not in self._mmu.guarded:
            self._guard(start)
        self._compare(frame)
        self._used.add(frame)
        key = (context, number, start)
        page = self._pages.get(key)
        if page is None:
            if len(self._pages) >= PAGES_AT_MOST:
                self._forget()
            page = self._pages[key] = CodePage(context, number, frame)
            frame.pages.append(page)
        code = context.code
        code[~number] = page
        code.update(page.blocks)
        for region in page.regions:
            region.install()
        return page

    def check(self) -> None:
        """Notice what was changed in RAM, from outside, in the code that is in use."""
        if len(self._used) > USED_AT_MOST:
            for context in self._mmu.contexts():
                context.code.clear()
            self._used.clear()
        for frame in self._used:
            if not frame.is_held(frame.memory):
                self._compare(frame)

    def written(self, offset: int, length: int) -> None:
        """Drop what was made of bytes in RAM that have been written."""
        if offset % 8 + length <= 8:  # as nearly all are, and most miss the code
            frame = self._frames.get(offset & ~PAGE_MASK)
            at = offset & PAGE_MASK & -8
            if frame is None or not frame.code[at // 8]:
                if frame is not None:
                    frame.held[at : at + 8] = frame.memory[at : at + 8]
                return
        for start in range(offset & ~PAGE_MASK, offset + length, PAGE_SIZE):
            frame = self._frames.get(start)
            if frame is not None:
                self._compare(frame)

    def _forget(self) -> None:
        """Begin anew: a guest that maps its code ever anew must not fill the host's memory."""
        self._pages.clear()
        for frame in self._frames.values():
            frame.pages.clear()
        for context in self._mmu.contexts():
            context.code.clear()

    def _compare(self, frame: Frame) -> None:
        """Drop what was made of a frame if its code is no longer what it was."""
        now = frame.memory.tobytes()
        if now == frame.held:
            return
        is_new = frame.has_new_code(now)
        frame.hold(now)
        if is_new:
            self._drop(frame)

    def _stored(self, address: int, offset: int, width: int) -> None:
        """Remember the address of a store to a page with code, if it does not meet the code."""
        frame = self._frames[offset & ~PAGE_MASK]
        if frame.code[(offset & PAGE_MASK) >> 3]:
            return
        numbers = self._mmu.context.stores.alone[width]
        for same in (address, address - (1 << 64)) if address >> 63 else (address,):
            numbers.keep(same, offset >> width.bit_length() - 1)
        if not any(numbers is known for known in frame.beside):
            frame.beside.append(numbers)

    def _drop(self, frame: Frame) -> None:
        frame.code, frame.spans = bytearray(len(frame.code)), None
        retired = self._clock.retired
        frame.changes = frame.changes + 1 if retired - frame.changed < SOON else 1
        frame.changed = retired
        self._mmu.guarded.discard(frame.offset)  # until it is code again
        for page in frame.pages:
            for region in list(page.regions):
                region.remove()
            if page.in_use:
                for pc in page.blocks:
                    page.context.code.pop(pc, None)
                del page.context.code[~page.number]
            page.blocks.clear()
            page.operations.clear()
            page.jumps.clear()

    def _guard(self, start: int) -> None:
        self._mmu.guarded.add(start)
        for context in self._mmu.contexts():
            for page in [page for page, at in context.stores.items() if at == start]:
                del context.stores[page]
