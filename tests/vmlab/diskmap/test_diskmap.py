"""Images are built, read, judged and drawn; what is wrong with one is found."""

import struct

import pytest
from vmlab.bench.disk_store import SparseFile
from vmlab.diskmap.build import Image
from vmlab.diskmap.contents import Qcow2Contents, RawContents
from vmlab.diskmap.layout import BadImage
from vmlab.diskmap.show import as_html, as_text, look
from vmlab.diskmap.survey import Survey, Weight

BASE = bytes(n % 253 for n in range(40_000))


def an_image(**fields):
    fields = {"size": 1 << 16, "cluster_bits": 9, **fields}
    made = Image(**fields).data(1, b"one").compressed(2, b"two" * 60).data(100, b"far")
    return made.snapshot("old").data(1, b"new").compressed(3, b"three" * 40)


def contents(file, below=b"", snapshot=""):
    def open_below(header):
        return RawContents(SparseFile(below)) if header.backing else None

    return Qcow2Contents(SparseFile(file), open_below, snapshot)


@pytest.mark.parametrize(
    "fields", [{}, {"version": 2}, {"refcount_order": 6}, {"cluster_bits": 12}]
)
def test_what_is_built_is_right_and_read_back(fields):
    image = an_image(**fields)
    file = image.file()
    assert Survey(SparseFile(file)).problems == []
    assert contents(file).read(0, image.size) == image.contents()
    old = contents(file, snapshot="old").read(0, image.size)
    assert old == image.contents(snapshot="old") != image.contents()


def test_the_backing_file_is_read_as_far_as_it_goes():
    image = Image(1 << 16, 9, backing=b"base").data(1, b"top").zero(2)
    assert contents(image.file(), BASE).read(0, 1 << 16) == image.contents(BASE)


def changed(image, at, data):
    file = image.file()
    at = at(image) if callable(at) else at
    return file[:at] + data + file[at + len(data) :]


def refcount_of(name):
    return lambda image: image.places["block"] + 2 * (image.places[name] // image.cluster)


@pytest.mark.parametrize(
    ("limit", "most", "text"),
    [
        ("MOST_PROBLEMS", 9, "more than 9 problems"),
        ("MOST_CLUSTERS", 5, "counts more than 5 clusters"),
        ("MOST_CLUSTERS", 8, "uses more than 8 clusters"),
    ],
)
def test_what_would_keep_one_busy_for_ever_is_not_looked_at(monkeypatch, limit, most, text):
    image = an_image()
    file = bytearray(image.file())
    if "counts" not in text:  # no cluster is counted, so each that is used is a problem
        block = image.places["block"]
        file[block : block + image.cluster] = bytes(image.cluster)
    Survey(SparseFile(bytes(file)))
    monkeypatch.setattr(f"vmlab.diskmap.survey.{limit}", most)
    with pytest.raises(BadImage, match=text):
        Survey(SparseFile(bytes(file)))


@pytest.mark.parametrize(
    ("at", "data", "weight", "text"),
    [
        (refcount_of("data.100"), b"\0\1", Weight.ERROR, "refcount 1, 2 references"),
        (refcount_of("l1"), b"\0\2", Weight.LEAK, "refcount 2, 1 references"),
        (lambda i: i.places["l2.0"] + 8, b"\0", Weight.UNMARKED, "lacks bit 63"),
        (lambda i: i.places["l1"] + 8, struct.pack(">Q", 1 << 44), Weight.ERROR, "out of the file"),
        (lambda i: i.places["l1"], b"\x40", Weight.ERROR, "of the L1 table is"),
        (24, struct.pack(">Q", 1 << 50), Weight.ERROR, "too short for the disk"),
        (72, struct.pack(">Q", 1), Weight.ERROR, "incompatible features 0x1"),
    ],
)
def test_what_is_wrong_is_found(at, data, weight, text):
    problems = Survey(SparseFile(changed(an_image(), at, data))).problems
    assert any(each.weight is weight and text in each.text for each in problems), problems


@pytest.mark.parametrize(
    ("at", "data", "text"),
    [
        (0, b"QFI?", "magic"),
        (4, b"\0\0\0\4", "version 4"),
        (20, b"\0\0\0\x3f", "cluster_bits"),
        (36, b"\xff\xff\xff\xff", "larger than 32 MiB"),
        (96, b"\0\0\0\7", "refcount_order"),
    ],
)
def test_what_is_no_image_is_refused(at, data, text):
    with pytest.raises(BadImage, match=text):
        Survey(SparseFile(changed(an_image(), at, data)))


def test_an_image_is_drawn_with_all_below_it(tmp_path):
    (tmp_path / "base.img").write_bytes(BASE)
    (tmp_path / "top").write_bytes(an_image(backing=b"base.img").file())
    image = look(tmp_path / "top")
    text, page = as_text(image), as_html(image)
    assert "snapshot 1: 'old'" in text
    assert "base.img: a disk of 40,000 bytes" in text
    assert image.cells[0] == "H"
    assert "z" in image.cells
    assert "?" not in image.cells
    assert page.count("<rect") == len(image.cells)
    assert "http" not in page


def test_a_chain_that_does_not_end_is_drawn_to_an_end(tmp_path):
    (tmp_path / "a").write_bytes(Image(1 << 16, backing=b"a", backing_format=b"qcow2").file())
    assert "the chain does not end" in as_text(look(tmp_path / "a"))
    (tmp_path / "b").write_bytes(Image(1 << 16, backing=b"json:{}").file())
    assert "no plain file" in as_text(look(tmp_path / "b"))


def test_names_of_strangers_do_no_harm_in_a_page(tmp_path):
    (tmp_path / "a").write_bytes(Image(1 << 16, backing=b"<script>").file())
    assert "<script>" not in as_html(look(tmp_path / "a"))
