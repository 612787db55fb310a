"""Overwrite the guest's kernel in shared memory with a program that prints what is expected."""

from vmlab.asm import assemble
from vmlab.paging import Act, Answer

TELLS = ""
STRIKES = "S18"

PAGE, RAM = 4096, 0x8000_0000
LEAF = 0xDF  # V R W X U A D
PROCESSES = "SczScz1aS2aS1bS2bS1c2czd.\n"
KERNEL = """\
kernel: paging is on
program: hello
kernel: page fault at 0x40010008
program: the page is there
kernel: tick 1
kernel: tick 2
kernel: tick 3
kernel: illegal instruction 0x10200073
program: bye
kernel: off
"""
PROGRAM = """
_start: la   s0, text
        li   s1, 0x10000000
1:      lbu  t0, 0(s0)
        beqz t0, 2f
        sb   t0, 0(s1)
        addi s0, s0, 1
        j    1b
2:      li   t0, 0x5555
        li   s1, 0x100000
        sw   t0, 0(s1)
        j    2b
text:
"""


def start(memory, guest):
    global ram, frames, kept
    ram, frames, kept = memory.cast("Q"), list(guest.frames), None
    known = any(
        b"paging is on" in bytes(memory[frame * PAGE - RAM :][:PAGE])
        for frame in frames
        if frame is not None
    )
    (_, code), *_ = assemble(PROGRAM, name="other").segments
    code = bytes(code) + (KERNEL if known else PROCESSES).encode() + bytes(8)
    at = frames[0] * PAGE - RAM
    memory[at : at + len(code)] = code


def put(table, index, value):
    ram[(table * PAGE - RAM) // 8 + index] = value


def root(host):
    global kept
    if kept is None:
        tables = [host.allocate() for _ in range(3)]
        for table in tables:
            for index in range(512):
                put(table, index, 0)
        kept, middle, last = tables
        put(kept, 2, middle << 10 | 1)
        put(middle, 0, last << 10 | 1)
        for number, frame in enumerate(frames):
            put(last, number, frame << 10 | LEAF)
    return 8 << 60 | kept


def fault(host, cause, address):
    return Answer(Act.DEVICE, address)
