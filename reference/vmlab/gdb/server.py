"""A socket on loopback, and a debugger at the other end."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable
from enum import Enum

from .commands import Commands, Do
from .packets import Mark, Reader, packet
from .target import Event, Target, Why

HOST = "127.0.0.1"
"""Nobody outside this host gets in: whoever does can do anything to the machine."""
PIECE = 1 << 16
FAILED = b"X06"
"""Stop reply: the process ended by SIGABRT."""


class PortError(Exception):
    """The port cannot be listened at; the message is one sentence."""


class Outcome(Enum):
    """How a debugger left."""

    DETACHED = "detached"
    KILLED = "killed"
    GONE = "gone"
    """The connection broke."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback; port 0 chooses a free one. Raises PortError."""
    try:
        return socket.create_server((HOST, port), backlog=1)
    except OSError as error:
        # Python adds the address, which stands in our sentence already.
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        raise PortError(f"port {port} cannot be listened at: {reason}") from None


def serve(listener: socket.socket, target: Target, ran: Callable[[], None]) -> Outcome:
    """Wait for one debugger, and do what it says until it leaves.

    Args:
        listener: From `listen`; it is closed when the debugger has come.
        target: The machine.
        ran: Called after the machine has run for a while.

    What the `traps` part raises passes through, when the debugger has been told.
    """
    connection, _ = listener.accept()
    listener.close()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return _Session(connection, target, ran).run()
        except (ConnectionError, EOFError):
            return Outcome.GONE


class _Session:
    """One debugger's connection."""

    def __init__(self, connection: socket.socket, target: Target, ran: Callable[[], None]) -> None:
        self._connection = connection
        self._target = target
        self._ran = ran
        self._reader = Reader()
        self._waiting: deque[bytes | Mark] = deque()
        self._last = b""
        self._commands = Commands(target, self._say)

    def run(self) -> Outcome:
        """Answer packets until the debugger leaves."""
        while True:
            if not self._waiting:
                self._receive()
                continue
            item = self._waiting.popleft()
            if item is Mark.INTERRUPT:  # the machine has stopped by itself meanwhile
                continue
            if item is Mark.AGAIN:
                self._connection.sendall(self._last)
                continue
            if item is Mark.BROKEN:
                self._acknowledge(b"-")
                continue
            assert isinstance(item, bytes)
            self._acknowledge(b"+")
            outcome = self._answer(item)
            if outcome is not None:
                return outcome

    def _answer(self, data: bytes) -> Outcome | None:
        try:
            reply = self._commands.answer(data)
            if reply is Do.CONTINUE:
                reply = self._commands.stopped(self._run_on())
        except (ConnectionError, EOFError):
            raise
        except Exception:
            self._send(FAILED)
            raise
        self._ran()
        if reply is Do.KILL:
            if data != b"k":
                self._send(b"OK")
            return Outcome.KILLED
        if reply is Do.DETACH:
            self._send(b"OK")
            return Outcome.DETACHED
        assert isinstance(reply, bytes)
        self._send(reply)
        return None

    def _run_on(self) -> Event:
        """Let the machine run until something stops it, or the debugger interrupts."""
        self._target.begin()
        while True:
            event = self._target.slice()
            self._ran()
            if event is not None:
                return event
            while select.select([self._connection], [], [], 0)[0]:
                self._receive()
            if Mark.INTERRUPT in self._waiting:
                self._waiting.remove(Mark.INTERRUPT)
                return Event(Why.INTERRUPTED)

    def _receive(self) -> None:
        piece = self._connection.recv(PIECE)
        if not piece:
            raise EOFError
        self._waiting.extend(self._reader.feed(piece))

    def _say(self, text: str) -> None:
        self._send(b"O" + f"vmlab: {text}\n".encode().hex().encode())

    def _send(self, data: bytes) -> None:
        self._last = packet(data)
        self._connection.sendall(self._last)

    def _acknowledge(self, sign: bytes) -> None:
        if self._commands.acknowledges:
            self._connection.sendall(sign)
