"""Random guests under random page tables: both engines, whole and preempted anywhere."""

from __future__ import annotations

import random

import pytest
from vmlab.hart import MASK64, HartState
from vmlab.isa import COMPRESSED, INSTRUCTIONS, Kind
from vmlab.machine import Machine
from vmlab.options import Options
from vmlab.sv39 import A, D, R, U, V, W, X
from vmlab.trap import Irq

BASE = 0x8000_0000
TABLES, FRAMES = 0x8000, 0x1_0000
"""Offsets in RAM."""
PAGES = 8
VIRTUAL = 0x4000_0000
COMPUTE = [row for row in INSTRUCTIONS if row.kind is Kind.COMPUTE]
MEMORY = [row for row in INSTRUCTIONS if row.kind in (Kind.LOAD, Kind.STORE, Kind.AMO)]
BRANCHES = [row for row in INSTRUCTIONS if row.kind is Kind.BRANCH]
"""No LR and SC: preemption takes away reservations."""
RIGHTS = [V | R | W | X | U | A | D] * 8 + [V | R | X | U | A, V | R | W | U | A | D, V | X | U | A]
RIGHTS += [V | R | W | X | U | A, V | R | W | X | A | D, 0]


def code(rng: random.Random) -> bytes:
    """Return a page of instructions, some of them short, in many small loops."""
    text = bytearray()
    while len(text) < 4096:
        choice = rng.random()
        if choice < 0.97:
            kinds = COMPUTE if choice < 0.6 else MEMORY if choice < 0.8 else BRANCHES
            row = rng.choice(kinds)
            word = row.match | rng.getrandbits(32) & ~row.mask
            if kinds is BRANCHES:
                near = {name: word >> place & 31 for name, place in (("rs1", 15), ("rs2", 20))}
                word = row.encode(imm=4 * rng.choice([-12, -6, -3, 2, 3, 5]), **near)
            elif kinds is MEMORY:
                word = word & ~(31 << 15) | rng.randrange(8, 16) << 15
            text += word.to_bytes(4, "little")
            if choice < 0.1:
                short = rng.choice(COMPRESSED)
                text += (short.match | rng.getrandbits(16) & ~short.mask).to_bytes(2, "little")
                text += rng.choice([b"\x01\x00", rng.randbytes(2)])
        else:
            text += rng.randbytes(4)
    return bytes(text[:4096])


def memory(rng: random.Random) -> bytes:
    """Return RAM: three levels of tables, then frames of code that two pages may share."""
    ram = bytearray(1 << 20)
    for level in (0, 1):
        at = TABLES + 0x1000 * level + (8 if level == 0 else 0)
        ram[at : at + 8] = (BASE + TABLES + 0x1000 * (level + 1) >> 2 | V).to_bytes(8, "little")
    for page in range(PAGES):
        at, frame = TABLES + 0x2000 + 8 * page, FRAMES + 0x1000 * page
        ram[at : at + 8] = pte(rng)
        ram[frame : frame + 0x1000] = code(rng)
    return bytes(ram)


def pte(rng: random.Random) -> bytes:
    frame = rng.choice([BASE + FRAMES + 0x1000 * rng.randrange(PAGES)] * 15 + [0x1000_0000])
    return (frame >> 2 | rng.choice(RIGHTS)).to_bytes(8, "little")


def somewhere(rng: random.Random) -> int:
    return VIRTUAL + 2 * rng.randrange(PAGES * 2048)


def run(machine: Machine, vcpu: HartState, budget: int, cuts: random.Random | None):
    """Run for `budget` instructions, preempted between them if `cuts` is given."""
    satp = 8 << 60 | BASE + TABLES >> 12
    if cuts is None:
        exit = machine.run_guest(vcpu, budget, satp=satp)
        return exit, exit.retired
    done = 0
    while True:
        slice_ = min(cuts.choice([0, 1, 1, 2, 3, 7, 50]), budget - done)
        exit = machine.run_guest(vcpu, slice_, satp=satp)
        done += exit.retired
        if done == budget or exit.cause != Irq.MTI or not exit.interrupt:
            return exit, done


@pytest.mark.parametrize("seed", range(12))
def test_engines_and_slices_make_no_difference(seed):
    rng = random.Random(seed)
    ram = memory(rng)
    misaligned = bool(seed % 2)
    machines, vcpus = [], []
    for engine in ("interpreter", "translator", "translator"):
        options = Options(engine, misaligned=misaligned, illegal_tval=True)
        machine = Machine(None, ram_mib=1, options=options)
        machine.ram[:] = ram
        machines.append(machine)
        vcpus.append(HartState(pc=VIRTUAL))
    first = vcpus[0]
    kinds = set()
    for _ in range(400):
        budget = rng.choice([1, 20, 300, 3000])
        cuts = (None, None, random.Random(rng.random()))
        whole, *others = (
            run(*each, budget, cut) for *each, cut in zip(machines, vcpus, cuts, strict=True)
        )
        kinds.add((whole[0].interrupt, int(whole[0].cause)))
        for found, vcpu in zip(others, vcpus[1:], strict=True):
            assert found == whole
            assert not first.changes(vcpu)
        pc = first.pc + rng.choice([0, 2, 4, 4, 4]) if rng.random() < 0.8 else somewhere(rng)
        registers = {rng.randrange(8, 16): somewhere(rng) & -8 for _ in range(3)}
        for vcpu in vcpus:
            vcpu.pc = pc & MASK64
            for number, value in registers.items():
                vcpu.x[number] = value
        if rng.random() < 0.1:
            at, new = TABLES + 0x2000 + 8 * rng.randrange(PAGES), pte(rng)
            for machine in machines:
                machine.ram[at : at + 8] = new
                if at % 16:
                    machine.fence_guest()
    for machine in machines[1:]:
        assert machine.ram == machines[0].ram
        assert machine.clock.retired == machines[0].clock.retired
    assert len(kinds) > 5
    assert machines[1].guest._engine.regions
