"""What the hart ran for a VM is known for this VM's, or for another program."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from vmlab.asm import assemble
from vmlab.bench.vmm import configuration
from vmlab.bench.vmm_witness import Witness, state
from vmlab.hart import HartState
from vmlab.machine import Machine
from vmlab.testing import Mismatch
from vmlab.testing.loading import load_part

SOLUTIONS = Path(__file__).parents[3] / "reference" / "solutions"
COUNTS = """
_start: li      s0, 100
1:      addi    s0, s0, -1
        bnez    s0, 1b
        li      t0, 0x5555
        li      t1, 0x100000
        sw      t0, 0(t1)
"""
PROGRAM = assemble(COUNTS)


def given(name: str) -> ModuleType:
    return load_part(SOLUTIONS, name)


@pytest.fixture
def witness() -> Witness:
    return Witness(configuration(PROGRAM, "vm1", 1), {})


def follow(witness: Witness, count: int, wrong: int = 0) -> None:
    """Have the witness see so much of the guest, with a register that is not the guest's."""
    machine = Machine(given("traps"))
    machine.load(PROGRAM)
    machine.hart.x[10:12] = [0, 0]
    for _ in range(count // 10):
        hart = machine.hart.copy()
        hart.x[31] = wrong
        before = state(hart)
        machine.run(10)
        hart = machine.hart.copy()
        hart.x[31] = wrong
        witness.saw(before, 10, state(hart))


def test_a_guest_that_ran_is_known(witness: Witness) -> None:
    follow(witness, 200)
    witness.check(given, to_the_end=True)


def test_one_that_has_begun_has_not_ended(witness: Witness) -> None:
    follow(witness, 20)
    witness.check(given, to_the_end=False)
    with pytest.raises(Mismatch) as caught:
        witness.check(given, to_the_end=True)
    assert caught.value.got == "20 of its own, 0 others"


def test_another_program_is_not_the_guest(witness: Witness) -> None:
    follow(witness, 200, wrong=1)
    with pytest.raises(Mismatch) as caught:
        witness.check(given, to_the_end=False)
    assert caught.value.got == "0 of its own, 200 others"


def test_a_guest_that_never_ran_has_not_ended(witness: Witness) -> None:
    witness.saw(state(HartState()), 0, state(HartState()))
    witness.check(given, to_the_end=False)
    with pytest.raises(Mismatch):
        witness.check(given, to_the_end=True)
