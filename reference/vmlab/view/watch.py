"""Looks on while a pager serves a guest, and tells what there is to see at any moment."""

from __future__ import annotations

from typing import Any, Protocol

from vmlab.access import Access
from vmlab.bench.describe import exception
from vmlab.bench.shadow_host import Frames, Host
from vmlab.guest import GuestRunner
from vmlab.paging import Act
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK
from vmlab.testing import Mismatch

from .history import History
from .judge import Difference
from .picture import Step, differences
from .rows import bits
from .scene import Context, Scene, View

JUDGED = 300
"""So many steps at most are followed by a look at the shadow, to find what breaks it first."""
KINDS = {int(access.page_fault): access.name.lower() for access in Access}


class Guest(Protocol):
    """What is looked at."""

    @property
    def frames(self) -> Frames:
        """The host's frames."""

    @property
    def runner(self) -> GuestRunner:
        """The real U-mode."""

    def context(self) -> Context:
        """Return what decides about the guest's addresses now."""

    def root(self) -> int:
        """Ask the pager for its root."""

    def is_bench(self, address: int) -> bool:
        """Tell whether a virtual address is one of the bench's own code."""


class Heard:
    """A pager, with everything that it is asked and says noted."""

    def __init__(self, part: Any, watch: Watch) -> None:
        self._part, self._watch = part, watch

    def __getattr__(self, name: str) -> Any:
        function, watch = getattr(self._part, name), self._watch

        def call(*arguments: Any) -> Any:
            watch.asked += 1
            heard = [Asked(a, watch) if isinstance(a, Host) else a for a in arguments]
            try:
                answer = function(*heard)
            finally:
                watch.asked -= 1
            watch.heard(name, arguments, answer)
            return answer

        return call


class Asked:
    """What a pager may ask for, with everything that it asks noted."""

    def __init__(self, host: Host, watch: Watch) -> None:
        self._host, self._watch = host, watch

    def allocate(self) -> int | None:
        """Hand out a frame."""
        frame = self._host.allocate()
        self._watch.count("allocate" if frame is not None else "allocate, in vain")
        return frame

    def free(self, frame: int) -> None:
        """Take a frame back."""
        self._watch.count("free")
        self._host.free(frame)

    def flush(self) -> None:
        """Have the MMU forget all."""
        self._watch.count("flush")
        self._host.flush()

    def compare_and_set(self, address: int, old: int, new: int) -> bool:
        """Write 8 bytes of the guest's memory."""
        done = self._host.compare_and_set(address, old, new)
        if done:
            self._watch.marked.add(address)
        result = bits(new) if done else "another was faster"
        self._watch.calls.append(f"host: compare_and_set at {address:#x}: {result}")
        return done


class Watch:
    """What has been seen of one guest."""

    def __init__(self, guest: Guest, base: int) -> None:
        """Build it; `base` is where the guest's RAM begins."""
        self._guest = guest
        self._base = base
        self.asked = 0
        """How many calls of the pager have not returned."""
        self.inside = False
        """Whether a step is under way: what is done meanwhile is part of it."""
        self.calls: list[str] = []
        """What it was asked during the present step."""
        self.history = History()
        self.lost: set[int] = set()
        """Frames that were taken from the guest."""
        self.given: set[int] = set()
        """Frames that came to the guest later."""
        self.marked: set[int] = set()
        """The PTEs that the pager has changed with `compare_and_set` during the present access."""
        self.ended = False
        """Whether the guest is gone, and nothing is to be asked of the pager any more."""
        self.found: list[Difference] = []
        """What was found to be wrong with something else than the tables."""
        self._satps: dict[int, int] = {}
        """Each root that was in use, with its ASID, to the last such `satp`."""
        self._views: dict[Context, int] = {}
        self._judged: tuple[int, frozenset[Difference]] = 0, frozenset()

    def heard(self, name: str, arguments: tuple[Any, ...], answer: Any) -> None:
        """Note what the pager was asked and has said."""
        if name == "root":
            frame, context = answer & PPN_MASK, self._guest.context()
            if self._views.get(context) != frame:
                self.calls.append(f"root: frame {frame:#x}")
            self._views[context] = frame
        elif name == "fault":
            _, cause, address = arguments
            where = "the bench's code" if self._guest.is_bench(address) else f"{address:#x}"
            text = f"{KINDS.get(cause, exception(cause))} fault at {where}: {answer.act.name}"
            if answer.act is Act.REFLECT:
                text += f" {exception(answer.cause)}, stval {answer.address:#x}"
            elif answer.act is not Act.RETRY:
                text += f" {answer.address:#x}"
            self.calls.append(text)
        elif name == "written":
            self.calls.append(f"told of {arguments[2]} bytes written at {arguments[1]:#x}")

    def count(self, what: str) -> None:
        """Note that the pager asks for something, and how often in a row."""
        name, _, times = (self.calls[-1] if self.calls else "").partition(" x ")
        if name == f"host: {what}":
            self.calls[-1] = f"{name} x {int(times or 1) + 1}"
        else:
            self.calls.append(f"host: {what}")

    def note(self) -> None:
        """Take up what the guest's tables offer, in every address space that was in use."""
        context = self._guest.context()
        if context.satp >> 60:
            self._satps[context.satp & PPN_MASK | context.asid << 44] = context.satp
        scene = self.scene()
        for satp in self._satps.values():
            self.history.note(satp >> 44 & 0xFFFF, scene.guest_tables(satp))

    def judge(self, step: Step, access: Difference | None) -> None:
        """Note what a step broke, in the shadow that was in use during it, and by itself."""
        count, before = self._judged
        if count < JUDGED:
            own = [access] if access else []
            now = frozenset([*differences(self.scene()), *self.found, *own])
            step.breaks = sorted(now - before)
            self._judged = count + 1, now

    def scene(self, ask: bool = False) -> Scene:
        """Return the present state; `ask` the pager which root it would be entered with."""
        frames, context, no_root = self._guest.frames, self._guest.context(), ""
        if self.ended:
            no_root = "the guest has ended"
        elif ask:
            try:
                self._guest.root()
            except Mismatch as error:
                no_root = f"root returned {error.got}"
                self.found.append(Difference(0, "", "S1", no_root))
            except Exception as error:
                no_root = f"root stopped with {type(error).__name__}: {error}"
        root = None if no_root else self._views.get(context)
        if root is not None and root not in frames.tables:
            root, no_root = None, f"frame {root:#x} was freed"
        return Scene(
            words=frames.ram.unsigned[8],
            base=self._base,
            guest=tuple(frames.guest),
            tables=frozenset(frames.tables),
            free=frozenset(frames.free),
            lost=frozenset(self.lost.difference(frames.guest)),
            given=frozenset(self.given),
            context=context,
            root=root,
            no_root=no_root,
            remembered={} if root is None else self._remembered(root),
            history=self.history,
            views=[View(context, frame) for context, frame in self._views.items()],
        )

    def _remembered(self, root: int) -> dict[int, tuple[int, frozenset[Access]]]:
        found: dict[int, tuple[int, frozenset[Access]]] = {}
        for _, _, _, satp, *tables in self._guest.runner.state()["tlb"]:
            if satp & PPN_MASK == root:
                for access, pairs in zip(Access, tables, strict=True):
                    for page, to in pairs:
                        virtual = page << PAGE_SHIFT
                        _, before = found.get(virtual, (to, frozenset[Access]()))
                        found[virtual] = to, before | {access}
        return found
