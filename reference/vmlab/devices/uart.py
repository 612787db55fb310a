"""A 16550A UART that sends at once, and receives what it is fed, now or when a prompt appears."""

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
MCR_LOOP = 1 << 4
"""The transmitter feeds the receiver, and the modem's outputs its inputs."""
MCR_TO_MSR = ((1 << 0, 1 << 5), (1 << 1, 1 << 4), (1 << 2, 1 << 6), (1 << 3, 1 << 7))
"""Which output (DTR, RTS, OUT1, OUT2) shows at which input (DSR, CTS, RI, DCD) in a loop."""
LSR_READY = 1 << 0
LSR_TX_EMPTY = 1 << 5 | 1 << 6
"""THR empty, and transmitter idle: always so, as sending takes no time."""
MSR_VALUE = 0xB0
"""Carrier, data set ready, clear to send: a terminal that never changes its mind."""


class Uart:
    """Eight registers of one byte each."""

    name = "uart"
    size = 0x100

    def __init__(
        self,
        interrupt: Callable[[bool], None] = lambda level: None,
        pulse: Callable[[], None] = lambda: None,
        send: Callable[[int], None] = lambda byte: None,
    ) -> None:
        """Build it.

        Args:
            interrupt: Called when its interrupt line moves, with the new level: whether there is
                something to be received, and that interrupt is enabled.
            pulse: Called when the transmitter has become empty, and that interrupt is enabled.
                It is a pulse because drivers for this board (xv6) never acknowledge it.
            send: Called with each byte that is sent.
        """
        self._interrupt = interrupt
        self._pulse = pulse
        self._line = send
        self._level = False
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
        self._script: deque[tuple[bytes, bytes]] = deque()
        """Prompts that are yet to be sent, with what to receive then."""

    @property
    def output(self) -> bytes:
        """All that the guest has sent so far."""
        return bytes(self._sent)

    def feed(self, data: bytes) -> None:
        """Let the guest receive `data`, after what is still unread."""
        self._received.extend(data)
        self._update()

    def feed_after(self, prompt: bytes, data: bytes) -> None:
        """Let the guest receive `data` as soon as it sends the last byte of `prompt`.

        Several such wait for each other, in order. With nothing as the prompt, the turn of `data`
        comes with that of what it follows.
        """
        self._script.append((prompt, data))
        self._go_on(b"")

    def _go_on(self, sent: bytes) -> None:
        """Feed what the script says after `sent` has been sent."""
        while self._script:
            prompt, data = self._script[0]
            if prompt and not (sent and self._sent.endswith(prompt)):
                return
            self._script.popleft()
            sent = b""  # it answers one prompt
            self._received.extend(data)
            self._update()

    def read(self, offset: int, width: int) -> int:
        """Read a register. RBR takes a byte, IIR acknowledges the transmitter's interrupt."""
        register = _register(offset, width)
        if register == LSR:  # first, since this is what drivers wait for
            return LSR_TX_EMPTY | (LSR_READY if self._received else 0)
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
            return value
        return {
            IER: self._ier,
            LCR: self._lcr,
            MCR: self._mcr,
            MSR: self._modem(),
            SCR: self._scr,
        }[register]

    def write(self, offset: int, width: int, value: int) -> None:
        """Write a register. THR sends a byte; LSR and MSR cannot be written."""
        register = _register(offset, width)
        if self._lcr & LCR_DLAB and register in (RBR_THR, IER):
            shift = 8 * register
            self._divisor = self._divisor & ~(0xFF << shift) | value << shift
        elif register == RBR_THR:
            self._send(value)
        elif register == IER:
            enables = value & ~self._ier & IER_TX
            self._ier = value & IER_MASK
            if enables:
                self._emptied()  # enabling it while the transmitter is empty raises it
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

    def _send(self, byte: int) -> None:
        if self._mcr & MCR_LOOP:
            self._received.append(byte)
        else:
            self._sent.append(byte)
            self._line(byte)
            if self._script:
                self._go_on(bytes([byte]))
        self._emptied()

    def _emptied(self) -> None:
        """Note that the transmitter is empty again."""
        self._tx_request = True
        if self._ier & IER_TX:
            self._pulse()

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
            "script": [list(step) for step in self._script],
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
        self._script = deque((prompt, data) for prompt, data in state["script"])
        self._level = self._receiving()

    def _identify(self) -> int:
        """Return IIR: of the interrupts that are enabled and raised, the one that comes first."""
        fifos = IIR_FIFOS if self._fifos else 0
        if self._receiving():
            return fifos | IIR_RX
        if self._ier & IER_TX and self._tx_request:
            return fifos | IIR_TX
        return fifos | IIR_NONE

    def _receiving(self) -> bool:
        return bool(self._ier & IER_RX and self._received)

    def _modem(self) -> int:
        if self._mcr & MCR_LOOP:
            return sum(shown for driven, shown in MCR_TO_MSR if self._mcr & driven)
        return MSR_VALUE

    def _update(self) -> None:
        level = self._receiving()
        if level != self._level:
            self._level = level
            self._interrupt(level)


def _register(offset: int, width: int) -> int:
    if width != 1:
        raise BusError(offset)
    return offset & 7  # the eight registers repeat
