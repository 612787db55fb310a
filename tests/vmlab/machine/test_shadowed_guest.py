"""Guests with page tables of their own, under a VMM that shadows them: `run_guest` with a root."""

from __future__ import annotations

import pytest
from vmlab.machine import Machine


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


def bare(part, program, typed: bytes = b"") -> str:
    machine = Machine(part, ram_mib=4)
    machine.load(program)
    machine.run(1_000_000)
    return machine.uart.output.decode()


@pytest.mark.parametrize("name", ["csrs", "exceptions", "paging", "timer"])
def test_a_kernel_prints_what_it_prints_on_the_bare_machine(shadowed, part, kernel, name):
    program = kernel(name)
    expected = bare(part, program)
    assert len(expected) > 16
    vmm = shadowed(program)
    assert vmm.run(slice_=10_000) == expected
    assert vmm.fills > 2


@pytest.mark.parametrize("slice_", [1, 7])
def test_preemption_at_any_instruction_changes_nothing(shadowed, kernel, slice_):
    program = kernel("timer")
    whole, cut = shadowed(program), shadowed(program)
    assert cut.run(slice_) == whole.run(10_000)
    assert cut.vcpu == whole.vcpu
    assert cut.ram.bytes == whole.ram.bytes
    assert cut.machine.clock.retired == whole.machine.clock.retired
