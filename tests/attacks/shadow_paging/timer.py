"""Scribble over all shared memory by a timer, while the hardware and the bench use it."""

import random
import signal

TELLS = ""
STRIKES = "S17"

chance = random.Random(1)


def start(memory, guest):
    global ram
    ram = memory.cast("Q")

    def scribble(number, frame):
        for _ in range(100):
            ram[chance.randrange(len(ram))] = chance.choice(
                (0, 1, (1 << 64) - 1, (0x80000 + chance.randrange(64)) << 10 | 0xCF)
            )

    signal.signal(signal.SIGALRM, scribble)
    # Not faster: handlers would pile up in each other until the stack is full.
    signal.setitimer(signal.ITIMER_REAL, 2e-3, 2e-3)


def root(host):
    return 8 << 60 | host.allocate()


def fault(host, cause, address):
    from vmlab.paging import Act, Answer

    return Answer(Act.RETRY)


def nothing(*arguments):
    return None


written = write_satp = set_mode = fence = take_frame = give_frame = stop = nothing
