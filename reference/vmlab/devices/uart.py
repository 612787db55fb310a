"""A 16550A UART that sends at once, and receives what a script feeds it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from vmlab.bus import BusError

# Register offsets; with DLAB=1, 0 and 1 are the two bytes of the divisor latch.
RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR = range(8)

IER_RX = 1 << 0
IER_TX = 1 << 1
IER_MASK = 0x0F
FCR_ENABLE = 1 << 0
IIR_NONE = 0x01
IIR_TX = 0x02
IIR_RX = 0x04
IIR_FIFOS = 0xC0
LCR_DLAB = 1 << 7
MCR_MASK = 0x1F
LSR_READY = 1 << 0
LSR_TX_EMPTY = 1 << 5 | 1 << 6
"""THR empty, and transmitter idle: always so, as sending takes no time."""
MSR_VALUE = 0xB0
"""Carrier, data set ready, clear to send; nothing ever changes."""


class Uart:
    """Eight registers of one byte each."""

    name = "uart"
    size = 0x100

    def __init__(self, interrupt: Callable[[bool], None] = lambda level: None) -> None:
        """Build it; `interrupt` is called with the level of its interrupt line."""
        self._interrupt = interrupt
        self._sent = bytearray()
        self._received: deque[int] = deque()
        self._divisor = 0
        self._ier = 0
        self._fifos = False
        self._lcr = 0
        self._mcr = 0
        self._scr = 0
        self._tx_request = False
        """The transmitter has become empty and nobody has taken notice."""

    @property
    def output(self) -> bytes:
        """All that the guest has sent so far."""
        return bytes(self._sent)

    def feed(self, data: bytes) -> None:
        """Let the guest receive `data`, after what is still unread."""
        self._received.extend(data)
        self._update()

    def read(self, offset: int, width: int) -> int:
        """Read a register. RBR takes a byte, IIR acknowledges the transmitter's interrupt."""
        register = _register(offset, width)
        if self._lcr & LCR_DLAB and register in (RBR_THR, IER):
            return self._divisor >> 8 * register & 0xFF
        if register == RBR_THR:
            value = self._received.popleft() if self._received else 0
            self._update()
            return value
        if register == IIR_FCR:
            value = self._identify()
            if value & 0x0F == IIR_TX:
                self._tx_request = False
                self._update()
            return value
        return {
            IER: self._ier,
            LCR: self._lcr,
            MCR: self._mcr,
            LSR: LSR_TX_EMPTY | (LSR_READY if self._received else 0),
            MSR: MSR_VALUE,
            SCR: self._scr,
        }[register]

    def write(self, offset: int, width: int, value: int) -> None:
        """Write a register. THR sends a byte; LSR and MSR cannot be written."""
        register = _register(offset, width)
        if self._lcr & LCR_DLAB and register in (RBR_THR, IER):
            shift = 8 * register
            self._divisor = self._divisor & ~(0xFF << shift) | value << shift
        elif register == RBR_THR:
            self._sent.append(value)
            self._tx_request = True
        elif register == IER:
            # Enabling the transmitter's interrupt while it is empty raises it.
            self._tx_request |= bool(value & ~self._ier & IER_TX)
            self._ier = value & IER_MASK
        elif register == IIR_FCR:
            # Clearing the receive FIFO loses nothing: the script's bytes still wait at the sender.
            self._fifos = bool(value & FCR_ENABLE)
        elif register == LCR:
            self._lcr = value
        elif register == MCR:
            self._mcr = value & MCR_MASK
        elif register == SCR:
            self._scr = value
        self._update()

    def state(self) -> dict[str, Any]:
        """Return what a snapshot keeps: the registers, all that was sent, and what is unread."""
        return {
            "sent": bytes(self._sent),
            "received": bytes(self._received),
            "divisor": self._divisor,
            "ier": self._ier,
            "fifos": self._fifos,
            "lcr": self._lcr,
            "mcr": self._mcr,
            "scr": self._scr,
            "tx_request": self._tx_request,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self._sent[:] = state["sent"]
        self._received = deque(state["received"])
        self._divisor = state["divisor"]
        self._ier = state["ier"]
        self._fifos = state["fifos"]
        self._lcr = state["lcr"]
        self._mcr = state["mcr"]
        self._scr = state["scr"]
        self._tx_request = state["tx_request"]

    def _identify(self) -> int:
        """Return IIR: of the interrupts that are enabled and raised, the one that comes first."""
        fifos = IIR_FIFOS if self._fifos else 0
        if self._ier & IER_RX and self._received:
            return fifos | IIR_RX
        if self._ier & IER_TX and self._tx_request:
            return fifos | IIR_TX
        return fifos | IIR_NONE

    def _update(self) -> None:
        self._interrupt(not self._identify() & IIR_NONE)


def _register(offset: int, width: int) -> int:
    if width != 1:
        raise BusError(offset)
    return offset & 7  # the eight registers repeat
