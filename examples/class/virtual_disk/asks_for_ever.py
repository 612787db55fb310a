"""Raw images only; behind the end of a file it waits for bytes that never come."""

from vmlab.image import Format, Reason, Refused

names = {}


def create(store, name, new):
    if new.format is not Format.RAW:
        raise Refused(Reason.UNSUPPORTED, "raw images only")
    store.resize(name, new.size)


def attach(store, name, format, read_only):
    if format is not Format.RAW:
        raise Refused(Reason.UNSUPPORTED, "raw images only")
    if store.size(name) is None:
        raise Refused(Reason.MISSING, name)
    names[len(names)] = name
    return len(names) - 1


def detach(store, disk):
    store.flush(names.pop(disk))


def size(store, disk):
    return -(-store.size(names[disk]) // 512) * 512


def read(store, disk, offset, length):
    if offset + length > size(store, disk):
        raise Refused(Reason.BOUNDS, f"{offset:#x}")
    data = b""
    while len(data) < length:
        data += store.read(names[disk], offset + len(data), length - len(data))
    return data


def write(store, disk, offset, data):
    if offset + len(data) > size(store, disk):
        raise Refused(Reason.BOUNDS, f"{offset:#x}")
    while data:
        done = store.write(names[disk], offset, data)
        offset, data = offset + done, data[done:]


def flush(store, disk):
    store.flush(names[disk])
