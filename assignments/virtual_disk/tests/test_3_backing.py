"""Step 5: backing files and copy on write (D12 to D14)."""

from gradescope_utils.autograder_utils.decorators import number, weight
from vmlab.diskmap.build import Image
from vmlab.image import Format, Reason
from vmlab.testing import clause

BASE = bytes(n * 7 & 0xFF for n in range(1 << 16))


@clause("D12")
@weight(2)
@number("12.1")
def test_chain(bench):
    """What an image does not have is read from below; zeros and what is short are not."""
    bench.put("base.img", BASE[:40_000])
    image = Image(1 << 16, 12, backing=b"base.img").data(1, b"top").zero(2)
    bench.put("top.qcow2", image.file())
    disk = bench.open("top.qcow2", holds=image.contents(BASE[:40_000]), read_only=True)
    disk.look()
    disk.close()
    bench.check_unlocked("base.img")


@clause("D13")
@weight(2)
@number("13.1")
def test_copy_on_write(bench):
    """A partial write of a cluster keeps the rest of it; the base is never written to."""
    bench.put("base.img", BASE)
    bench.create("top.qcow2", 1 << 16, cluster_bits=12, backing="base.img")
    disk = bench.open("top.qcow2", holds=BASE)
    disk.write(5000, b"in the middle")
    disk.write(8192, b"at the start")
    disk.write(16384 - 4, b"from end to start")
    disk.write(20480, bytes(4096))
    disk.look()
    disk.inspect()
    bench.check_untouched("base.img")


@clause("D14")
@weight(2)
@number("14.1")
def test_where_chains_lead(bench):
    """A backing file outside the folder, or that is the image itself, is refused."""
    for n, backing in enumerate((b"/etc/passwd", b"../base.img", b"C:\\base.img", b"json:{}")):
        bench.put(f"{n}.qcow2", Image(1 << 16, backing=backing).file())
        bench.refuses_to_open(f"{n}.qcow2", Reason.UNSAFE, read_only=True)
    bench.put("a.qcow2", Image(1 << 16, backing=b"b.qcow2", backing_format=b"qcow2").file())
    bench.put("b.qcow2", Image(1 << 16, backing=b"./a.qcow2", backing_format=b"qcow2").file())
    bench.refuses_to_open("a.qcow2", Reason.UNSAFE)
    bench.put("vm/base.img", BASE)
    bench.create("vm/top.qcow2", 1 << 16, backing="base.img", backing_format=Format.RAW)
    bench.open("vm/top.qcow2", holds=BASE).look()
