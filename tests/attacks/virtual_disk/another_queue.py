"""Give the driver another queue back than it came with: elsewhere, and with no place in it."""

import struct

from vmlab.memory import RAM_BASE

TELLS = ""
STRIKES = "D15"


def attach(store, name, format, read_only):
    store.lock(name, not read_only)
    return 0


def serve(store, memory, disk, queue):
    queue.size = 0
    queue.device = RAM_BASE + 0x4000
    struct.pack_into("<H", memory, queue.device + 2 - RAM_BASE, 7)
    queue.driver = queue.descriptors = (1 << 64) - 1
    return True


def attack(*arguments):
    return 0
