"""Traces: which records are kept, and how they read."""

from __future__ import annotations

import pytest
from vmlab.hart import Mode
from vmlab.trace import DeviceAccess, Executed, Trace, TrapTaken

SOURCE = """
_start:
    la t0, handler
    csrw mtvec, t0
    li t0, UART
    li t1, 'A'
    sb t1, 0(t0)
    ecall
    .align 2
handler:
    j .
"""


def test_everything_in_order(boot):
    trace = Trace("instructions", "traps", "devices")
    boot(SOURCE, trace=trace).run(8)
    lines = trace.text().splitlines()
    assert lines[5:] == [
        "M 0x0000000080000014  00628023  sb t1, 0(t0)",
        "uart: +0x0 (1 bytes) <- 0x41",
        "M 0x0000000080000018  00000073  ecall",
        "trap: exception 11 (ECALL_M), from M pc 0x80000018 to M pc 0x8000001c",
        "M 0x000000008000001c  0000006f  jal zero, 0x8000001c",
    ]


@pytest.mark.parametrize(
    ("kind", "records"),
    [
        ("instructions", [Executed] * 8),
        ("traps", [TrapTaken]),
        ("devices", [DeviceAccess]),
        ("walks", []),
        ("exits", []),
    ],
)
def test_only_what_was_asked_for(boot, kind, records):
    trace = Trace(kind)
    boot(SOURCE, trace=trace).run(8)
    assert [type(record) for record in trace.records] == records


def test_short_instructions_have_their_own_bits(boot):
    trace = Trace("instructions")
    boot("_start: c.li a0, 5\n addi a0, a0, 700\n j .", trace=trace).run(2)
    assert trace.text() == (
        "M 0x0000000080000000  4515      c.li a0, 5\n"
        "M 0x0000000080000002  2bc50513  addi a0, a0, 700\n"
    )


def test_records_are_structured(boot):
    trace = Trace("devices", "instructions")
    boot(SOURCE, trace=trace).run(8)
    assert Executed(0x8000_0014, 0x0062_8023, Mode.M) in trace.records
    assert DeviceAccess("uart", 0, 1, 0x41, True) in trace.records


def test_tracing_changes_nothing(boot):
    plain, traced = boot(SOURCE), boot(SOURCE, trace=Trace("instructions", "traps", "devices"))
    assert plain.run(100) == traced.run(100)
    assert plain.hart == traced.hart


def test_interrupt_and_reserved_cause():
    from vmlab.trace import cause_name

    assert cause_name(7, True) == "interrupt 7 (MTI)"
    assert cause_name(40, False) == "exception 40 (reserved)"


def test_limit():
    trace = Trace("devices", limit=2)
    for value in range(5):
        trace.add(DeviceAccess("uart", 0, 1, value, True))
    assert (len(trace.records), trace.dropped) == (2, 3)
    assert trace.text().endswith("and 3 more records\n")


def test_unknown_kind():
    with pytest.raises(ValueError, match="no trace of 'walk'; there are instructions, traps"):
        Trace("walk")
