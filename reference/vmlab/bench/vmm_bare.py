"""The bare machine, for comparison: what a guest does there, it shall do under the VMM."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from vmlab.bench import console
from vmlab.block import SECTOR, MemoryDisk
from vmlab.machine import Machine, Reason
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.options import Options
from vmlab.parts.traps import Part as Traps
from vmlab.program import Program
from vmlab.testing import Mismatch

if TYPE_CHECKING:
    from vmlab.bench.vmm_guest import Guest

INSTRUCTIONS = 4_000_000
OPTIONS = Options(misaligned=True, svadu=True)
"""A VM lets misaligned accesses pass, and sets A and D bits, as under a pager."""


@dataclass(frozen=True)
class Outcome:
    """How a program ended on the bare machine."""

    console: str
    code: int
    retired: int
    """Instructions."""
    disk: bytes | None

    def check(self, guest: Guest) -> None:
        """Raise Mismatch unless a VM has sent the same, and has ended the same way."""
        status = guest.status()
        scenario = f"{guest.title}, compared with the bare machine"
        if status.code == self.code:
            end = status.reason
        else:
            end = f"code {status.code} instead of {self.code}"
        console.check(scenario, self.console, bytes(guest.bill.console), end)
        if self.disk is not None and guest.disk != self.disk:
            raise Mismatch(scenario, "the same bytes on its disk", "others")
        guest.ran(to_the_end=True)


def run(
    traps: Traps, program: Program, pages: int, *, disk: bytes | None = None, typed: bytes = b""
) -> Outcome:
    """Run a program on the bare machine until it switches off.

    Raises ValueError if it does not: then it is no guest to compare with.
    """
    module = cast(Hashable, traps)
    return _run(module, tuple(program.segments), program.entry, pages, disk, typed)


@lru_cache(maxsize=64)  # several tests compare with the same
def _run(
    traps: Any,
    segments: tuple[tuple[int, bytes], ...],
    entry: int,
    pages: int,
    disk: bytes | None,
    typed: bytes,
) -> Outcome:
    drive = None if disk is None else MemoryDisk(disk)
    memory = Ram(PAGE_SIZE * pages)
    machine = Machine(traps, memory=memory, options=OPTIONS, disk=drive)
    for address, data in segments:  # and no device tree, which guests do not have
        memory.bytes[address - memory.base : address - memory.base + len(data)] = data
    machine.hart.pc = entry
    machine.uart.feed(typed)
    stop = machine.run(INSTRUCTIONS)
    if stop.reason is not Reason.FINISHED:
        raise ValueError(f"the guest does not switch off on the bare machine: {stop}")
    contents = drive.read(0, len(disk) // SECTOR) if drive and disk is not None else None
    text = machine.uart.output.decode("utf-8", "backslashreplace")
    return Outcome(text, stop.code, machine.clock.retired, contents)
