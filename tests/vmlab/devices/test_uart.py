"""The UART: what comes out, what goes in, and when it interrupts."""

from __future__ import annotations

import pytest
from vmlab.bus import BusError
from vmlab.devices.uart import IER, IIR_FCR, LCR, LSR, MCR, MSR, RBR_THR, SCR, Uart


@pytest.fixture
def levels():
    return []


@pytest.fixture
def pulses():
    return []


@pytest.fixture
def uart(levels, pulses):
    return Uart(levels.append, lambda: pulses.append(1))


def test_output(uart):
    for byte in b"hello\0\xff":
        uart.write(RBR_THR, 1, byte)
    assert uart.output == b"hello\0\xff"
    assert uart.read(LSR, 1) == 0x60


def test_input(uart):
    uart.feed(b"ab")
    uart.feed(b"c")
    assert uart.read(LSR, 1) == 0x61
    assert [uart.read(RBR_THR, 1) for _ in range(4)] == [*b"abc", 0]
    assert uart.read(LSR, 1) == 0x60


def test_receive_interrupt(uart, levels):
    uart.feed(b"ab")
    assert levels == []
    assert uart.read(IIR_FCR, 1) == 1
    uart.write(IER, 1, 1)
    assert levels == [True]
    assert uart.read(IIR_FCR, 1) == 4
    uart.read(RBR_THR, 1)
    assert levels == [True]
    uart.read(RBR_THR, 1)
    assert levels == [True, False]


def test_transmit_interrupt(uart, levels, pulses):
    uart.write(RBR_THR, 1, 65)
    assert pulses == []
    uart.write(IER, 1, 2)
    assert len(pulses) == 1  # enabled while it is empty
    assert uart.read(IIR_FCR, 1) == 2
    assert uart.read(IIR_FCR, 1) == 1  # reading IIR acknowledges
    uart.write(IER, 1, 2)
    assert len(pulses) == 1
    uart.write(RBR_THR, 1, 65)
    assert len(pulses) == 2  # sent at once, so empty again
    uart.write(IER, 1, 0)
    uart.write(RBR_THR, 1, 65)
    assert len(pulses) == 2
    assert levels == []


def test_receive_comes_before_transmit(uart, levels):
    uart.write(IER, 1, 3)
    uart.feed(b"a")
    assert uart.read(IIR_FCR, 1) == 4
    uart.read(RBR_THR, 1)
    assert uart.read(IIR_FCR, 1) == 2
    assert levels == [True, False]


def send(uart, text: bytes) -> None:
    for byte in text:
        uart.write(RBR_THR, 1, byte)


def receive(uart) -> bytes:
    taken = b""
    while uart.read(LSR, 1) & 1:
        taken += bytes([uart.read(RBR_THR, 1)])
    return taken


def test_a_script_answers_prompts(uart):
    uart.feed_after(b"$ ", b"ls\n")
    uart.feed_after(b"$ ", b"exit\n")
    uart.feed_after(b"", b"!")
    send(uart, b"$")
    assert receive(uart) == b""
    send(uart, b" ")
    assert receive(uart) == b"ls\n"
    send(uart, b"a$ b")
    assert receive(uart) == b"exit\n!"
    send(uart, b"$ ")
    assert receive(uart) == b""


def test_a_prompt_that_was_sent_before_does_not_count(uart):
    send(uart, b"$ ")
    uart.feed_after(b"$ ", b"x")
    uart.feed_after(b"", b"y")
    assert receive(uart) == b""
    send(uart, b"$ ")
    assert receive(uart) == b"xy"


def test_a_script_survives_a_snapshot(uart):
    uart.feed_after(b"$ ", b"ls\n")
    send(uart, b"$")
    other = Uart()
    other.restore(uart.state())
    send(other, b" ")
    assert receive(other) == b"ls\n"


def test_loop(uart):
    uart.write(MCR, 1, 0x1A)
    assert uart.read(MSR, 1) == 0x90  # what Linux looks for
    send(uart, b"ab")
    assert (uart.output, receive(uart)) == (b"", b"ab")
    uart.write(MCR, 1, 0x15)
    assert uart.read(MSR, 1) == 0x60


def test_fifo_bits(uart):
    uart.write(IIR_FCR, 1, 1)
    assert uart.read(IIR_FCR, 1) == 0xC1
    uart.write(IIR_FCR, 1, 0)
    assert uart.read(IIR_FCR, 1) == 0x01


def test_clearing_fifos_keeps_the_script(uart):
    uart.feed(b"a")
    uart.write(IIR_FCR, 1, 7)
    assert uart.read(RBR_THR, 1) == ord("a")


def test_divisor_latch(uart):
    uart.feed(b"a")
    uart.write(LCR, 1, 0x83)
    uart.write(RBR_THR, 1, 0x12)
    uart.write(IER, 1, 0x34)
    assert (uart.read(RBR_THR, 1), uart.read(IER, 1)) == (0x12, 0x34)
    uart.write(LCR, 1, 0x03)
    assert uart.output == b""
    assert (uart.read(RBR_THR, 1), uart.read(IER, 1)) == (ord("a"), 0)


@pytest.mark.parametrize(
    ("register", "kept"),
    [(IER, 0x0F), (LCR, 0xFF), (MCR, 0x1F), (LSR, 0x60), (MSR, 0xB0), (SCR, 0xFF)],
)
def test_what_registers_keep(uart, register, kept):
    uart.write(register, 1, 0xFF)
    assert uart.read(register, 1) == kept


def test_registers_repeat(uart):
    uart.write(8, 1, 65)
    assert uart.output == b"A"


@pytest.mark.parametrize("width", [2, 4, 8])
def test_widths(uart, width):
    with pytest.raises(BusError):
        uart.read(0, width)
    with pytest.raises(BusError):
        uart.write(0, width, 65)
    assert uart.output == b""
