"""Whether what the hart ran for a VM was this VM's, seen beside the bare machine.

What a guest prints, and what it is billed for, is no proof that it ran: a VMM could simulate it,
and have the hart run a loop of its own meanwhile. So the hart is looked at now and then while a VM
begins: what it has in its registers there, the bare machine must have at some time, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
LOOK_AHEAD = 64
"""Steps that the bare machine is taken further at once."""


class Key(NamedTuple):
    """What a guest begins with."""

    segments: tuple[tuple[int, bytes], ...]
    """Of RAM: address and contents of each."""
    entry: int
    pages: int
    disk: bytes | None
    read_only: bool
    typed: bytes


_known: dict[Key, Beginning] = {}


class Witness:
    """What the hart ran for one VM, from its first instruction on."""

    def __init__(self, config: VmConfig, files: dict[str, SparseFile]) -> None:
        """Begin with a VM and the files that its disk is in."""
        self._config = config
        self._files = {name: file.copy() for name, file in files.items()} if config.disk else {}
        self._stretches: list[tuple[int, int, int]] = []
        self._ran = 0
        self._beginning: Beginning | None = None
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
        bare = self._bare(given)
        most = STEPS if to_the_end else min(STEPS, self._ran)
        while (own := self._on(bare)) < SHARE * most and not bare.ended:
            bare.go_on()
        if bare.ended:
            most = min(bare.steps, most)
        wanted = SHARE * most
        if own < wanted:
            raise Mismatch(
                f"what the hart itself ran for VM {self._config.name}",
                f"its own instructions, {SHARE:.0%} of its first {most} at least",
                f"{own} of its own, {self._ran - own} others",
            )

    def _on(self, bare: Beginning) -> int:
        """Return how many of the instructions noted were on the bare machine's way so far."""
        states = bare.states
        return sum(n for before, n, after in self._stretches if {before, after} <= states)

    def _bare(self, given: Callable[[str], Any]) -> Beginning:
        if self._beginning is None:
            key = self._key()
            if key not in _known:
                _known[key] = Beginning(self._machine(given("traps"), key))
            self._beginning = _known[key]
        return self._beginning

    def _key(self) -> Key:
        """Return all that the guest's beginning depends on."""
        config, contents = self._config, None
        if config.disk:
            disk = open_contents(self._files, config.disk.name, config.disk.format)
            contents = disk.read(0, disk.size).ljust(-(-disk.size // SECTOR) * SECTOR, b"\0")
        segments = tuple((each.address, each.contents) for each in config.segments)
        read_only = bool(config.disk and config.disk.read_only)
        return Key(segments, config.entry, config.pages, contents, read_only, self.typed)

    @staticmethod
    def _machine(traps: Any, key: Key) -> Machine:
        """Return a bare machine with the guest on it; what is typed later does not come there."""
        memory = Ram(PAGE_SIZE * key.pages)
        for address, data in key.segments:
            memory.bytes[address - memory.base : address - memory.base + len(data)] = data
        drive = None if key.disk is None else MemoryDisk(key.disk, read_only=key.read_only)
        options = Options(misaligned=True, svadu=True, engine="interpreter")
        machine = Machine(traps, memory=memory, options=options, disk=drive)
        machine.hart.pc = key.entry
        machine.uart.feed(key.typed)
        return machine


class Beginning:
    """The states of a bare machine from its first on, as far as anybody has asked."""

    def __init__(self, machine: Machine) -> None:
        """Begin with a machine that has not run yet."""
        self._machine = machine
        self._left = 2 * STEPS  # a trap is a step, too
        self.states = {state(machine.hart)}
        self.ended = False
        """Whether it goes no further, or nobody looks further."""

    @property
    def steps(self) -> int:
        """Instructions so far."""
        return self._machine.clock.retired

    def go_on(self) -> None:
        """Take the machine LOOK_AHEAD steps further, or to where it ends."""
        machine, clock = self._machine, self._machine.clock
        for _ in range(LOOK_AHEAD):
            before = clock.moment
            stop = machine.step()
            self.states.add(state(machine.hart))
            self._left -= 1
            stands = stop.reason is Reason.FINISHED or clock.moment == before
            if stands or clock.retired >= STEPS or not self._left:
                self.ended = True
                return


def state(hart: HartState) -> int:
    """Return a number for what a program has in pc and registers."""
    return hash((hart.pc, *hart.x))
