"""Random programs do the same on each engine, deprivileged, and, if they are to, on QEMU."""

from __future__ import annotations

from random import Random

import pytest
from vmlab.bench import vmm_guests
from vmlab.bench.shadow_system import ShadowedMachine
from vmlab.machine import Machine, Reason
from vmlab.memory import Ram
from vmlab.options import Options
from vmlab.trace import Trace, TrapTaken

SEEDS = range(4)
BUDGET, EXITS = 200_000, 20_000


@pytest.fixture(scope="module")
def program(programs, library):
    def build(seed, exact=True):
        return vmm_guests.build_text(programs.program(Random(seed), exact=exact), library)

    return build


def boot(traps, program, engine="translator", trace=None):
    options = Options(engine=engine, misaligned=True, svadu=True)
    machine = Machine(traps, ram_mib=1, options=options, trace=trace)
    machine.load(program)
    stop = machine.run(BUDGET)
    assert (stop.reason, stop.code) == (Reason.FINISHED, 0)
    return machine


def deprivileged(traps, shadow, program):
    machine = ShadowedMachine(shadow, traps, Ram(2 << 20), program)
    while not machine.ended and machine.exits < EXITS:
        machine.turn()
    return machine


@pytest.mark.parametrize("seed", SEEDS)
def test_equivalence(traps, shadow, program, seed):
    guest = program(seed)
    bare = boot(traps, guest)
    assert bare.uart.output.count(b"\n") == 10
    assert boot(traps, guest, "interpreter").hart == bare.hart
    machine = deprivileged(traps, shadow, guest)
    machine.check_isolated()
    assert machine.uart.output == bare.uart.output
    assert machine.vcpu.time == bare.hart.time


@pytest.mark.parametrize("seed", SEEDS)
def test_on_qemu(traps, program, qemu, seed):
    guest = program(seed, exact=False)
    console, _ = qemu(guest)
    assert console == boot(traps, guest).uart.output


def test_the_same_seed_gives_the_same_program(programs):
    assert programs.program(Random(3)) == programs.program(Random(3))
    assert programs.program(Random(3)) != programs.program(Random(4))


def test_every_kind_of_trap_comes(traps, program):
    """From each mode to M-mode, and to S-mode from both modes that may."""
    seen, ways = set(), set()
    for seed in range(4):
        trace = Trace("traps")
        boot(traps, program(seed), trace=trace)
        for record in trace.records:
            assert isinstance(record, TrapTaken)
            seen.add((record.trap.interrupt, int(record.trap.cause)))
            ways.add(record.mode.name + record.to_mode.name)
    assert seen >= {(False, cause) for cause in (2, 3, 8, 9, 11, 13, 15)} | {(True, 1), (True, 7)}
    assert ways == {"MM", "SM", "UM", "SS", "US"}


def test_an_instruction_that_is_not_counted_shows(traps, shadow, program, monkeypatch):
    """Without the time of one emulated instruction the guest prints something else."""
    guest = program(0)
    count = ShadowedMachine.retire
    emulated = 0

    def retire(machine, instructions):
        nonlocal emulated
        emulated += instructions == 1
        count(machine, 0 if instructions == 1 and emulated == 100 else instructions)

    monkeypatch.setattr(ShadowedMachine, "retire", retire)
    printed = deprivileged(traps, shadow, guest).uart.output
    assert printed != boot(traps, guest).uart.output
