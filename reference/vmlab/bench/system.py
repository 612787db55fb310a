"""Whole guests: on the bare machine that is fitted with a part, and under a VMM made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vmlab.asm import assemble
from vmlab.bench import console
from vmlab.bench.virtual_machine import VirtualMachine
from vmlab.machine import Machine, Reason
from vmlab.parts.traps import Part
from vmlab.program import Program
from vmlab.testing import OutOfBudget

SLICE = 997
"""Instructions after which the VMM takes the processor back from its guest."""
IDLE = "it waits for an interrupt that never comes"


def boot(part: Part, source: Path, expected: str, budget: int) -> None:
    """Boot a guest on the bare machine, for at most `budget` instructions and traps.

    Raises Mismatch unless it prints `expected` and switches off, OutOfBudget if it never ends.
    """
    machine = Machine(part, ram_mib=1)
    machine.load(_program(source))
    stop = machine.run(budget)
    out = OutOfBudget("instructions", budget) if stop.reason is Reason.BUDGET else None
    end = {
        Reason.FINISHED: _verdict(stop.code),
        Reason.IDLE: IDLE,
        Reason.BUDGET: "it never ends",
        Reason.TRAP_LOOP: f"its trap handler at {machine.hart.pc:#x} traps itself, for ever",
    }[stop.reason]
    scenario = f"{source.name} boots on the bare machine"
    console.check(scenario, expected, machine.uart.output, end, out)


def boot_guests(
    part: Part,
    guests: Sequence[tuple[Path, str]],
    exits: int,
    *,
    illegal_tval: bool = True,
) -> None:
    """Boot guests (source, what it must print) under the VMM, an exit of each in turn.

    All together they may make `exits` exits; `illegal_tval` tells whether the real hart says what
    an illegal instruction was. Raises as `boot` does.
    """
    machines = [
        VirtualMachine(part, _program(source), slice_=SLICE, illegal_tval=illegal_tval)
        for source, _ in guests
    ]
    left = exits
    while left > 0 and not all(machine.ended for machine in machines):
        for machine in machines:
            if not machine.ended:
                machine.turn()
                left -= 1
    for number, (machine, (source, expected)) in enumerate(zip(machines, guests, strict=True), 1):
        scenario = f"{source.name} boots under the VMM"
        if len(machines) > 1:
            scenario += f", guest {number} of {len(machines)}"
        code = machine.finisher.code
        out = None if machine.ended else OutOfBudget("exits", exits)
        end = IDLE if machine.idle else "it never ends" if code is None else _verdict(code)
        console.check(scenario, expected, machine.uart.output, end, out)


def _program(source: Path) -> Program:
    return assemble(source.read_text(encoding="utf-8"), name=source.name)


def _verdict(code: int) -> str:
    return f"it switches off with failure {code}" if code else ""
