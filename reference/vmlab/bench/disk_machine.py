"""A whole machine whose disk is the part's: requests go from the guest's driver to `serve`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.asm import assemble
from vmlab.bench import console
from vmlab.bench.disk_store import Store
from vmlab.block import SECTOR
from vmlab.devices.virtio import BlockDevice
from vmlab.devices.virtio.block import FLUSH
from vmlab.devices.virtio.queue import Broken, SplitQueue
from vmlab.image import Queue
from vmlab.machine import Machine, Reason
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.parts.disk import Part
from vmlab.parts.traps import Part as Traps
from vmlab.testing import OutOfBudget

if TYPE_CHECKING:
    from vmlab.bench.disk import Drive


@dataclass
class _Geometry:
    """What the device tells of a disk; its sectors nobody asks for."""

    sectors: int
    read_only: bool = False

    def read(self, sector: int, count: int) -> bytes:
        raise NotImplementedError

    def write(self, sector: int, data: bytes) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError


class PartDisk(BlockDevice):
    """The disk in slot 0: registers and negotiation are the machine's, all else is the part's."""

    def __init__(self, part: Part, store: Store, number: int, ram: Ram) -> None:
        """Plug an open disk in."""
        super().__init__(_Geometry(part.size(store, number) // SECTOR))
        self._part, self._store, self._number, self._ram = part, store, number, ram

    def serve(self, index: int, queue: SplitQueue) -> None:
        """Have the part serve the queue."""
        places = queue.descriptors, queue.driver, queue.device
        write_back = bool(queue.features & FLUSH)
        counters = queue.taken, queue.used
        record = Queue(queue.num, *places, queue.indirect, write_back, *counters)
        before = bytes(self._ram.bytes)
        self._part.serve(self._store, self._ram.bytes, self._number, record)
        queue.taken, queue.used = record.taken, record.used
        self._tell(before, queue)
        if record.broken:
            raise Broken("the part says so")

    def _tell(self, before: bytes, queue: SplitQueue) -> None:
        """Tell the machine which pages have changed, as it may have translated code in them."""
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


BUDGET = 2_000_000
