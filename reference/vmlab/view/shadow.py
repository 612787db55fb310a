"""Records a scenario of the `shadow` bench: its steps in plain words, and its end as a scene."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from vmlab.access import Access
from vmlab.bench import shadow, shadow_system
from vmlab.bench.describe import mode
from vmlab.bench.shadow_access import Outcome
from vmlab.bench.shadow_memory import WIDTHS
from vmlab.bench.state import as_mode
from vmlab.hart import Mode
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.parts.traps import Part as Traps
from vmlab.sv39 import PAGE_SHIFT, PPN_MASK, A, D
from vmlab.testing import Mismatch

from .film import Film, SteppedAccess
from .judge import Difference
from .rows import bits
from .scene import Context
from .system import Machine
from .watch import Heard, Watch

T = TypeVar("T")


class Bench(shadow.Bench):
    """The bench, with guests that are recorded."""

    def __init__(self, part: Any, film: Film) -> None:
        super().__init__(part)
        self._film = film

    def vm(self, pages: int = shadow.PAGES, tables: int = shadow.TABLES) -> Vm:
        """Start a guest."""
        return Vm(self._film, self.part, self._ram, pages, tables)

    def boots(self, traps: Traps, source: Path, expected: str, exits: int = 2_000) -> Machine:
        """Boot a guest under a VMM."""
        make = partial(Machine, self._film)
        machine = shadow_system.boot(
            self.part, traps, self._ram, source, expected, exits, make=make
        )
        assert isinstance(machine, Machine)
        return machine


class Vm(shadow.Vm):
    """A guest that is recorded. Only what a test calls is a step, not what that calls in turn."""

    def __init__(self, film: Film, part: Any, ram: Ram, pages: int, tables: int) -> None:
        self._film = film
        self._raced: dict[int, int] = {}
        """What another hart wrote during the present access."""
        self.watch = Watch(self, shadow.BASE)
        self.watch.inside = True
        film.guest = self.watch
        super().__init__(Heard(part, self.watch), ram, pages, tables)
        self.watch.inside = False

    def context(self) -> Context:
        """Return what decides about the guest's addresses now."""
        return Context(self.mode_now, self.satp_now, self.sum_now, self.mxr_now)

    def is_bench(self, address: int) -> bool:
        """Tell whether a virtual address is one of the bench's own code."""
        return any(
            address - start in range(PAGE_SIZE) for start in (*shadow.STUBS.values(), self.stub)
        )

    # The steps

    def _access_step(
        self, kind: Access, words: str, address: int, width: int, call: Callable[[], Outcome]
    ) -> Outcome:
        access = SteppedAccess(kind, address, width, self.watch.scene())
        if self.watch.inside:
            self._film.access = access
            outcome = self._followed(access, call)
            self._film.access = None
            return outcome
        with self._film.step(self.watch, words, f"accesses in {mode(self.mode_now)}") as step:
            self._film.access = access
            outcome = self._followed(access, call)
            own = f" at {address:#x}: "
            faults = sum(own in line for line in step.calls)
            after = f", after {faults} fault{'s' * (faults > 1)}" if faults else ""
            step.result = f"{outcome.got()}{after}"
        self.watch.judge(step, access.difference())
        return outcome

    def _followed(self, access: SteppedAccess, call: Callable[[], Outcome]) -> Outcome:
        """Make an access, and look at what it was and came to."""
        self._raced.clear()
        self.watch.marked.clear()
        try:
            outcome = call()
            access.answer, access.over = outcome.answer, True
        except Mismatch as error:
            access.stuck = error.expected.startswith("the guest gets further")
            raise
        finally:
            access.raced = bool(self._raced)
            access.ends(self.watch.scene(), frozenset(self.watch.marked))
        self._check_race(access, outcome)
        return outcome

    def _check_race(self, access: SteppedAccess, outcome: Outcome) -> None:
        """See that what another hart wrote meanwhile is there, and counts (S16)."""
        for address, value in self._raced.items():
            text = f"another hart wrote the PTE at {address:#x} just before A and D were set"
            if (self.peek(address) ^ value) & ~(A | D):
                text += ", and what it wrote is gone"
            elif outcome.reached in (None, access.after.address):
                continue
            else:
                text += ", and what the PTE says now did not count"
            self.watch.found.append(Difference(access.virtual, "", "S16", text))

    def load(self, address: int, width: int = 8) -> Outcome:
        """Execute a load."""
        words = f"l{WIDTHS[width]} at {address:#x}"
        return self._access_step(
            Access.LOAD, words, address, width, lambda: super(Vm, self).load(address, width)
        )

    def store(self, address: int, value: int = shadow.VALUE, width: int = 8) -> Outcome:
        """Execute a store."""
        words = f"s{WIDTHS[width]} {value:#x} at {address:#x}"
        return self._access_step(
            Access.STORE,
            words,
            address,
            width,
            lambda: super(Vm, self).store(address, value, width),
        )

    def atomic(self, name: str, address: int, value: int = 1) -> Outcome:
        """Execute amoadd.d, amoadd.w, lr.d or sc.d."""
        kind = Access.LOAD if name == "lr.d" else Access.STORE
        words, width = f"{name} at {address:#x}", 4 if name.endswith("w") else 8
        return self._access_step(
            kind, words, address, width, lambda: super(Vm, self).atomic(name, address, value)
        )

    def fetch(self, address: int) -> Outcome:
        """Jump there."""
        words = f"fetch at {address:#x}"
        return self._access_step(
            Access.FETCH, words, address, 1, lambda: super(Vm, self).fetch(address)
        )

    def _plain_step(self, words: str, kind: str, call: Callable[[], T]) -> T:
        if self.watch.inside:
            return call()
        with self._film.step(self.watch, words, kind):
            return call()

    def space(self) -> int:
        """Return a root."""
        if self.watch.inside:
            return super().space()
        with self._film.step(self.watch, "a new address space", "address spaces") as step:
            root = super().space()
            step.words += f": root {root:#x}"
        return root

    def map(
        self, root: int, virtual: int, address: int, bits: str = "VRWXUAD", level: int = 0
    ) -> int:
        """Map a page in the guest's tables, as they are at the start."""
        words = f"root {root:#x}: {virtual:#x} leads to {address:#x} {bits or 'with no bits'}"
        words += f", at level {level}" if level else ""
        return self._plain_step(
            words, "mappings", lambda: super(Vm, self).map(root, virtual, address, bits, level)
        )

    def poke(self, address: int, value: int) -> None:
        """Write 8 bytes without a word to the pager."""
        if self.watch.asked:
            self._raced[address] = value
            self.watch.calls.append(f"meanwhile another hart writes {_pte(value)} at {address:#x}")
        self._plain_step(
            f"memory at {address:#x} is {_pte(value)}",
            "memory",
            lambda: super(Vm, self).poke(address, value),
        )

    def runs(
        self,
        mode: str | Mode,
        root: int | None = None,
        asid: int = 0,
        *,
        sum: bool = False,
        mxr: bool = False,
    ) -> None:
        """Be in a mode, with a root if one is named."""
        words = f"the guest runs in {as_mode(mode).name}-mode"
        words += "" if root is None else f", writes satp: root {root:#x}, ASID {asid}"
        words += ", SUM=1" * sum + ", MXR=1" * mxr
        self._plain_step(
            words,
            "modes",
            lambda: super(Vm, self).runs(mode, root, asid, sum=sum, mxr=mxr),
        )

    def write_satp(self, value: int) -> None:
        """Write `satp`."""
        root, asid = (value & PPN_MASK) << PAGE_SHIFT, value >> 44 & 0xFFFF
        words = f"the guest writes satp: MODE {value >> 60}, root {root:#x}, ASID {asid}"
        self._plain_step(words, "modes", lambda: super(Vm, self).write_satp(value))

    def fence(self, address: int | None = None, asid: int | None = None) -> None:
        """Execute `sfence.vma`."""
        what = "everything" if address is None else f"{address:#x}"
        what += "" if asid is None else f", ASID {asid}"

        def call() -> None:
            super(Vm, self).fence(address, asid)
            self.watch.history.fence(address, asid)

        self._plain_step(f"the guest fences {what}", "fences", call)

    def edit(self, entry: int, value: int) -> None:
        """Let S-mode store to a PTE."""
        words = f"the guest writes the PTE at {entry:#x}: {_pte(value)}"
        self._plain_step(words, "edits", lambda: super(Vm, self).edit(entry, value))

    def take(self, page: int) -> None:
        """Give the frame of a guest page to another VM."""
        frame = self.frames.guest[(page - shadow.BASE) // PAGE_SIZE]

        def call() -> None:
            if frame is not None:
                self.watch.lost.add(frame)
            try:
                super(Vm, self).take(page)
            finally:
                self.watch.history.lost(page)

        self._plain_step(f"the VMM takes the frame of {page:#x}", "frames", call)

    def give(self, page: int) -> None:
        """Give a page a frame again."""

        def call() -> None:
            super(Vm, self).give(page)
            frame = self.frames.guest[(page - shadow.BASE) // PAGE_SIZE]
            if frame is not None:
                self.watch.given.add(frame)

        self._plain_step(f"the VMM gives {page:#x} a frame", "frames", call)

    def stop(self) -> None:
        """End the guest."""

        def call() -> None:
            self.watch.ended = True
            try:
                super(Vm, self).stop()
            except Mismatch as error:
                self.watch.found.append(Difference(0, "", "S15", f"frames: {error.got}"))
                raise

        self._plain_step("the guest ends", "ends", call)

    def wrote(self, address: int, value: int) -> None:
        """Write 8 bytes of guest memory as a device does."""
        words = f"a device writes {_pte(value)} at {address:#x}"
        self._plain_step(words, "devices", lambda: super(Vm, self).wrote(address, value))


def _pte(value: int) -> str:
    """Say what 8 bytes would be as a PTE."""
    if not value & 1:
        return f"{value:#x}"
    to = (value >> 10 & PPN_MASK) << PAGE_SHIFT
    high = f", bits {value >> 54:#x} at the top" if value >> 54 else ""
    return f"{to:#x} V{bits(value).replace('.', '')}{high}"


__all__ = ["Bench", "Film", "Vm"]
