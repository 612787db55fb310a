"""Address translation of one hart, with a software TLB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import Any

from . import sv39
from .access import Access, TrapRaised
from .bus import Bus, BusError
from .csrs import ADUE
from .hart import HartState, Mode
from .lookaside import PAGE_MASK, Numbers, Pages, StorePages
from .mstatus import MXR, SUM
from .pmp import Pmp
from .stops import Stops
from .trace import Trace, Walk
from .trap import Trap

TLB_PAGES = 1 << 14
"""Pages that one TLB remembers for each kind of access; when it is full, it is emptied."""
CONTEXTS = 256
"""Contexts that are remembered; one more, and all are forgotten."""


@dataclass(eq=False, slots=True)
class Context:
    """What is remembered for one combination of modes, SUM, MXR and `satp`."""

    fetch_mode: Mode
    data_mode: Mode
    mstatus: int
    """Only SUM and MXR."""
    satp: int
    """0 where both modes are M, which does not use it."""
    room: InitVar[list[Numbers]]
    """As of `Pages`."""
    pages: dict[Access, dict[int, int]] = field(
        default_factory=lambda: {access: {} for access in Access}
    )
    """The TLB: virtual page number to physical address of the page, by kind of access."""
    loads: Pages = field(init=False)
    """The pages of RAM that may be read. For engines."""
    stores: StorePages = field(init=False)
    """The pages of RAM that may be written."""
    fetches: dict[int, int] = field(default_factory=dict)
    """Start of a virtual page that may be executed, to its offset in RAM."""
    code: dict[int, Any] = field(default_factory=dict)
    """What an engine made of the instructions at virtual addresses; see there."""

    def __post_init__(self, room: list[Numbers]) -> None:
        self.loads, self.stores = Pages(room), StorePages(room)

    def clear(self) -> None:
        """Forget everything. The tables stay the same objects, which engines hold."""
        for pages in self.pages.values():
            pages.clear()
        self.loads.clear()
        self.stores.clear()
        self.fetches.clear()
        self.code.clear()


class Mmu:
    """Translates for one hart, and remembers until told to forget.

    A translation that was used once stays until `forget`, also if the page tables change, and also
    while another `satp` is in use: that is what a TLB does whose entries are tagged with an address
    space, and it makes a missing fence show the same way in every run.
    """

    def __init__(
        self,
        hart: HartState,
        bus: Bus,
        effective: Callable[[bool], Mode],
        trace: Trace | None = None,
        *,
        pmp: Pmp | None = None,
        svadu: bool = False,
    ) -> None:
        """Build it.

        Args:
            hart: The hart.
            bus: What its physical addresses mean.
            effective: Tells the mode of a fetch (True), or of a load or store (False).
            trace: Takes up the walks.
            pmp: The hart's physical memory protection, if it has any.
            svadu: Whether walks set A and D bits, while `menvcfg`.ADUE = 1.
        """
        self._hart = hart
        self._bus = bus
        self._effective = effective
        self._trace = trace if trace and trace.walks else None
        self._pmp = pmp
        self._svadu = svadu
        self.written: Callable[[int, int], None] = lambda offset, length: None
        """Called with offset and length after a walk has written to RAM. For engines."""
        self._contexts: dict[tuple[Mode, Mode, int, int], Context] = {}
        self._room: list[Numbers] = []
        """As of `Pages`, for all contexts."""
        self._filled: set[Context] = set()
        """Those that may remember something since the last `forget`: guests that fence at each
        trap have hundreds of address spaces, but use few between two fences."""
        self._tables: set[int] = set()
        """Physical pages that the protection lets walks read all of."""
        self.stops: Stops | None = None
        """Where to stop for a debugger; None in all other runs."""
        self.context = Context(Mode.M, Mode.M, 0, 0, self._room)
        """What is remembered for the hart's present state, as of the last `refresh`."""
        self.guarded: set[int] = set()
        """Pages of RAM, by offset, that no context's `stores` may hold. For engines."""
        self.stored_in_guarded: Callable[[int, int, int], None] = lambda address, offset, width: (
            None
        )
        """Called with address, offset and width of a store to one of them. For engines."""

    def stop_at(self, stops: Stops | None) -> None:
        """Have engines stop at these places from now on, instead of at the ones before."""
        self.stops = stops
        # Forget what engines made of code and tables while other places were to be stopped at.
        self.restore(self.state())

    def refresh(self) -> None:
        """Choose the context again: the hart's mode, `mstatus` or `satp` has changed."""
        hart = self._hart
        fetch, data = self._effective(True), self._effective(False)
        satp = 0 if fetch == data == Mode.M else hart.satp
        key = (fetch, data, hart.mstatus & (SUM | MXR), satp)
        context = self._contexts.get(key)
        if context is None:
            if len(self._contexts) >= CONTEXTS:
                self._contexts.clear()
                self._filled.clear()
            context = self._contexts[key] = Context(*key, self._room)
        self.context = context
        self._filled.add(context)

    def contexts(self) -> list[Context]:
        """Return all contexts that remember something."""
        return list(self._contexts.values())

    def forget(self) -> None:
        """Drop all translations (norm:sfence_vma_all_asid_va); M-mode has none to drop."""
        for context in self._filled:
            if not context.fetch_mode == context.data_mode == Mode.M:
                context.clear()
        self._filled = {self.context}

    def forget_all(self) -> None:
        """Drop what is remembered of any mode: the physical memory protection has changed."""
        for context in self._contexts.values():
            context.clear()
        self._tables.clear()

    def state(self) -> list[Any]:
        """Return the TLB as plain data, which a snapshot keeps: a missing fence must go on to show.

        A list for each context: modes of fetches and of data, SUM and MXR, `satp`; then for
        fetches, loads and stores the pairs of virtual page number and physical address.
        """
        return [
            [*map(int, key)]
            + [[list(pair) for pair in context.pages[access].items()] for access in Access]
            for key, context in self._contexts.items()
        ]

    def restore(self, state: list[Any]) -> None:
        """Remember what `state` gave, and nothing else."""
        contexts = {}
        for fetch_mode, data_mode, status, satp, *tables in state:
            key = (Mode(fetch_mode), Mode(data_mode), status, satp)
            # An engine keeps what it translated by the context, so the same one is of use again.
            context = contexts[key] = self._contexts.get(key) or Context(*key, self._room)
            context.clear()
            for access, pairs in zip(Access, tables, strict=True):
                context.pages[access].update((page, physical) for page, physical in pairs)
        self._contexts = contexts
        self._filled = set(contexts.values())
        self._tables.clear()
        self.refresh()

    def translate(self, address: int, access: Access) -> int:
        """Return the physical address. Raise TrapRaised for a page fault, or an access fault.

        The access faults are those of the walk; whether anything answers at the physical address,
        the bus knows.
        """
        context = self.context
        mode = context.fetch_mode if access is Access.FETCH else context.data_mode
        # "The satp CSR is considered active when the effective privilege mode is S-mode or U-mode."
        if mode == Mode.M or self._hart.satp >> 60 != sv39.SATP_SV39:
            return address
        page = address >> sv39.PAGE_SHIFT
        pages = context.pages[access]
        physical = pages.get(page)
        if physical is None:
            physical = self._walk(address, access, mode) & ~PAGE_MASK
            if len(pages) >= TLB_PAGES:
                self.forget()
                pages = self.context.pages[access]
            pages[page] = physical
        return physical | address & PAGE_MASK

    def ram_offset(self, address: int, access: Access, width: int) -> int | None:
        """Translate an aligned address to its offset in RAM, and note it in the context's tables.

        Returns None if the physical address is not in RAM. Raises TrapRaised as `translate`, and
        for an access that the physical memory protection refuses; and Stopped.
        """
        physical = self.translate(address, access)
        context, pmp = self.context, self._pmp
        if pmp is not None:
            mode = context.fetch_mode if access is Access.FETCH else context.data_mode
            if not pmp.allows(physical, width, access, mode):
                raise TrapRaised(Trap(access.access_fault, address=address))
        offset = self._bus.ram.offset(physical, width)
        if self.stops is not None and access is not Access.FETCH:
            self.stops.before_access(address, access, width)
            if self.stops.watches_page(address):  # then every access has to come by here
                return offset
        if offset is not None and self.is_uniform(physical):
            table: dict[int, int]
            if access is Access.LOAD:
                table = context.loads
            elif access is Access.FETCH:
                table = context.fetches
            elif offset & ~PAGE_MASK in self.guarded:
                self.stored_in_guarded(address, offset, width)
                return offset
            else:
                table = context.stores
            if len(table) >= TLB_PAGES:
                table.clear()
            table[address & ~PAGE_MASK] = offset & ~PAGE_MASK
        return offset

    def is_uniform(self, physical: int) -> bool:
        """Tell whether one answer of the protection holds for all of an address's page."""
        return self._pmp is None or self._pmp.is_uniform(physical & ~PAGE_MASK)

    def _read_pte(self, address: int) -> int:
        """Read a PTE as S-mode would (norm:pmp_check_pagetable_access). Raise BusError."""
        page = address & ~PAGE_MASK
        if self._pmp is None or page in self._tables:
            return self._bus.read_pte(address)
        if not self._pmp.allows(address, 8, Access.LOAD, Mode.S):
            raise BusError(address)
        pte = self._bus.read_pte(address)
        if self._pmp.is_uniform(page):
            self._tables.add(page)
        return pte

    def _update_pte(self, address: int, pte: int) -> None:
        """Write a PTE back with A, or A and D, set. Raise BusError if that is refused."""
        if self._pmp is not None and not self._pmp.allows(address, 8, Access.STORE, Mode.S):
            raise BusError(address)
        self._bus.write(address, 8, pte)
        self.written(address - self._bus.ram.base, 8)

    def _walk(self, address: int, access: Access, mode: Mode) -> int:
        steps: list[sv39.Step] | None = None if self._trace is None else []
        physical, refusal = None, ""
        hart = self._hart
        update = self._update_pte if self._svadu and hart.menvcfg & ADUE else None
        try:
            physical = sv39.walk(
                self._read_pte, hart.satp, address, access, mode, hart.mstatus, steps, update
            )
            return physical
        except sv39.PageFault as fault:
            refusal = f"page fault: {fault}"
            raise TrapRaised(Trap(access.page_fault, address=address)) from None
        except BusError as fault:
            refusal = f"access fault: the PTE at {fault.args[0]:#x} is out of reach"
            raise TrapRaised(Trap(access.access_fault, address=address)) from None
        finally:
            if self._trace is not None:
                self._trace.add(Walk(address, access, mode, tuple(steps or ()), physical, refusal))
