"""Step 6, hidden: the block device and its queue (D15, D16)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_queue import (
    BUFFERS,
    FLUSH,
    GET_ID,
    IN,
    IOERR,
    NEXT,
    OK,
    OUT,
    UNSUPP,
    WRITE,
    Buffer,
    Request,
)
from vmlab.bench.disk_store import Flushed, Wrote
from vmlab.memory import RAM_BASE
from vmlab.testing import Mismatch, clause

SECTORS = b"".join(bytes([n ^ 0x5A]) * 512 for n in range(64))


def raw_disk(bench, name="a.img", **how):
    """Return a disk of 64 sectors."""
    bench.put(name, SECTORS)
    return bench.open(name, "raw", holds=SECTORS, **how)


@clause("D15")
@weight(1)
@number("15.3")
def test_requests_of_all_kinds(bench):
    """Headers and data split anywhere, requests of nothing, the largest, and those too large."""
    disk = raw_disk(bench, "a_name_of_more_than_20_bytes.img")
    driver = disk.driver(64)
    for split in ((1,) * 16, (8, 8), (15, 1, 511), (16, 512), (3, 600)):
        driver.reads(7, 2, split=split)
        driver.writes(9, b"s" * 1024, split=split)
        driver.reuse()
    driver.gives(driver.request(GET_ID, 0, 20), OK, b"a_name_of_more_than_")
    for kind in (2, 3, 5, 9, 11, 13, 0xFFFF_FFFF):
        driver.gives(driver.request(kind, 0, 512), UNSUPP)
    driver.reads(0, 64)
    top = (1 << 64) - 1
    for sector, size in ((64, 512), (63, 1024), (top, 512), (top // 512 + 1, 512), (1 << 55, 512)):
        driver.gives(driver.request(IN, sector, size), IOERR)
        driver.gives(driver.request(OUT, sector, b"x" * size), IOERR)
        driver.reuse()
    for size in (1, 511, 513):
        driver.gives(driver.request(IN, 1, size), IOERR)
        driver.gives(driver.request(OUT, 1, b"x" * size), IOERR)
    head = driver.room(9, b"\0" * 9)
    status = driver.room(1)
    buffers = [Buffer(head, 9), Buffer(status, 1, True)]
    request = Request("a header of 9 bytes", driver.chain(buffers), buffers, status)
    driver.send(request)
    driver.gives(request, IOERR)
    big = [Buffer(driver.room(16, bytes(16)), 16)]
    big += [Buffer(BUFFERS, 1 << 19, True) for _ in range(3)]
    big += [Buffer(driver.room(1), 1, True)]
    request = Request("a read of 1.5 MiB", driver.chain(big), big, big[-1].address)
    driver.send(request)
    at = big[-1].address - RAM_BASE
    before = bytes(driver.memory[0x8000:])
    driver.gives(request, IOERR)
    driver.memory[at] = before[at - 0x8000]
    if bytes(driver.memory[0x8000:]) != before:
        raise Mismatch(request.scenario, "only the status is written", "more")
    disk.inspect()


@clause("D15")
@weight(1)
@number("15.4")
def test_when_a_write_is_stable(bench):
    """A driver without FLUSH gets each write flushed; one with it gets what it flushes, in time."""
    disk = raw_disk(bench)
    through = disk.driver(write_back=False)
    through.writes(3, b"t" * 512)
    bench.check_durable("a.img")
    driver = disk.driver()
    bench.mark(disk)
    driver.writes(5, b"w" * 512)
    driver.gives(driver.request(FLUSH), OK)
    if [type(event) for event in bench.store.log] != [Wrote, Flushed]:
        raise Mismatch("a write, then a flush", "the file is written, then flushed", "it is not")
    seen = []
    flush = bench.store.flush

    def flush_and_look(name):
        seen.append(driver.used)
        flush(name)

    bench.store.flush = flush_and_look
    driver.gives(driver.request(FLUSH), OK)
    bench.store.flush = flush
    if seen != [driver.seen - 1]:
        raise Mismatch("a flush", "it is answered after the file was flushed", "before")
    for what, kind in (("read", IN), ("write", OUT), ("flush", FLUSH)):
        bench.store.fail = what
        data = 512 if kind == IN else b"x" * 512 if kind == OUT else b""
        driver.gives(driver.request(kind, 0, data), IOERR)
        bench.store.fail = ""
    only = raw_disk(bench, "b.img", read_only=True).driver()
    only.gives(only.request(OUT, 0, b"x" * 512), IOERR)
    only.gives(only.request(FLUSH), OK)
    only.reads(0, 4)
    bench.check_untouched("b.img")


@clause("D16")
@weight(1)
@number("16.2")
def test_rings_of_all_sizes(bench):
    """Queues of 4 to 256, filled to the last place, with indices that wrap; NO_INTERRUPT."""
    disk = raw_disk(bench)
    for size, start in ((4, 0xFFFE), (64, 0xFFC0), (256, 0x1234)):
        driver = disk.driver(size, start=start)
        for turn in range(3):
            count = size if turn else 3
            asked = [driver.request(IN, n % 60, 512, indirect=0) for n in range(count)]
            if turn == 2:
                driver.set(driver.queue.driver, b"\1\0")
            if driver.kick() != (turn < 2):
                raise Mismatch(f"{count} requests", f"interrupt: {turn < 2}", f"{turn == 2}")
            found = driver.answers()
            if [each[0] for each in found] != asked or any(each[1] for each in found):
                raise Mismatch(f"{count} requests in a queue of {size}", "all of them", "not so")
            driver.reuse()
        if driver.kick():
            raise Mismatch("a kick, and nothing is available", "no interrupt", "an interrupt")
    if driver.queue.taken != driver.available or driver.queue.used != driver.used:
        raise Mismatch("a queue", "taken and used count what was", "they do not")


@clause("D16")
@weight(1)
@number("16.3")
def test_order_of_completion(bench):
    """A request that is in the used ring is complete, while the next is still at work."""
    disk = raw_disk(bench)
    driver = disk.driver(16)
    asked = [driver.request(IN, n, 512, indirect=(None, 0, 1)[n % 3]) for n in range(5)]
    states = []

    def look():
        used = driver.used
        done = [driver.get(each.status, 1)[0] for each in asked[:used]]
        lengths = [
            int.from_bytes(driver.get(driver.queue.device + 8 + 8 * n, 4), "little")
            for n in range(used)
        ]
        states.append((used, done, lengths))
        if len(states) < 5:
            bench.store.meanwhile.append(look)

    bench.store.meanwhile.append(look)
    driver.kick()
    for used, done, lengths in states:
        if any(done) or any(length > 513 for length in lengths) or used > len(asked):
            raise Mismatch("requests, looked at while served", "what is used is complete", "not so")
    driver.answers()
    mixed = [
        (driver.room(16, bytes(16)), 16, NEXT, 1),
        (driver.room(512), 512, NEXT | WRITE, 2),
        (driver.room(1), 1, WRITE, 0),
    ]
    table = driver.table(mixed)
    driver.descriptor(3, table.address, table.length, 4 | WRITE, 9)  # WRITE says nothing here
    buffers = [Buffer(at, length, bool(flags & WRITE)) for at, length, flags, _ in mixed]
    request = Request("an indirect table, marked to be written", 3, buffers, mixed[2][0])
    driver.send(request)
    driver.gives(request, OK, SECTORS[:512])
