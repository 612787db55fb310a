"""The socket: acknowledgements, interrupts, and how a debugger leaves."""

from __future__ import annotations

import socket
import threading

import pytest
from vmlab.asm import assemble
from vmlab.gdb import Outcome, PortError, Target, listen, serve
from vmlab.gdb.packets import packet


class Client:
    """A debugger that speaks bytes."""

    def __init__(self, machine):
        self.listener = listen(0)
        self.port = self.listener.getsockname()[1]
        self.result = None
        self.thread = threading.Thread(target=self._serve, args=(Target(machine),))
        self.thread.start()
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.settimeout(30)

    def _serve(self, target):
        try:
            self.result = serve(self.listener, target, lambda: None)
        except Exception as error:
            self.result = error

    def expect(self, expected):
        """Read exactly these bytes."""
        got = b""
        while len(got) < len(expected):
            piece = self.socket.recv(len(expected) - len(got))
            assert piece, f"closed after {got!r}"
            got += piece
        assert got == expected

    def ask(self, data, reply):
        self.socket.sendall(packet(data))
        self.expect(b"+" + packet(reply))
        self.socket.sendall(b"+")

    def left(self):
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.result


@pytest.fixture
def client(machine):
    client = Client(machine)
    yield client
    client.socket.close()
    client.left()


def test_acknowledgements(client):
    client.ask(b"qC", b"QC1")
    client.socket.sendall(b"$qC#00")
    client.expect(b"-")
    client.socket.sendall(b"-")  # say it again
    client.expect(packet(b"QC1"))
    client.ask(b"QStartNoAckMode", b"OK")
    client.socket.sendall(packet(b"qC"))
    client.expect(packet(b"QC1"))


def test_interrupt(client, machine):
    machine.load(assemble("_start: j _start"))
    client.socket.sendall(packet(b"c"))
    client.expect(b"+")
    client.socket.sendall(b"\x03")
    client.expect(packet(b"T02thread:1;"))
    assert machine.clock.retired > 0
    client.ask(b"s", b"T05thread:1;")
    client.socket.sendall(b"\x03")  # comes too late: nothing runs
    client.ask(b"s", b"T05thread:1;")


@pytest.mark.parametrize(
    ("data", "reply", "outcome"),
    [
        (b"k", None, Outcome.KILLED),
        (b"vKill;1", b"OK", Outcome.KILLED),
        (b"D", b"OK", Outcome.DETACHED),
    ],
)
def test_leaving(client, data, reply, outcome):
    client.socket.sendall(packet(data))
    client.expect(b"+" + (packet(reply) if reply else b""))
    assert client.left() is outcome


def test_a_broken_connection(client):
    client.socket.close()
    assert client.left() is Outcome.GONE


def test_garbage_is_survived(client):
    client.socket.sendall(bytes(range(256)) * 300)
    client.socket.sendall(b"#00#00" + packet(b"qC"))
    got = b""
    while packet(b"QC1") not in got:
        got += client.socket.recv(4096)


def test_what_the_part_raises_is_told(client, machine):
    def fail(hart, fetch):
        raise ZeroDivisionError("the part's")

    machine.core._part = type("Part", (), {"access_mode": staticmethod(fail)})
    client.socket.sendall(packet(b"s"))
    client.expect(b"+" + packet(b"X06"))
    assert isinstance(client.left(), ZeroDivisionError)


def test_a_port_in_use():
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"^port {port} cannot be listened at: [^(]*$"):
            listen(port)


def test_only_this_host():
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
