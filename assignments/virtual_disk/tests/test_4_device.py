"""Steps 6 and 7: the block device, its queue, and guests that break its rules (D15 to D17)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.bench.disk_queue import FLUSH, GET_ID, IN, IOERR, OK, OUT, UNSUPP, Buffer, Request
from vmlab.memory import RAM_BASE
from vmlab.testing import Mismatch, clause

SECTORS = b"".join(bytes([n]) * 512 for n in range(16))


def raw_disk(bench, **how):
    """Return a disk of 16 sectors."""
    bench.put("a.img", SECTORS)
    return bench.open("a.img", "raw", holds=SECTORS, **how)


@clause("D15")
@weight(2)
@number("15.1")
def test_requests(bench):
    """Reads, writes, flushes and the name of the disk; what is unknown is S_UNSUPP."""
    disk = raw_disk(bench)
    driver = disk.driver()
    driver.reads(3, 2)
    driver.writes(5, b"w" * 1024)
    driver.reads(4, 4)
    driver.gives(driver.request(FLUSH), OK)
    driver.gives(driver.request(GET_ID, 0, 20), OK, b"a.img".ljust(20, b"\0"))
    driver.gives(driver.request(77), UNSUPP)
    disk.inspect()


@clause("D15")
@weight(2)
@number("15.2")
def test_errors(bench):
    """What leads out of the disk, or writes to one that is read-only, is S_IOERR."""
    driver = raw_disk(bench).driver()
    driver.gives(driver.request(IN, 15, 1024), IOERR)
    driver.gives(driver.request(OUT, 16, b"x" * 512), IOERR)
    driver.gives(driver.request(IN, 0, 100), IOERR)
    bench.put("b.img", SECTORS)
    driver = bench.open("b.img", "raw", holds=SECTORS, read_only=True).driver()
    driver.gives(driver.request(OUT, 0, b"x" * 512), IOERR)
    driver.reads(0, 16)
    bench.check_untouched("b.img")


@clause("D16")
@weight(2)
@number("16.1")
def test_queue(bench):
    """Several requests at once, in the order of the ring, round and round; buffers of any kind."""
    disk = raw_disk(bench)
    driver = disk.driver(8, start=0xFFFD)
    for turn in range(6):
        requests = [driver.request(IN, turn + n, 512, indirect=n % 2 or None) for n in range(2)]
        if not driver.kick():
            raise Mismatch("two requests are served", "an interrupt", "none")
        answers = driver.answers()
        if len(answers) != 2:
            raise Mismatch("two requests are served", "two answers", f"{len(answers)}")
        for request, (answered, status, _) in zip(requests, answers, strict=True):
            if answered is not request or status != OK:
                raise Mismatch(request.scenario, "S_OK, in the ring's order", f"status {status}")
        driver.reuse()
    driver.reads(2, 1, split=(5, 11, 100))
    driver.writes(2, b"y" * 512, split=(16, 1, 500))
    driver.reads(2, 1, indirect=0)


@clause("D17")
@weight(2)
@number("17.1")
def test_hostile_chains(bench):
    """A chain that breaks a rule breaks the queue, and does nothing; another queue goes on."""
    disk = raw_disk(bench)
    for what, index, address, flags, following in (
        ("a head that is none", 8, 0, 0, 0),
        ("a next that is none", 0, RAM_BASE + 0x1_0000, 1, 8),
        ("a cycle", 0, RAM_BASE + 0x1_0000, 1, 0),
        ("a buffer outside of RAM", 0, RAM_BASE - 8, 2, 0),
        ("a buffer that wraps around", 0, 0xFFFF_FFFF_FFFF_FFF0, 2, 0),
    ):
        driver = disk.driver(8)
        if index < 8:
            driver.descriptor(index, address, 16, flags, following)
        driver.send(Request(what, index, [], None))
        driver.breaks(what)
    disk.driver().reads(0)


@clause("D17")
@weight(1)
@number("17.2")
def test_the_longest_chain(bench):
    """A chain as long as the queue is legal, and so is a buffer that ends where RAM ends."""
    disk = raw_disk(bench)
    driver = disk.driver(8)
    driver.reads(1, 1, split=(4, 4, 8, 128, 128, 128, 128))
    driver = disk.driver(8)
    end = RAM_BASE + len(driver.memory)
    head = driver.room(16, b"\0" * 8 + b"\2" + b"\0" * 7)
    buffers = [Buffer(head, 16), Buffer(end - 513, 513, True)]
    driver.set(end - 513, b"\xee" * 513)
    request = Request("a read to the end of RAM", driver.chain(buffers), buffers, end - 1)
    driver.send(request)
    driver.gives(request, OK, SECTORS[1024:1536])
