"""Steps 3 and 4: qcow2 images, read and written (D6 to D11)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.diskmap.build import Image
from vmlab.image import Reason
from vmlab.testing import Mismatch, clause

TEXT = b"The quick brown fox jumps over the lazy dog. "


@clause("D6")
@weight(2)
@number("6.1")
def test_header(bench):
    """Images of both versions, with any size of clusters and extensions that nobody knows."""
    for version in (2, 3):
        for bits in (9, 12, 16):
            image = Image(1 << 17, bits, version, extensions=[(0x1234, b"whatever")])
            image.data(1, TEXT)
            bench.put("a.qcow2", image.file())
            disk = bench.open("a.qcow2", holds=image.contents(), read_only=True)
            disk.size_is(1 << 17)
            disk.look()
            disk.close()


@clause("D6")
@weight(1)
@number("6.2")
def test_features(bench):
    """Unknown incompatible features are refused; autoclear bits are cleared before all else."""
    bench.put("a.qcow2", Image(1 << 16, incompatible=1 << 30).file())
    bench.refuses_to_open("a.qcow2", Reason.UNSUPPORTED, read_only=True)
    bench.put("b.img", TEXT * 20)
    bench.refuses_to_open("b.img", Reason.CORRUPT)
    bench.put("c.qcow2", Image(1 << 16, autoclear=1 << 7).file())
    disk = bench.open("c.qcow2", size=1 << 16)
    disk.write(0, TEXT)
    first = next(bench.store.written_since(0, "c.qcow2"))
    assert_cleared(bench, first)


def assert_cleared(bench, first):
    """The first write to a file must be the one that clears the autoclear bits."""
    if not (first.offset <= 88 and first.offset + len(first.data) >= 96):
        raise Mismatch(
            "an image with autoclear bit 7 is written to",
            "the bits, at byte 88, are cleared first",
            f"{len(first.data)} bytes at {first.offset:#x} are written first",
        )
    if bench.store.files["c.qcow2"].read(88, 8) != bytes(8):
        raise Mismatch("an image with autoclear bit 7 is written to", "it is cleared", "it is not")


@clause("D7")
@weight(2)
@number("7.1")
def test_clusters(bench):
    """Data, zeros, compressed data and nothing, in images with several L2 tables."""
    image = Image(1 << 17, 9)
    for n, what in enumerate((image.data, image.compressed, image.data, image.compressed)):
        what(60 * n + 3, TEXT * (n + 1))
    image.zero(100).zero(5, b"stale")
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents(), read_only=True)
    disk.look()
    disk.read(3 * 512 - 10, 1024)
    disk.read(32768 - 5, 10)
    bench.check_untouched("a.qcow2")


@clause("D8")
@weight(2)
@number("8.1")
def test_new_image(bench):
    """What create makes is an empty disk, for us and for qemu-img; a name is taken only once."""
    for number_, (version, bits, order) in enumerate([(2, 16, 4), (3, 9, 0), (3, 12, 6)]):
        name = f"{number_}.qcow2"
        bench.create(name, 1 << 20, version=version, cluster_bits=bits, refcount_order=order)
        disk = bench.open(name, size=1 << 20)
        disk.inspect()
        disk.close()
    bench.expect_refused(
        "create, where there is a file", lambda: bench.create("0.qcow2", 512), Reason.EXISTS
    )


@clause("D9")
@weight(3)
@number("9.1")
def test_writing(bench):
    """Writes of any length and place are read back, by us and by others; refcounts are right."""
    disk = bench.fresh(1 << 20, cluster_bits=12)
    for n, length in enumerate((10, 4096, 5000, 70000)):
        disk.write(n * 100_000 + n, TEXT * (length // len(TEXT) + 1))
        disk.look()
    disk.write(100_000, b"again")
    disk.inspect()
    disk.close()
    bench.open("disk.qcow2", holds=disk.model).look()


@clause("D10")
@weight(2)
@number("10.1")
def test_in_place(bench):
    """Only a cluster of which bit 63 says that it is one's own, and that holds data, is changed."""
    image = Image(1 << 16, 9).data(1, TEXT).compressed(2, TEXT).zero(3).zero(4, b"stale")
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents())
    size = bench.store.size("a.qcow2")
    disk.write(512, b"new")
    if bench.store.size("a.qcow2") != size:
        got = f"the file grows from {size} to {bench.store.size('a.qcow2')} bytes"
        raise Mismatch("a cluster that has bit 63 is written to", "it is written in place", got)
    for n in (2, 3, 4):
        disk.write(n * 512 + 8, b"new")
        disk.look()
    disk.inspect()


@clause("D11")
@weight(2)
@number("11.1")
def test_growing(bench):
    """A file that outgrows its refcount block, and its refcount table, stays right."""
    disk = bench.fresh(1 << 18, cluster_bits=9, refcount_order=6)
    for n in range(0, 1 << 18, 1 << 15):
        disk.write(n, TEXT * 200)
    disk.inspect()
    image = Image(1 << 22, 9, refcount_order=6)
    for n in range(3950):
        image.data(n, b"%d" % n)
    bench.put("a.qcow2", image.file())
    disk = bench.open("a.qcow2", holds=image.contents())
    disk.write(3950 * 512, TEXT * 2000)
    disk.inspect()
