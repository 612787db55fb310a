"""Steps 1 and 2, hidden: raw images (D1 to D5)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.bench.disk_store import SparseFile, Store
from vmlab.image import Reason
from vmlab.testing import Mismatch, clause

ODD = bytes(n % 251 for n in range(5 * 512 + 77))
"""Bytes of a file whose last sector is not whole."""
PLACES = st.integers(0, 6 * 512 - 1)


@clause("D1")
@weight(1)
@number("1.3")
@settings(max_examples=25)
@given(
    st.lists(st.tuples(PLACES, st.integers(1, 1500), st.booleans()), min_size=3, max_size=12),
    st.sampled_from([0, 77, 100, 511]),
)
def test_any_reads_and_writes(bench, operations, short):
    """Reads and writes of any length, of a file whose last sector is not whole."""
    bench.store = Store()  # an example that failed left its files open
    bench.put("a.img", ODD)
    disk = bench.open("a.img", "raw", holds=ODD)
    disk.size_is(6 * 512)
    bench.store.short = short
    for place, length, write in operations:
        count = min(length, 6 * 512 - place)
        if write:
            disk.write(place, bytes([length & 0xFF]) * count)
        disk.read(place, count)
    disk.inspect()
    bench.store.short = 0
    disk.close()


@clause("D1")
@weight(1)
@number("1.4")
def test_far_away(bench):
    """A raw image of 1 TiB takes as much of the host as was written, and no more."""
    size = 1 << 40
    bench.create("a.img", size, "raw")
    disk = bench.open("a.img", "raw", size=size)
    disk.write(size - 512, b"the last sector".ljust(512))
    disk.write(size // 2, b"the middle")
    disk.read(size - 4096, 4096)
    disk.read(size // 2 - 10, 30)
    disk.read(size // 3, 100_000)
    if (allocated := bench.store.allocated("a.img")) > 1 << 16:
        raise Mismatch("a disk of 1 TiB, two writes", "kilobytes", f"{allocated:,} bytes")


@clause("D2")
@weight(1)
@number("2.2")
def test_extremes(bench):
    """Sums beyond 2^64, lengths of nothing, and the padding of a sector that is not whole."""
    bench.put("a.img", ODD)
    disk = bench.open("a.img", "raw", holds=ODD)
    top = (1 << 64) - 1
    for offset, length in ((top, 1), (top, top), (512, top), (top - 511, 512), (3073, 0)):
        disk.refuses(Reason.BOUNDS, "read", offset, length)
    for offset in (top, top - 4, 3072 - 4, 1 << 63):
        disk.refuses(Reason.BOUNDS, "write", offset, b"12345")
    disk.read(3072, 0)
    disk.read(0, 0)
    disk.write(3072, b"")
    disk.write(3067, b"12345")
    disk.look()
    bench.put("b.img", b"")
    empty = bench.open("b.img", "raw")
    empty.size_is(0)
    empty.refuses(Reason.BOUNDS, "read", 0, 1)


@clause("D3")
@weight(1)
@number("3.2")
def test_never_written(bench):
    """What is opened to be read is refused every write, even of nothing, and does not grow."""
    bench.put("a.img", ODD)
    disk = bench.open("a.img", "raw", holds=ODD, read_only=True)
    disk.read(5 * 512, 512)
    disk.refuses(Reason.READ_ONLY, "write", 3071, b"!")
    disk.refuses(Reason.READ_ONLY, "write", 0, b"")
    disk.flush()
    disk.close()
    bench.check_untouched("a.img")
    if bench.store.size("a.img") != len(ODD):
        raise Mismatch("a.img is read", "its length stays", "it was resized")


@clause("D4")
@weight(1)
@number("4.2")
def test_nothing_stays_locked(bench):
    """Locks are given back whatever went wrong; readers come and go, each with its own lock."""
    for name in ("a.img", "b.img"):
        bench.put(name, ODD)
    readers = [bench.open("a.img", "raw", holds=ODD, read_only=True) for _ in range(3)]
    other = bench.open("b.img", "raw", holds=ODD)
    bench.check_locked("a.img")
    bench.check_locked("b.img", alone=True)
    for reader in readers[:2]:
        reader.close_shared()
        bench.refuses_to_open("a.img", Reason.LOCKED, format="raw")
        readers[2].look()
    readers[2].close()
    disk = bench.open("a.img", "raw", holds=ODD)
    bench.refuses_to_open("c.img", Reason.MISSING, format="raw")
    disk.write(0, b"x")
    bench.store.fail = "flush"
    bench.expect_refused_but_closed(disk)
    bench.store.fail = ""
    bench.open("a.img", "raw", holds=disk.model).close()
    other.close()


@clause("D5")
@weight(1)
@number("5.2")
def test_flushes_of_a_raw_image(bench):
    """Flushes, crossed by writes to the same sectors."""
    bench.put("a.img", bytes(16 * 512))
    disk = bench.open("a.img", "raw", holds=SparseFile(bytes(16 * 512)))
    bench.mark(disk)
    for n in range(24):
        disk.write(n * 5 % 13 * 512, bytes([n + 1]) * 512 * (1 + n % 3))
        if n % 4 == 3:
            disk.flush()
    bench.survives(disk, seed=2)


@clause("D5")
@weight(1)
@number("5.3")
def test_a_store_that_fails(bench):
    """What the store cannot do is refused, not taken for done; a closed disk is durable."""
    bench.put("a.img", bytes(8192))
    disk = bench.open("a.img", "raw", size=8192)
    for what, call in (
        ("read", lambda: disk.read(0, 512)),
        ("write", lambda: disk.write(0, b"x")),
        ("flush", lambda: disk.flush()),
    ):
        bench.store.fail = what
        bench.expect_refused(f"the store fails to {what}", call, Reason.FAILED)
        bench.store.fail = ""
    disk.write(100, b"to be kept" * 100)
    disk.close()
    bench.check_durable("a.img")
