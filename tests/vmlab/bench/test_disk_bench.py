"""The bench of virtual disks sees what a part does wrong, and nothing in what is right."""

from pathlib import Path

import pytest
from vmlab.bench.disk import Bench
from vmlab.bench.disk_calls import Unexpected
from vmlab.bench.disk_crash import crashes
from vmlab.bench.disk_queue import IN, OK, Buffer
from vmlab.bench.disk_store import Flushed, SparseFile, Store, Wrote
from vmlab.image import Reason, Refused
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.disk import Part
from vmlab.testing import Mismatch
from vmlab.testing.loading import load_part

SOLUTIONS = Path(__file__).parents[3] / "reference" / "solutions"


@pytest.fixture
def module():
    return load_part(SOLUTIONS, "disk")


@pytest.fixture
def bench(module):
    return Bench(LocalLink(module, Interface.of(Part)))


def raw_disk(bench, size=8192):
    bench.put("a.img", bytes(size))
    return bench.open("a.img", "raw", size=size)


# The store


def test_a_file_takes_only_what_was_written():
    file = SparseFile(b"begin")
    file.write(1 << 40, b"end")
    assert (file.size, len(file.pages)) == ((1 << 40) + 3, 2)
    assert file.read((1 << 40) - 2, 10) == b"\0\0end"
    file.resize(3)
    file.resize(10)
    assert file.read(0, 10) == b"beg" + bytes(7)


def test_a_file_goes_to_the_host_and_back(tmp_path):
    file = SparseFile()
    file.write(100_000, b"data")
    file.resize(200_000)
    file.save(tmp_path / "file")
    again = SparseFile.load(tmp_path / "file")
    assert again.size == 200_000
    assert again.pages == file.pages


def test_the_store_moves_only_some_bytes_if_told_to():
    store = Store()
    store.resize("a", 100)
    store.short = 7
    assert store.write("a", 0, b"0123456789") == 7
    assert store.read("a", 0, 10) == b"0123456"
    assert store.log[1:] == [Wrote("a", 0, b"0123456")]


def test_locks_are_shared_or_alone():
    store = Store()
    store.resize("a", 0)
    assert store.lock("a", False)
    assert store.lock("a", False)
    assert not store.lock("a", True)
    store.unlock("a")
    store.unlock("a")
    assert store.lock("a", True)
    assert not store.lock("a", False)
    other = Store()
    other.resize("b", 0)
    other.lock("b", False)
    with pytest.raises(Mismatch, match="only under an exclusive lock"):
        other.write("b", 0, b"x")


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "a/../../b", "C:a", "a\\b", "a\0b"])
def test_names_that_lead_out_are_told(name):
    with pytest.raises(Mismatch, match="a name in the folder"):
        Store().size(name)


def test_the_store_fails_when_told_to():
    store = Store()
    store.resize("a", 10)
    store.fail, store.fail_after = "write", 1
    store.write("a", 0, b"x")
    with pytest.raises(Refused):
        store.write("a", 0, b"x")


def test_what_is_written_is_bounded(monkeypatch):
    monkeypatch.setattr("vmlab.bench.disk_store.SPACE", 1000)
    store = Store()
    store.resize("a", 512)
    store.write("a", 0, bytes(512))
    with pytest.raises(Refused, match="no space left"):
        store.write("a", 0, bytes(512))
    store.mark()
    store.write("a", 0, bytes(512))


# Losses of power


def test_every_choice_of_sectors_can_be_what_is_left():
    store = Store()
    store.files["a"] = SparseFile(bytes(1536))
    store.mark()
    for sector, byte in ((0, 1), (1, 2), (0, 3)):
        store.write("a", sector * 512, bytes([byte]) * 512)
    found = {
        tuple(crash.files["a"].read(n * 512, 1)[0] for n in range(3))
        for seed in range(20)
        for crash in crashes(store, 100, seed)
    }
    assert found == {(a, b, 0) for a in (0, 1, 3) for b in (0, 2)}


def test_what_was_flushed_is_in_every_state():
    store = Store()
    store.files["a"] = SparseFile(bytes(1024))
    store.mark()
    store.write("a", 0, b"x" * 512)
    store.flush("a")
    store.write("a", 512, b"y" * 512)
    last = crashes(store, 100, 1)[-2:]
    assert {crash.files["a"].read(0, 1024)[0] for crash in last} == {ord("x")}
    assert Flushed("a") in store.log


def test_what_nothing_is_left_of_is_told_once_until_something_becomes_durable():
    store = Store()
    store.files["a"] = SparseFile(bytes(1024))
    store.mark()
    for durable in (lambda: store.flush("a"), lambda: store.resize("a", 1536)):
        store.write("a", 0, b"x" * 512)
        store.write("a", 512, b"y" * 512)
        durable()
    found = [crash.scenario for crash in crashes(store, 100, 1)]
    assert [text.partition(":")[0].split()[5] for text in found if "nothing" in text] == [
        "1",  # as the log began
        "3",  # flushed
        "6",  # of another length
    ]


