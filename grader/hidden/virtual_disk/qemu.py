"""Images of many kinds: made by `qemu-img` where that is installed, else by ourselves."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from vmlab.bench.disk_images import qemu_img
from vmlab.bench.disk_store import SparseFile
from vmlab.diskmap.build import Image

KINDS = [
    # version, cluster_bits, refcount_order, compressed
    (2, 16, 4, False),
    (2, 12, 4, True),
    (3, 9, 0, False),
    (3, 9, 6, True),
    (3, 12, 3, True),
    (3, 14, 5, False),
    (3, 16, 4, True),
    (3, 21, 4, False),
]
SIZE = 300 * 1024


def contents(seed: int) -> bytes:
    """Return what a disk may hold: text, zeros and noise, in stretches."""
    rng = Random(seed)
    out = bytearray()
    while len(out) < SIZE:
        length = rng.choice([512, 4096, 20_000])
        out += rng.choice([bytes(length), b"%d text " % seed * length, rng.randbytes(length)])[
            :length
        ]
    return bytes(out[:SIZE])


def made(number: int) -> tuple[SparseFile, bytes]:
    """Return an image of the kind of that number, and what its disk holds."""
    version, bits, order, compressed = KINDS[number]
    data = contents(number)
    program = qemu_img()
    if program is None:
        return _own(version, bits, order, compressed, data), data
    with TemporaryDirectory() as folder:
        raw, image = Path(folder) / "a.img", Path(folder) / "a.qcow2"
        raw.write_bytes(data)
        options = f"compat={'0.10' if version == 2 else '1.1'},cluster_size={1 << bits}"
        options += "" if version == 2 else f",refcount_bits={1 << order}"
        how = ["-c"] if compressed else []
        subprocess.run(
            [program, "convert", "-f", "raw", "-O", "qcow2", *how, "-o", options, raw, image],
            check=True,
            capture_output=True,
        )
        return SparseFile.load(image), data


def _own(version: int, bits: int, order: int, compressed: bool, data: bytes) -> SparseFile:
    image = Image(SIZE, bits, version, order)
    for cluster in range(-(-SIZE // image.cluster)):
        piece = data[cluster * image.cluster : (cluster + 1) * image.cluster]
        if piece.strip(b"\0"):
            (image.compressed if compressed else image.data)(cluster, piece)
    return SparseFile(image.file())
