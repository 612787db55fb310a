"""The solution's images under QEMU's tools, and the tools' images under the solution."""

import json
import shutil
import subprocess
from random import Random

import pytest
from vmlab.bench.disk_store import SparseFile
from vmlab.diskmap.contents import Qcow2Contents
from vmlab.diskmap.layout import BadImage
from vmlab.diskmap.survey import Survey
from vmlab.image import Format

pytestmark = pytest.mark.skipif(
    not (shutil.which("qemu-img") and shutil.which("qemu-io")),
    reason="qemu-img and qemu-io (qemu-utils) are not installed",
)
IMAGES = 100
EACH = 20
"""Images of one test."""


def tool(*arguments, check=True):
    return subprocess.run(
        [str(each) for each in arguments], capture_output=True, text=True, check=check
    )


def any_contents(rng, size):
    out = bytearray()
    while len(out) < size:
        piece = rng.choice([bytes(3000), b"text " * 900, rng.randbytes(1000), b"\xff" * 5000])
        out += piece
    return bytes(out[:size])


def any_options(rng):
    bits, order = rng.choice([9, 9, 10, 12, 14, 16]), rng.choice([0, 1, 2, 3, 4, 4, 4, 5, 6])
    version = rng.choice([2, 3]) if order == 4 else 3
    return version, bits, order


@pytest.mark.parametrize("first", range(0, IMAGES, EACH))
def test_our_images_are_right_for_qemu(bench, tmp_path, first):
    for seed in range(first, first + EACH):
        rng = Random(seed)
        size = rng.choice([65_536, 131_072, 200_704])
        version, bits, order = any_options(rng)
        backed = rng.random() < 0.4
        base = any_contents(rng, rng.choice([30_000, 100_000, 300_000]))
        fields = {"version": version, "cluster_bits": bits, "refcount_order": order}
        if backed:
            bench.put("base.img", base)
            fields |= {"backing": "base.img", "backing_format": Format.RAW}
        bench.create(f"{seed}", size, **fields)
        holds = base[:size].ljust(size, b"\0") if backed else bytes(size)
        disk = bench.open(f"{seed}", holds=holds)
        for _ in range(rng.randrange(8)):
            offset = rng.randrange(size)
            disk.write(offset, any_contents(rng, min(size - offset, rng.choice([9, 600, 30_000]))))
        if order > 2:
            disk.take("kept")
            disk.write(0, b"after" * 200)
        disk.close()
        image = tmp_path / f"{seed}"
        bench.store.files[f"{seed}"].save(image)
        if backed:
            (tmp_path / "base.img").write_bytes(base)
        raw = tmp_path / "raw.img"
        raw.write_bytes(disk.model.read(0, size))
        tool("qemu-img", "check", "-f", "qcow2", image)
        tool("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw)
        found = json.loads(tool("qemu-img", "map", "-f", "qcow2", "--output=json", image).stdout)
        contents = Qcow2Contents(bench.store.files[f"{seed}"], lambda header: None)
        for area in found:
            entry = contents.entry(area["start"] >> bits)
            assert (area["depth"] == 0 and not area.get("compressed", False)) == bool(
                entry
            ) or not area["data"]
        if order > 2:
            tool("qemu-img", "snapshot", "-a", "kept", image)
            tool("qemu-img", "check", "-f", "qcow2", image)


@pytest.mark.parametrize("first", range(0, IMAGES, EACH))
def test_qemus_images_are_right_for_us(bench, tmp_path, first):
    for seed in range(first, first + EACH):
        rng = Random(1000 + seed)
        size = rng.choice([65_536, 131_072, 1_048_576])
        version, bits, order = any_options(rng)
        data = any_contents(rng, size)
        raw, image = tmp_path / "raw.img", tmp_path / f"{seed}"
        raw.write_bytes(data)
        options = f"compat={'0.10' if version == 2 else '1.1'},cluster_size={1 << bits}"
        options += "" if version == 2 else f",refcount_bits={1 << order}"
        how = ["-c"] if rng.random() < 0.5 and order > 3 else []
        tool("qemu-img", "convert", *how, "-O", "qcow2", "-o", options, raw, image)
        model = SparseFile(data)
        snapshots = order > 2 and rng.random() < 0.6
        if snapshots:
            tool("qemu-img", "snapshot", "-c", "kept", image)
        commands = []
        for _ in range(4):
            offset = rng.randrange(0, size - 4096, 512)
            byte = rng.randrange(256)
            kind = rng.choice(["", "-z ", "-z -u "]) if version == 3 else ""
            pattern = "" if kind else f"-P {byte} "
            commands += ["-c", f"write {kind}{pattern}{offset} 4096"]
            model.write(offset, bytes([0 if kind else byte]) * 4096)
        tool("qemu-io", "-f", "qcow2", *commands, image)
        bench.put(f"{seed}", image)
        disk = bench.open(f"{seed}", holds=model)
        disk.look()
        if snapshots:
            disk.kept["kept"] = SparseFile(data)
            disk.snapshots_are("kept")
            disk.write(700, b"ours" * 900)
            disk.apply("kept")
            disk.look()
            disk.delete("kept")
        disk.write(rng.randrange(size - 5000), b"ours" * 1250)
        disk.look()
        disk.inspect()
        disk.close()
        bench.store.files[f"{seed}"].save(image)
        for at in rng.sample(range(0, size, 512), 5):
            piece = disk.model.read(at, 512)
            if len(set(piece)) == 1:
                said = tool("qemu-io", "-f", "qcow2", "-c", f"read -P {piece[0]} {at} 512", image)
                assert "Pattern verification failed" not in said.stdout


def test_our_check_agrees_with_qemus(bench, tmp_path):
    """On images with a few bytes changed: what qemu-img finds corrupt, ours does, too."""
    disk = bench.fresh(1 << 16, cluster_bits=9)
    disk.write(0, b"data" * 5000)
    disk.take("kept")
    disk.write(100, b"more" * 50)
    good = bench.store.files["disk.qcow2"].read(0, 1 << 20)
    rng, agreed = Random(3), 0
    for number in range(150):
        data = bytearray(good)
        at = rng.randrange(512, len(data))
        data[at] ^= 1 << rng.randrange(8)
        image = tmp_path / "image"
        image.write_bytes(data)
        said = tool("qemu-img", "check", "-f", "qcow2", "--output=json", image, check=False)
        corrupt = said.returncode not in (0, 3)
        try:
            ours = bool(Survey(SparseFile(bytes(data))).worst())
        except BadImage:
            ours = True
        assert ours or not corrupt, (number, at, said.stdout)
        agreed += ours == bool(said.returncode)
    assert agreed > 140
