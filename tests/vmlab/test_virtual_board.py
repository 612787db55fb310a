from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices import CLINT_BASE, FINISHER_BASE, PLIC_BASE, UART_BASE, UART_IRQ, VIRTIO_BASE
from vmlab.devices.virtio import ServedDisk
from vmlab.hart import HartState
from vmlab.image import Queue
from vmlab.trap import Irq
from vmlab.virtual_board import VirtualBoard

MTIMECMP = CLINT_BASE + 0x4000


@pytest.fixture
def hart() -> HartState:
    return HartState()


@pytest.fixture
def sent() -> bytearray:
    return bytearray()


@pytest.fixture
def board(hart: HartState, sent: bytearray) -> VirtualBoard:
    return VirtualBoard(hart, sent.append, None, lambda address, length: bytes(length))


def test_bytes_go_out(board: VirtualBoard, sent: bytearray) -> None:
    for byte in b"hi":
        board.write(UART_BASE, 1, byte)
    assert sent == b"hi"


def test_there_is_no_ram(board: VirtualBoard) -> None:
    with pytest.raises(BusError):
        board.read(0x8000_0000, 8)


def test_the_timer_strikes_by_the_virtual_clock(board: VirtualBoard, hart: HartState) -> None:
    board.write(MTIMECMP, 8, 100)
    assert board.strikes() == [(100, Irq.MTI)]
    board.clock.retire(99)
    board.show_wires()
    assert not hart.mip
    board.clock.skip(1)
    board.show_wires()
    assert hart.mip == 1 << Irq.MTI
    board.write(MTIMECMP, 8, 200)
    board.show_wires()
    assert not hart.mip


def test_input_reaches_both_contexts(board: VirtualBoard, hart: HartState) -> None:
    board.write(UART_BASE + 1, 1, 1)
    board.write(PLIC_BASE + 4 * UART_IRQ, 4, 1)
    for context in range(2):
        board.write(PLIC_BASE + 0x2000 + 0x80 * context, 4, 1 << UART_IRQ)
    board.uart.feed(b"x")
    board.show_wires()
    assert (hart.mip, hart.seip) == (1 << Irq.MEI, True)
    assert board.read(UART_BASE, 1) == ord("x")
    assert board.read(PLIC_BASE + 0x20_0004, 4) == UART_IRQ
    board.show_wires()
    assert (hart.mip, hart.seip) == (0, False)


def test_it_switches_off(board: VirtualBoard) -> None:
    board.write(FINISHER_BASE, 4, 0x5555)
    assert board.finisher.code == 0


@pytest.mark.parametrize("broken", [False, True])
def test_a_disk_is_served_from_outside(hart: HartState, broken: bool) -> None:
    served: list[Queue] = []

    def serve(queue: Queue) -> None:
        served.append(queue)
        queue.used += 1
        queue.taken += 1
        queue.broken = broken

    disk = ServedDisk(32, False, serve)
    board = VirtualBoard(hart, lambda byte: None, disk, lambda address, length: bytes(length))
    status, notify, interrupts = VIRTIO_BASE + 0x70, VIRTIO_BASE + 0x50, VIRTIO_BASE + 0x60
    for offset, value in ((0x38, 8), (0x80, 0x8000_1000), (0x90, 0x8000_2000), (0xA0, 0x8000_3000)):
        board.write(VIRTIO_BASE + offset, 4, value)
    board.write(VIRTIO_BASE + 0x44, 4, 1)
    board.write(status, 4, 15)
    board.write(notify, 4, 0)
    assert [(q.size, q.descriptors, q.driver, q.device) for q in served] == [
        (8, 0x8000_1000, 0x8000_2000, 0x8000_3000)
    ]
    assert bool(board.read(status, 4) & 64) is broken
    assert board.read(interrupts, 4) == (2 if broken else 1)
    assert board.read(VIRTIO_BASE + 0x100, 8) == 32
