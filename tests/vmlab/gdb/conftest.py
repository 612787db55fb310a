"""A machine for a debugger, and the packets that go to and fro."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble
from vmlab.gdb.commands import Commands, Do
from vmlab.gdb.target import Target
from vmlab.machine import Machine
from vmlab.options import Options

GUEST = """
_start:
    la   sp, stack
    la   t0, handler
    csrw mtvec, t0
    li   s0, 0
loop:
    addi s0, s0, 1
    call work
    li   t1, 5
    bne  s0, t1, loop
    ecall
    li   t0, 0x100000
    li   t1, 0x5555
finish:
    sw   t1, (t0)
1:  j    1b
work:
    la   t2, word
store:
    sd   s0, 0(t2)
load:
    ld   t3, 0(t2)
    ret
handler:
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    mret
    .align 3
word: .dword 0
    .zero 256
stack:
"""


@pytest.fixture(scope="session")
def program():
    return assemble(GUEST)


@pytest.fixture
def machine(part, program):
    options = Options(engine="interpreter", pmp_entries=16)
    machine = Machine(part, ram_mib=1, options=options)
    machine.load(program)
    return machine


class Session:
    """Speaks as a debugger does, without a socket."""

    def __init__(self, machine, program):
        self.machine = machine
        self.symbols = program.symbols
        self.said = []
        self.target = Target(machine)
        self.commands = Commands(self.target, self.said.append)

    def __call__(self, packet):
        """Send a packet, text or bytes; return the reply as text."""
        data = packet if isinstance(packet, bytes) else packet.encode()
        reply = self.commands.answer(data)
        if reply is Do.CONTINUE:
            self.target.begin()
            event = None
            while event is None:
                event = self.target.slice()
            reply = self.commands.stopped(event)
        return reply if isinstance(reply, Do) else reply.decode("latin-1")

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self(f"p{number:x}")), "little")

    @property
    def pc(self):
        return self.register(32)


@pytest.fixture
def session(machine, program):
    return Session(machine, program)
