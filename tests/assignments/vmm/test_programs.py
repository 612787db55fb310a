"""Random programs do the same on each engine, under the solution, and, if they are to, on QEMU."""

from __future__ import annotations

from random import Random

import pytest
from vmlab.bench import vmm_guests
from vmlab.bench.vmm import Bench
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.testing import Mismatch
from vmlab.trace import Trace, TrapTaken

SEEDS = range(4)
SECTIONS = 8
BUDGET = 200_000


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


@pytest.mark.parametrize("seed", SEEDS)
def test_equivalence(traps, vmm, program, seed):
    guest = program(seed)
    bare = boot(traps, guest)
    assert bare.uart.output.count(b"\n") == SECTIONS + 2
    assert boot(traps, guest, "interpreter").hart == bare.hart
    Bench(vmm).start().equals(traps, guest).prints(bare.uart.output.decode())


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


def test_an_instruction_that_is_not_counted_shows(traps, vmm, program, monkeypatch):
    """Without the time of one emulated instruction the guest prints something else."""
    guest, count, emulated = program(0), vmm.retired, 0

    def retired(vm):
        nonlocal emulated
        emulated += 1
        if emulated != 100:
            count(vm)

    monkeypatch.setattr(vmm, "retired", retired)
    with pytest.raises(Mismatch):
        Bench(vmm).start().equals(traps, guest)
