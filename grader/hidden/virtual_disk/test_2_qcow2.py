"""Steps 3 and 4, hidden: qcow2 images, read and written (D6 to D11)."""

import struct
from random import Random

from gradescope_utils.autograder_utils.decorators import leaderboard, number, weight
from vmlab.diskmap.build import Image
from vmlab.diskmap.survey import Survey
from vmlab.image import Format, NewImage, Reason
from vmlab.testing import Mismatch, clause

from grader.hidden.virtual_disk import qemu

TEXT = b"Sphinx of black quartz, judge my vow. "
NOISE = bytes(n * n * 7 + n // 3 & 0xFF for n in range(1 << 16))


@clause("D6")
@weight(1)
@number("6.3")
def test_headers_of_all_kinds(bench):
    """Longer headers, extensions of any length, in both versions; the smallest image."""
    kinds = (
        {"header_length": 112},
        {"header_length": 256, "extensions": [(0x6803F857, bytes(96))]},
        {"version": 2, "extensions": [(7, b"x"), (8, b""), (9, b"123456789")]},
        {"extensions": [(0xAAAA, b"abc"), (0x23852875, bytes(24))]},
    )
    for fields in kinds:
        image = Image(70_000 // 512 * 512, 12, **fields).data(2, TEXT)
        bench.put("a.qcow2", image.file())
        disk = bench.open("a.qcow2", holds=image.contents())
        disk.look()
        disk.write(0, b"x")
        disk.inspect()
        disk.close()
    bench.put("b.qcow2", Image(0, 9).file())
    bench.open("b.qcow2").size_is(0)


@clause("D6")
@weight(1)
@number("6.4")
def test_refused_headers(bench):
    """Encryption, other versions, features that are not known; dirty images can only be read."""
    good = Image(1 << 16).data(0, TEXT).file()

    def with_bytes(at, data):
        return good[:at] + data + good[at + len(data) :]

    for name, at, data, reasons in (
        ("version 4", 4, b"\0\0\0\4", {Reason.UNSUPPORTED, Reason.CORRUPT}),
        ("version 1", 4, b"\0\0\0\1", {Reason.UNSUPPORTED, Reason.CORRUPT}),
        ("encryption", 32, b"\0\0\0\2", {Reason.UNSUPPORTED}),
        ("refcount_order 7", 96, b"\0\0\0\7", {Reason.CORRUPT, Reason.UNSUPPORTED}),
        *((f"feature {bit}", 72, struct.pack(">Q", 1 << bit), {Reason.UNSUPPORTED})
          for bit in (2, 3, 4, 5, 63)),
    ):  # fmt: skip
        bench.put(name, with_bytes(at, data))
        bench.refuses_to_open(name, *reasons)
        bench.refuses_to_open(name, *reasons, read_only=True)
    for bit in (0, 1):
        bench.put("a.qcow2", with_bytes(72, struct.pack(">Q", 1 << bit)))
        bench.refuses_to_open("a.qcow2", Reason.CORRUPT, Reason.UNSUPPORTED)
        bench.open("a.qcow2", holds=TEXT.ljust(1 << 16, b"\0"), read_only=True).close()
    bench.put("b.qcow2", with_bytes(88, b"\xff" * 8))
    bench.open("b.qcow2", holds=TEXT.ljust(1 << 16, b"\0"), read_only=True).close()
    bench.check_untouched("b.qcow2")
    bench.put("c.qcow2", with_bytes(80, b"\xff" * 8))  # compatible features may be ignored
    bench.open("c.qcow2", holds=TEXT.ljust(1 << 16, b"\0")).look()


@clause("D7")
@weight(2)
@number("7.2")
def test_images_of_qemu(bench):
    """Images as qemu-img makes them: clusters of 512 bytes to 2 MiB, compressed or not."""
    for kind in range(len(qemu.KINDS)):
        file, data = qemu.made(kind)
        bench.put("a.qcow2", file)
        disk = bench.open("a.qcow2", holds=data, read_only=True)
        disk.look()
        disk.close()
        bench.check_untouched("a.qcow2")


@clause("D7")
@weight(1)
@number("7.3")
def test_entries_of_all_kinds(bench):
    """Compressed clusters side by side, a zero bit with stale data, a data cluster cut short."""
    image = Image(1 << 18, 12)
    for n in range(40):
        image.compressed(n, TEXT * (n + 1))
    image.zero(41, b"stale").zero(42).data(63, NOISE[:4096])
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents(), read_only=True)
    disk.look()
    disk.read(4096 * 20 + 1000, 9000)
    short = Image(1 << 16, 12).data(3, TEXT)
    file = short.file()
    at = short.places["data.3"]
    table = short.places["table"]
    moved = bytearray(file[: table + 8192])  # the last cluster of the file is not whole
    end = len(moved)
    entry = struct.pack(">Q", 1 << 63 | end)
    moved[short.places["l2.0"] + 24 : short.places["l2.0"] + 32] = entry
    moved += file[at : at + 100]
    bench.put("b.qcow2", bytes(moved))
    bench.open("b.qcow2", holds=short.contents(), read_only=True).look()


@clause("D8")
@weight(1)
@number("8.2")
def test_new_images_of_all_kinds(bench):
    """1 TiB in kilobytes; sizes are whole sectors; what no image can be is refused."""
    for n, (version, bits, order) in enumerate(
        [(3, 21, 4), (3, 16, 6), (3, 16, 0), (2, 9, 4), (3, 10, 1), (3, 13, 5)]
    ):
        size = 1 << 40 if bits > 15 else 1 << 22
        bench.create(f"{n}", size - 100, version=version, cluster_bits=bits, refcount_order=order)
        bench.check_durable(f"{n}")
        disk = bench.open(f"{n}", size=size)
        disk.size_is(size)
        disk.write(size - 1000, TEXT * 20)
        disk.read(size - 2000, 2000)
        bench.check_image(f"{n}")
        header = Survey(bench.store.files[f"{n}"]).header
        got = header.version, header.cluster_bits, header.refcount_order
        if got != (version, bits, order):
            raise Mismatch("a new image", f"{(version, bits, order)}", f"{got}")
        if (allocated := bench.store.allocated(f"{n}")) > 500_000 and bits < 17:
            raise Mismatch(f"a new disk of {size:,} bytes", "kilobytes", f"{allocated:,} bytes")
    for fields in (
        {"cluster_bits": 8},
        {"cluster_bits": 22},
        {"refcount_order": 7},
        {"version": 4},
        {"version": 2, "refcount_order": 5},
    ):
        new = NewImage(Format.QCOW2, 1 << 16, **fields)
        bench.expect_refused(
            f"create with {fields}",
            lambda new=new: bench.part.create(bench.store, "x", new),
            Reason.UNSUPPORTED,
        )


@clause("D9")
@weight(2)
@number("9.2")
def test_writes_into_images_of_qemu(bench):
    """Images as qemu-img makes them, written to here and there, are right afterwards."""
    for kind in (0, 2, 5):
        file, data = qemu.made(kind)
        bench.put("a.qcow2", file)
        disk = bench.open("a.qcow2", holds=data)
        for n in range(25):
            disk.write(n * 11_003 % (qemu.SIZE - 3000), NOISE[n : n + 100 * n + 10])
        disk.look()
        disk.inspect()
        disk.close()


@clause("D9")
@weight(2)
@number("9.3")
@leaderboard("host writes: a file front to back, then here and there", "asc")
def test_writing_all_over(bench, set_leaderboard_value=None):
    """A file that is written front to back, then here and there; the host's writes are counted."""
    disk = bench.fresh(1 << 20, cluster_bits=12)
    for n in range(0, 1 << 19, 8192):
        disk.write(n, NOISE[n & 0x7FFF :][:8192])
    disk.flush()
    for n in range(60):
        disk.write(n * 7919 % ((1 << 20) - 600), NOISE[n : n + 512])
    disk.flush()
    bench.check_durable("disk.qcow2")
    disk.look()
    disk.inspect()
    disk.refuses(Reason.BOUNDS, "read", 1 << 20, 1)
    disk.refuses(Reason.BOUNDS, "write", (1 << 20) - 1, b"12")
    set_leaderboard_value(bench.store.writes + bench.store.flushes)


@clause("D10")
@weight(2)
@number("10.2")
def test_what_is_not_ones_own(bench):
    """Compressed clusters that share a cluster, zeros that keep one, a cluster without bit 63."""
    image = Image(1 << 17, 12)
    for n in range(12):
        image.compressed(n, TEXT * (n + 1))
    for n in range(20, 26):  # these go on from one cluster of the file into the next
        image.compressed(n, Random(n).randbytes(2500))
    image.zero(14, NOISE[:4096]).zero(15).data(16, TEXT * 30).data(17, TEXT * 9)
    file = bytearray(image.file())
    at = image.places["l2.0"] + 16 * 8
    entry = int.from_bytes(file[at : at + 8], "big")
    file[at : at + 8] = (entry & ~(1 << 63)).to_bytes(8, "big")
    bench.put("a.qcow2", bytes(file))
    disk = bench.open("a.qcow2", holds=image.contents())
    for n in (3, 4, 5, 14, 15, 16, 17, 0, 11):
        disk.write(n * 4096 + 77, b"new" * 50)
        disk.look()
    disk.write(14 * 4096, NOISE[: 2 * 4096])
    disk.write(14 * 4096 + 5, b"again")
    disk.look()
    disk.inspect()
    for n in (*range(12), *range(20, 26)):
        disk.write(n * 4096 + n % 2, NOISE[:4095])
        disk.inspect()
    disk.close()


@clause("D11")
@weight(2)
@number("11.2")
@leaderboard("bytes written for each of the guest's: small clusters", "asc")
def test_refcounts_of_all_widths(bench, set_leaderboard_value=None):
    """Files of thousands of clusters, with refcounts of 1 to 64 bits, in tables that grow twice."""
    asked = written = 0
    for order, pieces in ((0, 1), (3, 2), (4, 4), (5, 8), (6, 12)):
        disk = bench.fresh(24 << 20, f"{order}.qcow2", cluster_bits=9, refcount_order=order)
        for n in range(pieces):
            data = NOISE if n % 7 == 0 else NOISE[:3000]
            disk.write(n * 777_777, data)
            asked += len(data)
        written += bench.store.bytes_written
        disk.inspect()
        disk.close()
    image = Image(1 << 22, 9, refcount_order=6)
    for n in range(4000):
        image.data(n * 2, b"%d" % n)
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents())
    disk.write(1_000_000, NOISE[:50_000])
    disk.inspect()
    disk.close()
    bench.open("a.qcow2", holds=disk.model).read(999_000, 70_000)
    set_leaderboard_value(round(written / asked, 2))
