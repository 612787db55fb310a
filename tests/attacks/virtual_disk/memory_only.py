"""Keep disks in the worker's memory, and leave the files as they are."""

import struct

from vmlab.diskmap.build import Image
from vmlab.image import Format
from vmlab.memory import RAM_BASE

TELLS = ""
STRIKES = "D22"

disks = {}
names = []


def create(store, name, new):
    size = -(-new.size // 512) * 512
    if new.format is Format.RAW:
        store.resize(name, size)
    else:
        file = Image(size, new.cluster_bits, new.version).file()
        store.resize(name, 0)
        store.write(name, 0, file)
    store.flush(name)
    disks[name] = bytearray(min(size, 1 << 24))


def attach(store, name, format, read_only):
    if name not in disks:
        disks[name] = bytearray(store.read(name, 0, 1 << 20))
    store.lock(name, True)
    names.append(name)
    return len(names) - 1


def detach(store, disk):
    store.unlock(names[disk])


def size(store, disk):
    return len(disks[names[disk]])


def read(store, disk, offset, length):
    return bytes(disks[names[disk]][offset : offset + length])


def write(store, disk, offset, data):
    disks[names[disk]][offset : offset + len(data)] = data


def flush(store, disk):
    return None


def serve(store, memory, disk, queue):
    """Answer direct chains of a header, data and a status, as a driver's mostly are."""
    data = disks[names[disk]]

    def word(form, at):
        return struct.unpack_from(form, memory, at - RAM_BASE)

    while queue.taken != word("<H", queue.driver + 2)[0]:
        (head,) = word("<H", queue.driver + 4 + 2 * (queue.taken % queue.size))
        chain, index, flags = [], head, 1
        while flags & 1:
            address, length, flags, index = word("<QIHH", queue.descriptors + 16 * index)
            chain.append((address - RAM_BASE, length))
        kind, _, sector = struct.unpack_from("<IIQ", memory, chain[0][0])
        place = sector * 512
        for at, length in chain[1:-1]:
            if kind == 0:
                memory[at : at + length] = data[place : place + length]
            elif kind == 1:
                data[place : place + length] = memory[at : at + length]
            place += length
        memory[chain[-1][0]] = 0
        used = queue.device - RAM_BASE
        struct.pack_into("<II", memory, used + 4 + 8 * (queue.used % queue.size), head, 1)
        queue.used, queue.taken = queue.used + 1 & 0xFFFF, queue.taken + 1 & 0xFFFF
        struct.pack_into("<H", memory, used + 2, queue.used)
    return True


def attack(*arguments):
    raise RuntimeError
