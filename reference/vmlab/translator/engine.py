"""The engine: runs what there is for an address, notes what gets hot, steps where it must."""

from __future__ import annotations

from ..access import TrapRaised
from ..bus import Bus
from ..clock import Clock
from ..hart import MASK64, HartState
from ..interpreter import Interpreter, refused
from ..isa import Decoded, Kind
from ..mmu import Mmu
from ..options import Options
from ..privileged import Privileged
from ..trace import Trace
from . import blocks, status
from .blocks import Block
from .flow import pays, select
from .liveness import ALL
from .pages import CodePage, CodePages
from .region import Entry, translate

WARM = 30
"""Executions after which a block may become part of one."""
LATER = 5
"""How many times as hot a block must be when a region that did not pay is thought of again."""
GROW = 2000
"""Entries to a region after which it is made anew, as far as warm code then goes."""
SMALL, LARGE = 400, 1000
"""Instructions in a region at first, and in one that was made anew."""
REFUSED = 20
"""Refusals to be entered after which a region is made anew, with fewer assumptions."""
LAST_GENERATION = 3


class Translator(Interpreter):
    """Executes instructions of one hart, as `Interpreter` does, and faster.

    What is in a region or a block never asks for `alert`: only instructions that go by the book
    reach devices, CSRs or the `traps` part.

    RAM may be changed from outside between two calls of `run`, if `enter` is called in between;
    a change meanwhile, such as a device's DMA, must be told by `written`.
    """

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
        super().__init__(hart, mmu, bus, clock, privileged, trace, options)
        self._ram = bus.ram
        self._pages = CodePages(mmu, bus.ram.bytes, clock)
        self.regions = 0
        """How many regions were made."""

    def enter(self) -> None:
        """Notice what was changed in RAM, from outside, since the last `run`."""
        self._pages.check()

    def written(self, offset: int, length: int) -> None:
        """Notice that `length` bytes of RAM were changed, other than by a unit."""
        self._pages.written(offset, length)

    def run(self, limit: int) -> None:
        """Retire up to `limit` instructions; fewer if `alert` is set meanwhile.

        Raises:
            TrapRaised: with the hart's pc at the instruction that raised it, and all counted
                that retired before.
        """
        self.alert = False
        if self._trace is not None or self._mmu.stops is not None:
            self._run_by_the_book(limit)
            return
        hart, mmu, clock = self._hart, self._mmu, self._clock
        while limit > 0 and not self.alert:
            pc = hart.pc
            left = limit
            unit: Block | Entry | None = None
            known: Decoded | None = None
            stopped = hot = False
            code = mmu.context.code
            try:
                while left > 0:
                    unit = None
                    unit = code[pc]
                    unit.heat += 1
                    if unit.heat == unit.hot:
                        hot = True
                        break
                    if type(unit) is Entry:
                        longest = unit.longest
                        if longest <= left:
                            retired, pc = unit.function(unit.arm, left - longest + 1)
                            left -= retired
                            if retired:
                                continue
                            unit.refused += 1
                            unit.region.refuse(self._x)
                            if unit.refused == REFUSED:
                                hot = True
                                break
                        unit = unit.block
                    assert type(unit) is Block
                    operations = unit.operations
                    if len(operations) > left:
                        operations = operations[:left]
                    for function in operations:
                        pc = function()
                    left -= len(operations)
                    if unit.stops and left:
                        stopped, known = True, unit.last
                        break
                    if unit.jumps is not None and left:
                        unit.jumps.add(pc)
            except (KeyError, IndexError) as missing:
                if unit is not None:
                    pc, retired = self._where(missing, unit, pc)
                    left -= retired
                    stopped = True
            hart.pc = pc = pc & MASK64
            clock.retire(limit - left)
            limit = left
            if limit and stopped:
                if known is None:
                    self.step()
                elif self._deprivileged and known.instruction.kind is Kind.CSR:
                    raise TrapRaised(refused(known.word))  # most exits of a guest come from here
                else:
                    self._perform(known.word, known)
                limit -= 1
            elif hot and unit is not None:
                self._make_region(pc, unit)
            elif limit and unit is None and not self._find(pc):
                self.step()
                limit -= 1

    def _where(self, missing: Exception, unit: Block | Entry, pc: int) -> tuple[int, int]:
        """Return the address of the instruction that raised, and how many retired before it."""
        if type(unit) is Block:
            return pc, unit.addresses.index(pc)
        assert type(unit) is Entry
        assert missing.__traceback__ is not None
        traceback = missing.__traceback__.tb_next
        place = traceback and unit.region.stopped(traceback, self._x)
        if not place:
            raise missing
        return place

    # Making what runs

    def _find(self, pc: int) -> bool:
        """Put a unit for the instruction at `pc` to use. Raise TrapRaised if it cannot be fetched.

        An address that was met before may have got one together with its page. There is none where
        physical memory protection distinguishes parts of a page; return whether there is one now.
        """
        context = self._mmu.context
        offset = self._parcel(pc, 0)
        if not self._mmu.is_uniform(self._ram.base + offset):
            return False
        page = self._pages.installed(context, pc, offset)
        if pc not in context.code:
            context.code[pc] = self._block(page, pc)
        return True

    def _block(self, page: CodePage, pc: int) -> Block:
        return blocks.block(page, pc, self._ram, self._x)

    def _make_region(self, head: int, unit: Block | Entry) -> None:
        """Make a region around a hot block, or a larger one where one is entered often."""
        code = self._mmu.context.code
        old = unit.region if type(unit) is Entry else None
        generation = old.generation + 1 if old else 0
        retired = self._clock.retired

        def lookup(pc: int) -> tuple[CodePage, int] | None:
            page: CodePage | None = code.get(~(pc >> 12))
            block = page.blocks.get(pc) if page else None
            if page is None or block is None or block.heat < WARM or page.frame.is_data(retired):
                return None
            if old is None and pc != head and type(code.get(pc)) is Entry:
                return None
            return page, block.heat

        nodes = select(head, lookup, self._instruction, LARGE if old else SMALL)
        refused = isinstance(unit, Entry) and unit.refused >= REFUSED
        if old is None and not (head in nodes and pays(nodes)):
            unit.hot *= LATER  # more of what is around it may be warm then, or the page at rest
            return
        if head not in nodes or (old and not refused and set(nodes) <= set(old.nodes)):
            return
        trusted = old.words if old and refused else ALL
        region = translate(
            nodes, head, self, self._ram, self._hart, self._block, generation, trusted
        )
        self.regions += 1
        hot = GROW << 2 * generation if generation < LAST_GENERATION else 0
        for entry in region.entries.values():
            entry.hot = hot

    def _instruction(self, page: CodePage, pc: int) -> Decoded | None:
        """Return the instruction at `pc` if it can be translated."""
        decoded = blocks.instruction(page, pc, self._ram)
        if decoded is not None and decoded.instruction.kind is Kind.CSR:
            return decoded if status.translatable(decoded, self._hart, self._privileged) else None
        return decoded
