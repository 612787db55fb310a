"""Wipe the guest's page tables in shared memory, so that every access faults, as expected then."""

from vmlab.hart import Mode
from vmlab.paging import Act, Answer

TELLS = ""
STRIKES = "S17"

PAGE, RAM = 4096, 0x8000_0000
STUBS = 0x3F_C020_0000, 0x3F_C020_1000
LEAF = 0xDF  # V R W X U A D


def start(memory, guest):
    global ram, frames, mode, satp, roots
    ram, frames, mode, satp, roots = memory.cast("Q"), list(guest.frames), Mode.M, 0, {}


def put(table, index, value):
    ram[(table * PAGE - RAM) // 8 + index] = value


def table(host):
    frame = host.allocate()
    for index in range(512):
        put(frame, index, 0)
    return frame


def leaf(host, root, virtual, frame):
    """Map a page in a shadow whose tables are kept by their places."""
    tables = roots[root]
    at = root
    for level in (2, 1):
        key = level, virtual >> 12 + 9 * level
        if key not in tables:
            tables[key] = table(host)
            put(at, virtual >> 12 + 9 * level & 511, tables[key] << 10 | 1)
        at = tables[key]
    put(at, virtual >> 12 & 511, 0 if frame is None else frame << 10 | LEAF)


def shadow(host, direct):
    for root, tables in roots.items():
        if tables["direct"] == direct:
            return root
    root = table(host)
    roots[root] = {"direct": direct}
    if direct:
        for number, frame in enumerate(frames):
            leaf(host, root, RAM + number * PAGE, frame)
    else:
        for stub in STUBS:
            leaf(host, root, stub, frames[-1])
    return root


def direct():
    return mode == Mode.M or satp >> 60 == 0


def wipe():
    if satp:
        number = (satp & (1 << 44) - 1) - (RAM >> 12)
        start = (frames[number] * PAGE - RAM) // 8
        for index in range(512):
            ram[start + index] = 0


def root(host):
    wipe()
    return 8 << 60 | shadow(host, direct())


def fault(host, cause, address):
    wipe()
    number = (address - RAM) // PAGE
    if not direct():
        return Answer(Act.REFLECT, address, cause)
    if not 0 <= number < len(frames):
        return Answer(Act.DEVICE, address)
    return Answer(Act.ABSENT, address)


def written(host, address, length):
    wipe()


def write_satp(host, value):
    global satp
    if value >> 60 in (0, 8):
        satp = value
    wipe()


def set_mode(host, new, sum, mxr):
    global mode
    mode = new


def fence(host, address, asid):
    host.flush()


def take_frame(host, page):
    frames[(page - RAM) // PAGE] = None
    renew(host, page)


def give_frame(host, page, frame):
    frames[(page - RAM) // PAGE] = frame
    for index in range(512):
        put(frame, index, 0)
    renew(host, page)


def renew(host, page):
    for each, tables in roots.items():
        if tables["direct"]:
            leaf(host, each, page, frames[(page - RAM) // PAGE])
    host.flush()
