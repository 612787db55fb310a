"""Whether the guest has got a trap, or its instruction was carried out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from vmlab.hart import HartState, Mode
from vmlab.mstatus import MPP, SPP, set_field
from vmlab.trap import Exc, Exit

HANDLER = 0x8000_0100
MRET, SRET = 0x3020_0073, 0x1020_0073


def entered(traps, vmm, bits, mode):
    """Execute bits at the beginning of a handler that has their own address as its epc."""
    hart = HartState(pc=HANDLER, mode=mode)
    hart.mtvec = hart.stvec = hart.mepc = hart.sepc = HANDLER
    hart.mcause = hart.scause = int(Exc.ILLEGAL_INSTRUCTION)
    hart.medeleg = 1 << Exc.ILLEGAL_INSTRUCTION
    hart.mstatus = set_field(set_field(hart.mstatus, MPP, Mode.M), SPP, Mode.S)
    exit = Exit(Exc.ILLEGAL_INSTRUCTION, tval=bits)
    traps.handle_exit(hart, exit, None)
    assert hart.pc == HANDLER
    return vmm.is_entered(SimpleNamespace(hart=hart), exit, HANDLER, mode)


@pytest.mark.parametrize(("bits", "mode"), [(MRET, Mode.M), (SRET, Mode.S)])
def test_a_return_to_itself_is_no_trap(traps, vmm, bits, mode):
    assert not entered(traps, vmm, bits, mode)


@pytest.mark.parametrize("bits", [MRET, 1])
@pytest.mark.parametrize("mode", [Mode.S, Mode.U])
def test_what_is_refused_is_one(traps, vmm, bits, mode):
    assert entered(traps, vmm, bits, mode)


def test_what_is_nothing_is_one_in_every_mode(traps, vmm):
    assert all(entered(traps, vmm, 1, mode) for mode in Mode)
