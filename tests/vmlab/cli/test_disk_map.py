"""`vmlab disk-map` on right images, corrupt ones, and what is none."""

from vmlab.diskmap.build import Image


def test_a_right_image(vmlab, tmp_path):
    path, page = tmp_path / "a.qcow2", tmp_path / "a.html"
    path.write_bytes(Image(1 << 16).data(3, b"data").file())
    code, out, _ = vmlab("disk-map", path, "--html", page)
    assert code == 0
    assert "1 data, 15 holes" in out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_corrupt_image(vmlab, tmp_path):
    image = Image(1 << 16).data(3, b"data")
    file = bytearray(image.file())
    file[image.places["block"] + 1] = 0
    (tmp_path / "a.qcow2").write_bytes(file)
    code, out, _ = vmlab("disk-map", tmp_path / "a.qcow2")
    assert code == 1
    assert "error: cluster 0x0 (header): refcount 0, 1 references" in out


def test_what_is_no_image(vmlab, tmp_path):
    code, _, err = vmlab("disk-map", tmp_path / "none")
    assert code == 2
    assert "cannot be read" in err
    (tmp_path / "cut").write_bytes(b"QFI\xfb")
    code, _, err = vmlab("disk-map", tmp_path / "cut")
    assert code == 1
    assert "version 0 is unknown" in err
