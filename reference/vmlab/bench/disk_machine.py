"""A whole machine whose disk is the part's: requests go from the guest's driver to `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.asm import assemble
from vmlab.bench import console
from vmlab.bench.disk_store import Store
from vmlab.block import SECTOR
from vmlab.devices.virtio import ServedDisk
from vmlab.devices.virtio.queue import SplitQueue
from vmlab.machine import Machine, Reason
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.parts.disk import Part
from vmlab.parts.traps import Part as Traps
from vmlab.testing import OutOfBudget

if TYPE_CHECKING:
    from vmlab.bench.disk import Drive

BUDGET = 2_000_000


class PartDisk(ServedDisk):
    """The disk in slot 0: registers and negotiation are the machine's, all else is the part's."""

    def __init__(self, part: Part, store: Store, number: int, ram: Ram) -> None:
        """Plug an open disk in."""
        sectors = part.size(store, number) // SECTOR
        super().__init__(sectors, False, lambda queue: part.serve(store, ram.bytes, number, queue))
        self._ram = ram

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Have the part serve the queue, and tell the machine which pages have changed.

        The machine may have translated code in them.
        """
        before = bytes(self._ram.bytes)
        try:
            super().serve(index, queue)
        finally:
            for at in range(0, len(before), PAGE_SIZE):
                if before[at : at + PAGE_SIZE] != self._ram.bytes[at : at + PAGE_SIZE]:
                    queue.dma.changed(at, PAGE_SIZE)


def boot(
    part: Part, store: Store, drive: Drive, traps: Traps, ram: Ram, source: Path, expected: str
) -> None:
    """Boot a guest that drives the disk; raises Mismatch unless it prints this and switches off."""
    ram.bytes[:] = bytes(ram.size)
    machine = Machine(traps, memory=ram, disk=PartDisk(part, store, drive.number, ram))
    machine.load(assemble(source.read_text(encoding="utf-8"), name=source.name))
    stop = machine.run(BUDGET)
    out = OutOfBudget("instructions", BUDGET) if stop.reason is Reason.BUDGET else None
    end = stop.reason.value
    if stop.reason is Reason.FINISHED:
        end = f"it switches off with failure {stop.code}" if stop.code else ""
    console.check(f"{source.name} boots", expected, machine.uart.output, end, out)
