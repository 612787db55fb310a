"""Step 7, hidden: guests that break the rules of the queue (D17)."""

import struct
from random import Random

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_queue import IN, INDIRECT, IOERR, NEXT, OK, OUT, WRITE, Buffer, Request
from vmlab.memory import RAM_BASE
from vmlab.testing import Mismatch, clause

SECTORS = b"".join(bytes([n ^ 0x5A]) * 512 for n in range(64))
SOME = RAM_BASE + 0x1_0000
TOP = 1 << 64


def raw_disk(bench):
    """Return a disk of 64 sectors."""
    bench.put("a.img", SECTORS)
    return bench.open("a.img", "raw", holds=SECTORS)


@clause("D17")
@weight(2)
@number("17.3")
def test_chains_that_break_rules(bench):
    """Every rule of a chain, just broken, in the table and in an indirect one."""
    disk = raw_disk(bench)
    end = RAM_BASE + bench.ram.size
    bad = {
        "a head that is the queue's size": (8, []),
        "a head of 65535": (0xFFFF, []),
        "a next that is the queue's size": (0, [(0, SOME, 16, NEXT, 8)]),
        "a cycle of two": (0, [(0, SOME, 16, NEXT, 1), (1, SOME, 16, NEXT, 0)]),
        "a buffer that ends behind RAM": (0, [(0, end - 15, 16, WRITE, 0)]),
        "a buffer before RAM": (0, [(0, 0, 16, WRITE, 0)]),
        "a buffer that wraps around": (0, [(0, TOP - 8, 0xFFFF_FFFF, WRITE, 0)]),
        "a buffer of 4 GiB": (0, [(0, SOME, 0xFFFF_FFFF, WRITE, 0)]),
        "a buffer to read after one to write": (
            0,
            [(0, SOME, 16, NEXT, 1), (1, SOME, 1, NEXT | WRITE, 2), (2, SOME, 1, 0, 0)],
        ),
        "a request without a buffer to write": (0, [(0, SOME, 16, 0, 0)]),
        "an indirect table of 0 bytes": (0, [(0, SOME, 0, INDIRECT, 0)]),
        "an indirect table of 24 bytes": (0, [(0, SOME, 24, INDIRECT, 0)]),
        "an indirect table behind RAM": (0, [(0, end - 16, 32, INDIRECT, 0)]),
        "INDIRECT with NEXT": (0, [(0, SOME, 16, INDIRECT | NEXT, 1), (1, SOME, 16, WRITE, 0)]),
    }
    for what, (head, table) in bad.items():
        driver = disk.driver(8)
        driver.room(512, struct.pack("<QIHH", SOME + 256, 16, WRITE, 0) * 32)
        for entry in table:
            driver.descriptor(*entry)
        driver.send(Request(what, head, [Buffer(SOME, 512, True)] if table else [], None))
        driver.breaks(what)
    for what, entries in {
        "a table in a table": [(SOME, 32, INDIRECT, 0)],
        "a next out of an indirect table": [(SOME, 16, NEXT, 1)],
        "a cycle in an indirect table": [(SOME, 16, NEXT, 0)],
    }.items():
        driver = disk.driver(8)
        inner = struct.pack("<QIHHQIHH", SOME + 256, 16, NEXT, 1, SOME + 300, 1, WRITE, 0)
        driver.room(512, inner.ljust(512, b"\0"))
        table = driver.table(entries)
        driver.descriptor(0, table.address, table.length, INDIRECT, 0)
        driver.send(Request(what, 0, [], None))
        driver.breaks(what)
    for what, head in (("a head that is no descriptor", 8), ("a next that is none", 0)):
        driver = disk.driver(8)
        driver.queue.descriptors = driver.room(256)
        buffer = driver.room(512, bytes(16))
        driver.descriptor(0, buffer, 16, NEXT, 8)
        driver.descriptor(8, buffer + 16, 1, WRITE, 0)  # behind the table, but as if in it
        driver.send(Request(what, head, [], None))
        driver.breaks(what)
    driver = disk.driver(8, indirect=False)
    table = driver.table([(SOME, 16, WRITE, 0)])
    driver.descriptor(0, table.address, table.length, INDIRECT, 0)
    driver.send(Request("INDIRECT, which was not negotiated", 0, [], None))
    driver.breaks("INDIRECT, which was not negotiated")
    for what, at in (("available", "driver"), ("used", "device"), ("descriptors", "descriptors")):
        driver = disk.driver(8)
        driver.request(IN, 0, 512)
        setattr(driver.queue, at, end - 2 if at == "driver" else end - 8)
        bench.part.serve(bench.store, driver.memory, disk.number, driver.queue)
        if not driver.queue.broken:
            raise Mismatch(f"{what} outside of RAM", "the queue is broken", "it is not")
    disk.driver().reads(0)
    disk.inspect()


