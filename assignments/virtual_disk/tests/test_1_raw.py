"""Steps 1 and 2: a raw image, its bounds and its owner; what a flush promises (D1 to D5)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.image import Reason
from vmlab.testing import clause

SECTORS = b"".join(bytes([n]) * 512 for n in range(16))
"""16 sectors, each full of its own number."""


@clause("D1")
@weight(1)
@number("1.1")
def test_raw(bench):
    """Byte n of the disk is byte n of the file, for reads and writes of any length."""
    bench.put("a.img", SECTORS)
    disk = bench.open("a.img", "raw", holds=SECTORS)
    disk.size_is(8192)
    disk.read(512, 512)
    disk.read(500, 30)
    disk.write(1000, b"hello")
    disk.read(0, 8192)
    disk.inspect()


@clause("D1")
@weight(1)
@number("1.2")
def test_half_a_job(bench):
    """A store that moves only some of the bytes is asked again; what is a hole reads as zeros."""
    bench.create("a.img", 1 << 20, "raw")
    disk = bench.open("a.img", "raw", size=1 << 20)
    bench.store.short = 100
    disk.write(3000, SECTORS[:1000])
    disk.read(2000, 4000)
    disk.read(0xF0000, 512)
    disk.inspect()


@clause("D2")
@weight(1)
@number("2.1")
def test_bounds(bench):
    """What ends with the disk is allowed, one byte more is not; nor is what begins behind it."""
    bench.put("a.img", SECTORS)
    disk = bench.open("a.img", "raw", holds=SECTORS)
    disk.read(8192 - 512, 512)
    disk.write(8191, b"!")
    disk.refuses(Reason.BOUNDS, "read", 8192 - 511, 512)
    disk.refuses(Reason.BOUNDS, "write", 8192, b"!")
    disk.refuses(Reason.BOUNDS, "read", 1 << 40, 1)
    disk.look()


@clause("D3")
@weight(1)
@number("3.1")
def test_read_only(bench):
    """A disk that was opened to be read is read, and never written to."""
    bench.put("a.img", SECTORS)
    disk = bench.open("a.img", "raw", holds=SECTORS, read_only=True)
    disk.refuses(Reason.READ_ONLY, "write", 0, b"!")
    disk.look()
    disk.close()
    bench.check_untouched("a.img")


@clause("D4")
@weight(1)
@number("4.1")
def test_locks(bench):
    """A file that one VM writes to is nobody else's; any number may read one together."""
    bench.put("a.img", SECTORS)
    disk = bench.open("a.img", "raw", holds=SECTORS)
    bench.check_locked("a.img", alone=True)
    bench.refuses_to_open("a.img", Reason.LOCKED, format="raw")
    bench.refuses_to_open("a.img", Reason.LOCKED, format="raw", read_only=True)
    disk.close()
    one, two = (bench.open("a.img", "raw", holds=SECTORS, read_only=True) for _ in range(2))
    one.close_shared()
    bench.check_locked("a.img")
    bench.refuses_to_open("a.img", Reason.LOCKED, format="raw")
    two.close()
    bench.refuses_to_open("b.img", Reason.MISSING, format="raw")


@clause("D5")
@weight(2)
@number("5.1")
def test_flush(bench):
    """What was written before a flush is there after power is lost; the rest is old or new."""
    bench.put("a.img", SECTORS)
    disk = bench.open("a.img", "raw", holds=SECTORS)
    bench.mark(disk)
    for n in (1, 5, 9):
        disk.write(n * 512, bytes([0x40 + n]) * 1024)
    disk.flush()
    disk.write(512, bytes([0x77]) * 512)
    bench.survives(disk)
