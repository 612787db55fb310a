"""The bench of a `shadow` part: a host with a pager, and guests whose every access is real.

What a test learns, the hardware tells: loads, stores and fetches are executed in real U-mode, from
the root that the pager names; memory and shadow tables are read in RAM.
"""

from __future__ import annotations

from pathlib import Path

from vmlab.bench import shadow_system
from vmlab.bench.shadow_memory import BASE, DIRECT, STUBS
from vmlab.bench.shadow_vm import VALUE, Vm
from vmlab.memory import Ram
from vmlab.parts.shadow import Part
from vmlab.parts.traps import Part as Traps

SHARED = 2 << 20
"""Bytes of RAM that bench and part share."""
PAGES, TABLES = 64, 128


class Bench:
    """Makes guests with the part as their pager."""

    def __init__(self, part: Part, ram: Ram | None = None) -> None:
        self.part = part
        self._ram = ram or Ram(SHARED)

    def vm(self, pages: int = PAGES, tables: int = TABLES) -> Vm:
        """Start a guest of so many pages, with so many frames for shadow tables."""
        return Vm(self.part, self._ram, pages, tables)

    def boots(
        self, traps: Traps, source: Path, expected: str, exits: int = 2_000
    ) -> shadow_system.ShadowedMachine:
        """Boot a guest under a VMM with the part as pager; see `vmlab.bench.shadow_system`."""
        return shadow_system.boot(self.part, traps, self._ram, source, expected, exits)


__all__ = ["BASE", "DIRECT", "SHARED", "STUBS", "VALUE", "Bench", "Vm"]