def test_a_copy_of_a_file_is_one_of_its_own():
    file = SparseFile(b"a" * 5000)
    copy = file.copy()
    copy.write(4090, b"b" * 10)
    copy.resize(4200)
    assert (file.read(0, 5000), file.size) == (b"a" * 5000, 5000)
    assert copy.read(4080, 200) == b"a" * 10 + b"b" * 10 + b"a" * 100


def test_a_flush_that_does_nothing_is_seen(bench, module):
    module.flush_image = lambda image: None
    disk = raw_disk(bench)
    bench.mark(disk)
    disk.write(0, b"x" * 512)
    disk.flush()
    with pytest.raises(Mismatch, match="sector 0 of the disk"):
        bench.survives(disk)


# Disks and queues


def test_what_is_read_is_compared(bench):
    disk = raw_disk(bench)
    bench.store.files["a.img"].write(5000, b"!")
    with pytest.raises(Mismatch, match="0x1388"):
        disk.read(4096, 1024)


def test_a_refusal_that_nobody_expected_is_a_failure(bench):
    disk = raw_disk(bench)
    with pytest.raises(Unexpected, match="bounds"):
        disk.read(8192, 1)
    with pytest.raises(Mismatch, match="not refused"):
        disk.refuses(Reason.BOUNDS, "read", 0, 1)
    with pytest.raises(Mismatch, match="refused: bounds"):
        disk.refuses(Reason.READ_ONLY, "read", 8192, 1)


def test_a_refusal_after_a_write_is_a_failure(bench, module):
    def write_disk(image, offset, data):
        image.write(0, b"x")
        raise Refused(Reason.BOUNDS, "too late")

    module.write_disk = write_disk
    with pytest.raises(Mismatch, match="no file is written to"):
        raw_disk(bench).refuses(Reason.BOUNDS, "write", 9000, b"x")


def test_the_device_may_write_only_what_it_may(bench, module):
    driver = raw_disk(bench).driver()
    take = module.take

    def scribble(queue):
        module.ram(queue.descriptors, 1)[:] = b"!"
        return take(queue)

    module.take = scribble
    driver.request(IN, 0, 512)
    with pytest.raises(Mismatch, match="the descriptor table"):
        driver.kick()


def test_a_length_that_says_too_much_is_seen(bench, module):
    module.answer = lambda image, queue, chain: 600
    driver = raw_disk(bench).driver()
    driver.request(IN, 0, 512)
    driver.kick()
    with pytest.raises(Mismatch, match="at most 0 bytes written"):
        driver.answers()


def test_chains_are_laid_out_as_asked(bench):
    disk = raw_disk(bench)
    driver = disk.driver(8)
    head = driver.chain([Buffer(1, 2), Buffer(3, 4, True), Buffer(5, 6, True)], indirect=1)
    flags = [driver.get(driver.queue.descriptors + 16 * head + 12, 2)[0]]
    second = driver.get(driver.queue.descriptors + 16 * head + 14, 2)[0]
    flags.append(driver.get(driver.queue.descriptors + 16 * second + 12, 2)[0])
    assert flags == [1, 4]
    driver = disk.driver(8)
    driver.gives(driver.request(IN, 3, 512, split=(4, 12, 99)), OK, bytes(512))


# What a part may not keep to itself


def test_a_lock_that_the_store_does_not_have_is_missed(bench, module):
    attach = module.attach

    def unlocked(store, name, format, read_only):
        number = attach(store, name, format, read_only)
        store.unlock(name)
        return number

    module.attach = unlocked
    with pytest.raises(Mismatch, match="locked in the store"):
        raw_disk(bench)


def test_a_snapshot_that_is_not_in_the_file_is_missed(bench, module):
    disk = bench.fresh(1 << 16, cluster_bits=9)
    module.take_snapshot = lambda store, number, name: None
    disk.take("nowhere")
    with pytest.raises(Mismatch, match="'nowhere'"):
        disk.inspect()


def test_what_is_not_in_the_file_is_missed(bench, module):
    disk = bench.fresh(1 << 16, cluster_bits=9)
    module.read = lambda store, number, offset, length: b"x" * length
    with pytest.raises(Mismatch, match="as another program reads"):
        disk.reached_the_file()


def test_a_queue_that_the_device_has_moved_is_a_failure(bench, module):
    driver = raw_disk(bench).driver()

    def serve(store, memory, number, queue):
        queue.size = 0
        return False

    module.serve = serve
    with pytest.raises(Mismatch, match="only taken, used and broken"):
        driver.kick()
