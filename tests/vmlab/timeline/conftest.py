"""A timeline made by hand: two VMs take turns, one of them is killed, and the host waits."""

from __future__ import annotations

import pytest
from vmlab.hart import Mode
from vmlab.timeline.record import Entry, Event, Fate, Idle, Timeline
from vmlab.trap import INTERRUPT_BIT, Exc, Exit, Irq

STI = INTERRUPT_BIT | Irq.STI
WFI, CSRW = 0x1050_0073, 0x1805_1073


def timer(at, vmid, retired, **more):
    return Entry(at, vmid, Exit(Irq.MTI, True, 0, retired), fate=Fate.SAME, **more)


def fault(at, vmid, retired, cause, tval=0, fate=Fate.SAME, injected=None):
    why = Exit(cause, False, tval, retired)
    return Entry(at, vmid, why, 0x8000_0100, Mode.S, fate, injected)


@pytest.fixture
def timeline():
    entries = [
        fault(0, 1, 99, Exc.LOAD_PAGE, 0x8001_2000),
        timer(100, 1, 899),
        fault(1000, 2, 299, Exc.STORE_PAGE, 0x1000_0000, Fate.EMULATED),
        fault(1300, 2, 199, Exc.ILLEGAL_INSTRUCTION, WFI, Fate.EMULATED, STI),
        fault(1500, 1, 299, Exc.ECALL_U, 0, Fate.INJECTED, Exc.ECALL_U),
        fault(1800, 1, 199, Exc.ILLEGAL_INSTRUCTION, CSRW, Fate.LAST),
    ]
    return Timeline(
        "V13  Shares: test_two",
        (("got", "VM 1: 60 %\nVM 2: 20 %"),),
        {1: "spin", 2: "ticks"},
        entries,
        [Idle(2000, 2500)],
        [
            Event(0, "created: 16 pages", 1, "C"),
            Event(2000, "killed: its handler traps itself", 1, "K", bad=True),
        ],
        [(1300, 2, ord("h")), (1300, 2, ord("i"))],
        0,
        2500,
    )
