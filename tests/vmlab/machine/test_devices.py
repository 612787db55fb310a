"""Devices in the machine: what they write is executed, their wires are seen, and where they are."""

from __future__ import annotations

import struct

import pytest
from vmlab.asm import assemble
from vmlab.block import SECTOR, MemoryDisk
from vmlab.bus import BusError
from vmlab.net import Wire

RAM = 0x8000_0000


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


# Sets up the queue of the virtio disk in slot 0, with the rings in the second page of RAM.
SET_UP = """
    .equ VIRTIO, 0x10001000
    .equ RINGS, 0x80001000
    li   s0, VIRTIO
    li   s1, RINGS
    sw   zero, 0x70(s0)
    li   t0, 11
    sw   t0, 0x70(s0)
    sw   zero, 0x30(s0)
    li   t0, 8
    sw   t0, 0x38(s0)
    sw   s1, 0x80(s0)
    addi t0, s1, 0x200
    sw   t0, 0x90(s0)
    addi t0, s1, 0x400
    sw   t0, 0xa0(s0)
    li   t0, 1
    sw   t0, 0x44(s0)
    li   t0, 15
    sw   t0, 0x70(s0)
"""


def request_at(machine, header: int, buffer: int, length: int) -> None:
    """Write a request to read sector 0 into `buffer`, and its chain, into RAM; publish it."""
    table, driver = 0x1000, 0x1200
    machine.ram[header : header + 16] = bytes(16)
    entries = [(header, 16, 1, 1), (buffer, length, 3, 2), (header + 16, 1, 2, 0)]
    for index, (offset, size, flags, following) in enumerate(entries):
        entry = struct.pack("<QIHH", RAM + offset, size, flags, following)
        machine.ram[table + 16 * index : table + 16 * index + 16] = entry
    machine.ram[driver + 2] = 1


def test_code_that_the_disk_brings_is_executed(boot):
    """Also where other code was executed before."""
    new = assemble("li a0, 2\n ret\n").segments[0][1]
    machine = boot(
        f"""
        _start: {SET_UP}
        li   s2, 100                    # long enough for any engine to have translated it
    1:  call code
        addi s2, s2, -1
        bnez s2, 1b
        mv   s3, a0
        sw   zero, 0x50(s0)
        call code
        j    .
        .align 12
        .space 4096
    code:
        li   a0, 1
        ret
        .space 512
        """,
        disk=MemoryDisk(new.ljust(SECTOR, b"\0")),
    )
    request_at(machine, 0x1800, 0x2000, SECTOR)
    machine.run(3000)
    assert machine.hart.x[19] == 1
    assert machine.hart.x[10] == 2


def test_a_reservation_does_not_outlive_dma(boot):
    machine = boot(
        f"""
        _start: {SET_UP}
        la   t0, word
        lr.w a0, (t0)
        sw   zero, 0x50(s0)
        sc.w a1, a0, (t0)
        j    .
        .align 12
        .space 4096
    word:
        .space 512
        """,
        disk=MemoryDisk(b"x" * SECTOR),
    )
    request_at(machine, 0x1800, 0x2000, SECTOR)
    machine.run(200)
    assert machine.hart.x[11] == 1
    assert bytes(machine.ram[0x2000:0x2004]) == b"xxxx"


def test_interrupts_of_the_slots_are_1_and_2(boot):
    wire = Wire()
    machine = boot("j .", disk=MemoryDisk(bytes(SECTOR)), net=wire)
    machine.net.up = False
    for slot in range(8):
        machine.board.virtio[slot].write(0x70, 4, 15)
    machine.net.up = True
    assert machine.plic.pending == 1 << 2
    machine.bus.write(0x1000_1000 + 0x50, 4, 0)  # its queue is not ready
    assert machine.plic.pending == 1 << 2


def test_where_devices_are(boot):
    machine = boot("j .", disk=MemoryDisk(bytes(SECTOR)), net=Wire())
    ids = [machine.bus.read(0x1000_1008 + 0x1000 * slot, 4) for slot in range(8)]
    assert ids == [2, 1, 0, 0, 0, 0, 0, 0]
    assert machine.bus.read(0x200_BFF8, 8) == 0
    assert machine.bus.read(0x10_1004, 4) == 0
    assert machine.bus.read(0xC00_0000 + 0x60_0000 - 4, 4) == 0
    for address, width in ((0x0F_FFFF, 1), (0x10_2000, 4), (0xC60_0000, 4), (0x1000_9000, 4)):
        with pytest.raises(BusError):
            machine.bus.read(address, width)
    with pytest.raises(BusError):
        machine.bus.read(0x1000_0100, 1)  # behind the UART, before the first slot


def test_a_frame_that_arrives_between_two_runs_wakes_the_hart(boot):
    """The card writes into RAM and interrupts, from outside."""
    wire = Wire()
    machine = boot(
        """
        _start:
        li   s0, 0x10002000
        li   s1, 0x80001000
        li   t0, 11
        sw   t0, 0x70(s0)
        li   t0, 8
        sw   t0, 0x38(s0)
        sw   s1, 0x80(s0)
        addi t0, s1, 0x200
        sw   t0, 0x90(s0)
        addi t0, s1, 0x400
        sw   t0, 0xa0(s0)
        li   t0, 1
        sw   t0, 0x44(s0)
        li   t0, 15
        sw   t0, 0x70(s0)
        li   t0, 0xc000000
        li   t1, 1
        sw   t1, 8(t0)                  # source 2
        li   t0, 0xc002000
        li   t1, 1 << 2
        sw   t1, 0(t0)
        li   t0, 1 << 11
        csrw mie, t0
        wfi
        li   t0, 0xc200004
        lw   a0, 0(t0)
        la   t0, buffer
        lw   a1, 12(t0)
        li   t0, 0x100000
        li   t1, 0x5555
        sw   t1, 0(t0)
        .align 12
        .space 4096
    buffer:
        .space 2048
        """,
        net=wire,
    )
    machine.ram[0x1000:0x1010] = struct.pack("<QIHH", RAM + 0x2000, 2048, 2, 0)
    machine.ram[0x1202] = 1
    assert machine.run(1000).reason.value == "idle"
    wire.deliver(b"four".ljust(60, b"."))
    assert machine.run(1000).reason.value == "finished"
    assert machine.hart.x[10] == 2
    assert machine.hart.x[11].to_bytes(4, "little") == b"four"


def test_a_prompt_is_answered_at_the_instruction_that_ends_it(boot):
    """So what a script types does not depend on how long the runs are."""
    source = """
    _start:
        li   t0, 0x10000000
        li   t1, '$'
        sb   t1, (t0)
        lbu  a0, 5(t0)
        li   t1, ' '
        sb   t1, (t0)
        lbu  a1, 5(t0)
        j    .
    """
    for budget in (1, 7, 100):
        machine = boot(source)
        machine.uart.feed_after(b"$ ", b"x")
        for _ in range(0, 100, budget):
            machine.run(budget)
        assert [machine.hart.x[n] & 1 for n in (10, 11)] == [0, 1]
