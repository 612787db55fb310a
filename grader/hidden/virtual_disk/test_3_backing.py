"""Step 5, hidden: backing files and copy on write (D12 to D14)."""

from gradescope_utils.autograder_utils.decorators import leaderboard, number, weight
from vmlab.diskmap.build import Image
from vmlab.image import Format, Reason
from vmlab.testing import clause

NOISE = bytes(n * n * 5 + n // 7 & 0xFF for n in range(1 << 16))


@clause("D12")
@weight(1)
@number("12.2")
@leaderboard("host reads: a chain of four", "asc")
def test_deeper_chains(bench, set_leaderboard_value=None):
    """Three images, of other cluster sizes, versions and lengths, upon a base that is not whole."""
    base = NOISE[:20_001]
    bench.put("base.img", base)
    low = Image(30_208, 9, 2, backing=b"base.img", extensions=[(0xAAAA, b"abc")])
    low.data(2, b"low").compressed(30, b"low" * 100)
    low_holds = low.contents(base)
    bench.put("low.qcow2", low.file())
    middle = Image(1 << 16, 12, backing=b"low.qcow2", backing_format=b"qcow2").zero(1)
    middle.zero(2, b"stale").data(7, b"middle")
    middle_holds = middle.contents(low_holds)
    bench.put("middle.qcow2", middle.file())
    top = Image(1 << 17, 10, backing=b"middle.qcow2", backing_format=b"qcow2").data(5, b"top")
    bench.put("top.qcow2", top.file())
    disk = bench.open("top.qcow2", holds=top.contents(middle_holds))
    disk.look()
    disk.read(20_000, 2)
    disk.read(30_200, 100)
    disk.read((1 << 16) - 7, 20)
    disk.close()
    set_leaderboard_value(bench.store.reads)
    small = Image(5_120, 9, backing=b"base.img").data(1, b"small")
    bench.put("small.qcow2", small.file())
    disk = bench.open("small.qcow2", holds=small.contents(base))
    disk.size_is(5_120)
    disk.look()
    disk.close()
    for name in ("base.img", "low.qcow2", "middle.qcow2"):
        bench.check_unlocked(name)
        bench.check_untouched(name)


@clause("D12")
@weight(1)
@number("12.3")
def test_locks_of_a_chain(bench):
    """What lies below is locked as what is only read, and unlocked with the image."""
    base = b"base" * 4096
    bench.put("base.img", base)
    for name in ("a.qcow2", "b.qcow2"):
        bench.create(name, len(base), backing="base.img")
    one, two = bench.open("a.qcow2", holds=base), bench.open("b.qcow2", holds=base)
    bench.check_locked("base.img")
    bench.refuses_to_open("base.img", Reason.LOCKED, format="raw")
    bench.refuses_to_open("a.qcow2", Reason.LOCKED, read_only=True)
    one.close()
    bench.refuses_to_open("base.img", Reason.LOCKED, format="raw")
    two.look()
    two.close()
    bench.check_unlocked("base.img")
    disk = bench.open("base.img", "raw", holds=base)
    bench.refuses_to_open("a.qcow2", Reason.LOCKED)
    disk.close()
    bench.put("c.qcow2", Image(1 << 16, backing=b"gone.img").file())
    bench.refuses_to_open("c.qcow2", Reason.MISSING)
    bench.put("d.qcow2", Image(1 << 16, backing=b"e.qcow2", backing_format=b"qcow2").file())
    bench.put("e.qcow2", b"no image")
    bench.refuses_to_open("d.qcow2", Reason.CORRUPT)


@clause("D13")
@weight(1)
@number("13.2")
@leaderboard("host bytes: copies on write", "asc")
def test_writes_upon_a_chain(bench, set_leaderboard_value=None):
    """Writes at all places of a cluster, upon raw, compressed, zero and missing clusters below."""
    low = Image(1 << 16, 12)
    for n in range(0, 16, 3):
        low.compressed(n, NOISE[n : n + 50] * 80)
    low.zero(1).zero(4, b"stale").data(2, NOISE[:4096]).data(5, NOISE[7:4000])
    bench.put("low.qcow2", low.file())
    bench.create(
        "top.qcow2", 100_352, cluster_bits=13, backing="low.qcow2", backing_format=Format.QCOW2
    )
    disk = bench.open("top.qcow2", holds=low.contents().ljust(100_352, b"\0"))
    for n in range(12):
        place = n * 8192
        disk.write(place + (0, 8191, 100, 4095)[n % 4], b"%d" % (n % 10) * (1, 5, 4200)[n % 3])
        disk.look()
    disk.write(100_352 - 5, b"12345")
    disk.write(65_530, b"over the end of the one below")
    disk.look()
    disk.inspect()
    bench.check_untouched("low.qcow2")
    set_leaderboard_value(bench.store.bytes_read + bench.store.bytes_written)


@clause("D14")
@weight(1)
@number("14.2")
def test_names_of_strangers(bench):
    """Names that leave the folder by whatever way; chains without end; formats that are guesses."""
    bench.put("vm/base.img", NOISE)
    bench.put("base.img", NOISE)
    for n, backing in enumerate(
        (
            b"../../base.img",
            b"../vm/../../base.img",
            b"x/../../../base.img",
            b"\\\\host\\base.img",
            b"..\\base.img",
            b"nbd://host",
            b"file:base.img",
            b"base.img\0",
            b"/base.img",
        )
    ):
        bench.put(f"vm/{n}", Image(1 << 16, backing=backing).file())
        bench.refuses_to_open(f"vm/{n}", Reason.UNSAFE, Reason.CORRUPT)
    bench.put("vm/guess", Image(1 << 16, backing=b"base.img", backing_format=b"").file())
    bench.refuses_to_open("vm/guess", Reason.UNSAFE, Reason.UNSUPPORTED)
    bench.put("vm/other", Image(1 << 16, backing=b"base.img", backing_format=b"vmdk").file())
    bench.refuses_to_open("vm/other", Reason.UNSUPPORTED)
    long = Image(1 << 16, 16, backing=b"./" * 511 + b"b").file()
    bench.put("vm/b", NOISE)
    bench.put("vm/long", long)
    bench.open("vm/long", holds=NOISE).close()
    bench.put("vm/longer", Image(1 << 16, 16, backing=b"./" * 511 + b"bb").file())
    bench.refuses_to_open("vm/longer", Reason.CORRUPT)
    for backing in (b"../base.img", b"./base.img", b"../vm/base.img"):
        bench.put("vm/good", Image(1 << 16, backing=backing).file())
        bench.open("vm/good", holds=NOISE).close()
    names = [f"{n}.qcow2" for n in range(60)]
    for name, below in zip(names, [*names[1:], names[40]], strict=True):
        below = below.encode()
        bench.put(name, Image(1 << 16, 9, backing=below, backing_format=b"qcow2").file())
    bench.refuses_to_open(names[0], Reason.UNSAFE)
    bench.refuses_to_open(names[59], Reason.UNSAFE)
    bench.put("8.qcow2", Image(1 << 16, 9, backing=b"base.img").file())
    bench.open(names[0], holds=NOISE).close()
