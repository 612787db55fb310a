"""Have the hart run a loop, with a budget that never ends."""

import itertools

from vmlab.hart import HartState

TELLS = ""
STRIKES = "V17"

PAGE, RAM = 4096, 0x8000_0000


def start(memory, resources):
    global words, frames
    words, frames = memory.cast("Q"), list(resources.frames)


def create(host, store, config):
    return None


def run(host, store, until):
    tables = frames[:4]
    for table, below in itertools.pairwise(tables):
        at = (table * PAGE - RAM) // 8
        for index in range(512):
            words[at + index] = 0
        words[at] = below << 10 | (0xDF if below == tables[-1] else 1)
    words[(tables[-1] * PAGE - RAM) // 8] = 0x6F  # j .
    host.run_guest(1, HartState(), (1 << 64) - 1, 8 << 60 | tables[0])


def attack(*arguments):
    raise RuntimeError
