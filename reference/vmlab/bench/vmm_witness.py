"""Whether what the hart ran for a VM was this VM's, seen beside the bare machine.

What a guest prints, and what it is billed for, is no proof that it ran: a VMM could simulate it,
and have the hart run a loop of its own meanwhile. So the hart is looked at now and then while a VM
begins: what it has in its registers there, the bare machine must have at some time, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.bench.disk_images import open_contents
from vmlab.bench.disk_store import SparseFile
from vmlab.block import SECTOR, MemoryDisk
from vmlab.hart import HartState
from vmlab.machine import Machine, Reason
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.options import Options
from vmlab.testing import Mismatch
from vmlab.vm import VmConfig

STEPS = 2_000
"""Instructions from a guest's first on that are looked at."""
STRIDE = 61
"""Instructions between two looks."""
SHARE = 0.1
"""Of these instructions, so much at least has the hart itself to run. The reference has 0.39 where
it has least; what input, or an SC that fails, has changed is not on the bare machine. Who simulates
has nothing."""

_known: dict[tuple[Any, ...], tuple[frozenset[int], int]] = {}


class Witness:
    """What the hart ran for one VM, from its first instruction on."""

    def __init__(self, config: VmConfig, files: dict[str, SparseFile]) -> None:
        """Begin with a VM and the files that its disk is in."""
        self._config = config
        self._files = {name: file.copy() for name, file in files.items()} if config.disk else {}
        self._stretches: list[tuple[int, int, int]] = []
        self._ran = 0
        self.typed = b""
        """Input that is there from the beginning."""
        self.open = True
        """Whether it still takes notes."""

    def saw(self, before: int, retired: int, after: int) -> None:
        """Note a stretch of instructions, with the states at its ends (`state`)."""
        if retired:
            self._stretches.append((before, retired, after))
            self._ran += retired
            self.open = self._ran < STEPS

    def check(self, given: Callable[[str], Any], *, to_the_end: bool) -> None:
        """Raise Mismatch unless the hart ran this VM, as much of it as it was billed for.

        Args:
            given: Gives the module `traps`, for the bare machine.
            to_the_end: The VM has ended by itself, so all of it must have run.
        """
        states, steps = self._bare(given)
        own = sum(n for before, n, after in self._stretches if {before, after} <= states)
        wanted = SHARE * (steps if to_the_end else min(steps, self._ran))
        if own < wanted:
            raise Mismatch(
                f"what the hart itself ran for VM {self._config.name}",
                f"its own instructions, {SHARE:.0%} of its first {steps} at least",
                f"{own} of its own, {self._ran - own} others",
            )

    def _bare(self, given: Callable[[str], Any]) -> tuple[frozenset[int], int]:
        """Return the states of the bare machine at the guest's beginning, and its instructions.

        Nothing is typed there meanwhile: it would come at another time.
        """
        config, contents = self._config, None
        if config.disk:
            disk = open_contents(self._files, config.disk.name, config.disk.format)
            contents = disk.read(0, disk.size).ljust(-(-disk.size // SECTOR) * SECTOR, b"\0")
        segments = tuple((each.address, each.contents) for each in config.segments)
        read_only = bool(config.disk and config.disk.read_only)
        key = segments, config.entry, config.pages, contents, read_only, self.typed
        if key not in _known:
            memory = Ram(PAGE_SIZE * config.pages)
            for address, data in segments:
                memory.bytes[address - memory.base : address - memory.base + len(data)] = data
            drive = None if contents is None else MemoryDisk(contents, read_only=read_only)
            options = Options(misaligned=True, svadu=True, engine="interpreter")
            machine = Machine(given("traps"), memory=memory, options=options, disk=drive)
            machine.hart.pc = config.entry
            machine.uart.feed(self.typed)
            _known[key] = _follow(machine)
        return _known[key]


def _follow(machine: Machine) -> tuple[frozenset[int], int]:
    found = {state(machine.hart)}
    for _ in range(2 * STEPS):  # a trap is a step, too
        before = machine.clock.moment
        stop = machine.step()
        found.add(state(machine.hart))
        ended = stop.reason is Reason.FINISHED or machine.clock.moment == before
        if ended or machine.clock.retired >= STEPS:
            break
    return frozenset(found), machine.clock.retired


def state(hart: HartState) -> int:
    """Return a number for what a program has in pc and registers."""
    return hash((hart.pc, *hart.x))
