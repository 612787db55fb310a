"""Pairs of machines that differ in their engine only, the translator being quick to translate."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble
from vmlab.machine import Machine
from vmlab.options import Options

PRELUDE = """
    .equ FINISHER, 0x100000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ UART, 0x10000000
"""


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """Translate at once."""
    monkeypatch.setattr("vmlab.translator.blocks.HOT", 2)
    monkeypatch.setattr("vmlab.translator.flow.LONG", 0)
    monkeypatch.setattr("vmlab.translator.engine.WARM", 1)
    monkeypatch.setattr("vmlab.translator.engine.GROW", 5)
    monkeypatch.setattr("vmlab.translator.pages.CHANGES", 1 << 30)


class Pair:
    """Two machines with the same program. `run` runs both, and they must stay equal."""

    def __init__(self, part, source: str, prepare=lambda machine: None, **options) -> None:
        self.machines = []
        for engine in ("interpreter", "translator"):
            machine = Machine(part, ram_mib=1, options=Options(engine=engine, **options))
            machine.load(assemble(PRELUDE + source))
            prepare(machine)
            self.machines.append(machine)

    @property
    def translator(self) -> Machine:
        return self.machines[1]

    def run(self, *budgets: int):
        """Run with each budget in turn; return the last stop."""
        for number, budget in enumerate(budgets):
            stops = [machine.run(budget) for machine in self.machines]
            first, second = self.machines
            assert stops[0] == stops[1], f"run {number}"
            assert not first.hart.changes(second.hart), f"run {number}, at {first.hart.pc:#x}"
            assert first.engine.reservation == second.engine.reservation
        assert bytes(first.ram) == bytes(second.ram)
        assert first.uart.output == second.uart.output
        return stops[0]


STEPS = [1, 1, 2, 3, 5, 7, 41, 67, 97, 131, 181] * 15


@pytest.fixture
def pair(part):
    return lambda source, prepare=lambda machine: None, traps=part, **options: Pair(
        traps, source, prepare, **options
    )


@pytest.fixture
def both_ways(pair):
    """Run a program at one go, then in small steps."""

    def run(source: str, budget: int = 3000, **options) -> None:
        machines = pair(source, **options)
        machines.run(budget)
        assert machines.translator.engine.regions
        pair(source, **options).run(*STEPS, budget)

    return run
