"""Lock nothing at the store, and keep in memory who has which file."""

from vmlab.image import Reason, Refused

TELLS = ""
STRIKES = "D4"

disks = []


def attach(store, name, format, read_only):
    size = store.size(name)
    if size is None:
        raise Refused(Reason.MISSING, "not there")
    if any(n == name and not (r and read_only) for n, r, _ in disks if n):
        raise Refused(Reason.LOCKED, "locked")
    disks.append((name, read_only, size))
    return len(disks) - 1


def detach(store, disk):
    name, _, _ = disks[disk]
    disks[disk] = "", False, 0
    store.flush(name)


def read(store, disk, offset, length):
    return store.read(disks[disk][0], offset, length).ljust(length, b"\0")


def write(store, disk, offset, data):
    store.write(disks[disk][0], offset, data)


def attack(*arguments):
    raise RuntimeError