@clause("D17")
@weight(1)
@number("17.4")
def test_indices_that_jump(bench):
    """avail.idx jumps by more than the queue, or back; a bad chain after good ones."""
    disk = raw_disk(bench)
    for jump in (9, 0x8000, 0xFFFF):
        driver = disk.driver(8, start=0xFFFA)
        for n in range(8):
            driver.request(IN, n, 512, indirect=0)
        index = 0xFFFA + jump & 0xFFFF
        driver.set(driver.queue.driver + 2, struct.pack("<H", index))
        driver.breaks(f"avail.idx jumps by {jump}")
    driver = disk.driver(16)
    good = [driver.request(IN, n, 512) for n in range(3)]
    driver.descriptor(0, 16, 16, WRITE, 0)
    driver.send(Request("a buffer outside of RAM", 0, [], None))
    driver.offer(good[0].head)
    driver.breaks("a bad chain after three good ones", answered=3)
    if driver.kick() or driver.used != driver.seen:
        raise Mismatch("a queue that is broken", "it is not served", "it is")


@clause("D17")
@weight(2)
@number("17.5")
def test_guests_that_change_their_mind(bench):
    """What was read from RAM counts, whatever the guest writes there meanwhile; no end of work."""
    disk = raw_disk(bench)
    bench.store.short = 512
    for late in range(3):
        driver = disk.driver(8)
        request = driver.request(IN, 4, 2048)
        header = request.buffers[0].address

        def overwrite(driver=driver, header=header, left=late):
            if left:
                bench.store.meanwhile.append(lambda: overwrite(left=left - 1))
                return
            for index in range(8):
                driver.descriptor(index, 0, 0xFFFF_FFFF, WRITE, 9)
            driver.set(header, struct.pack("<IIQ", OUT, 0, 60))

        bench.store.meanwhile.append(overwrite)
        # The bench itself writes the table here; that the device does not is another test's.
        bench.part.serve(bench.store, driver.memory, disk.number, driver.queue)
        driver.check(request, OK, SECTORS[2048:4096])
    bench.store.short = 0
    driver = disk.driver(8)
    served = []

    def again():
        served.append(driver.used)
        if len(served) < 200:
            driver.offer(request.head)
            bench.store.meanwhile.append(again)

    request = driver.request(IN, 1, 512)
    bench.store.meanwhile.append(again)
    bench.part.serve(bench.store, driver.memory, disk.number, driver.queue)
    if len(served) > 16:
        raise Mismatch(
            "a guest that makes a request available during each",
            "serve comes to an end; others wait",
            f"it goes on for {len(served)} requests",
        )
    disk.inspect()


@clause("D17")
@weight(1)
@number("17.6")
def test_noise(bench):
    """Descriptors, rings and indices full of noise: nothing outside of what they name changes."""
    disk = raw_disk(bench)
    rng = Random(17)
    places = [SOME + 16 * n for n in range(8)] + [RAM_BASE, 0, TOP - 16, RAM_BASE + (1 << 20) - 16]
    for _ in range(150):
        driver = disk.driver(8)
        driver.room(4096, rng.randbytes(64) * 64 if rng.random() < 0.5 else bytes(4096))
        for index in range(8):
            length = rng.choice([0, 1, 16, 17, 512, 513, 1024, 1 << 31])
            flags = rng.choice([0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 7, 0xFFFF])
            driver.descriptor(index, rng.choice(places), length, flags, rng.randrange(9))
        for slot in range(8):
            driver.set(driver.queue.driver + 4 + 2 * slot, struct.pack("<H", rng.randrange(9)))
        count = rng.choice([1, 2, 8, 8, 9])
        driver.set(driver.queue.driver + 2, struct.pack("<H", count))
        before = bytes(driver.memory)
        bench.part.serve(bench.store, driver.memory, disk.number, driver.queue)
        if driver.memory[0x2000:0x8000] != before[0x2000:0x8000]:
            raise Mismatch(
                "a queue full of noise", "RAM that it does not name is left", "it is not"
            )
        if driver.used > min(count, 8):
            raise Mismatch("a queue full of noise", f"at most {count} answers", f"{driver.used}")
    driver = disk.driver(8)
    request = driver.request(OUT, 64, b"x" * 512)
    driver.gives(request, IOERR)
