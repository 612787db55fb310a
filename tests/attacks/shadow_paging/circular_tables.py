"""Have the guest's root lead to itself in all its entries: who follows it never comes to an end."""

from vmlab.paging import Act, Answer

TELLS = ""
STRIKES = "S17"

PAGE, RAM = 4096, 0x8000_0000


def start(memory, guest):
    global ram, frames, satp
    ram, frames, satp = memory.cast("Q"), list(guest.frames), 0


def turn():
    if satp >> 60 == 8:
        number = satp & (1 << 44) - 1
        at = (frames[number - (RAM >> 12)] * PAGE - RAM) // 8
        for index in range(512):
            ram[at + index] = number << 10 | 1


def root(host):
    turn()
    return 8 << 60 | host.allocate()


def fault(host, cause, address):
    turn()
    return Answer(Act.REFLECT, address, cause)


def write_satp(host, value):
    global satp
    satp = value
    turn()


def written(host, address, length):
    turn()


def set_mode(host, mode, sum, mxr):
    turn()


def fence(host, address, asid):
    turn()


take_frame = give_frame = fence
