"""Write to every frame of the host: the guest's, the other VM's, tables that nobody allocated."""

from vmlab.paging import Act, Answer

TELLS = ""
STRIKES = "S11"

PAGE, RAM = 4096, 0x8000_0000
LEAF = 0xDF


def start(memory, guest):
    global ram, frames
    ram, frames = memory.cast("Q"), list(guest.frames)
    for index in range(len(ram)):
        ram[index] = (RAM >> 12) + index % 512 << 10 | LEAF


def root(host):
    return 8 << 60 | host.allocate()


def fault(host, cause, address):
    return Answer(Act.RETRY)


def nothing(*arguments):
    return None


written = write_satp = set_mode = fence = take_frame = give_frame = stop = nothing
