"""ELF files: a small one made here byte by byte, and what can be wrong with one."""

from __future__ import annotations

import struct

import pytest
from vmlab.elf import load
from vmlab.program import ImageError, Program

BASE = 0x8000_0000
CODE = bytes.fromhex("13050500 73001000")


def image(
    *,
    kind: int = 2,
    machine: int = 243,
    bits: int = 2,
    endian: int = 1,
    entry: int = BASE + 4,
    segments=((1, BASE + 0x1000, BASE, CODE, 16),),
) -> bytes:
    """Build an ELF file: segments are type, virtual and physical address, contents, memory size."""
    ident = bytes([0x7F, *b"ELF", bits, endian, 1]) + bytes(9)
    count = len(segments)
    fields = (kind, machine, 1, entry, 64, 0, 0, 64, 56, count, 64, 0, 0)
    header = ident + struct.pack("<HHIQQQIHHHHHH", *fields)
    programs, contents = b"", b""
    for type_, virtual, physical, data, memory in segments:
        offset = 64 + 56 * count + len(contents)
        programs += struct.pack(
            "<IIQQQQQQ", type_, 5, offset, virtual, physical, len(data), memory, 4096
        )
        contents += data
    return header + programs + contents


def test_segments_go_to_physical_addresses():
    assert load(image()) == Program([(BASE, CODE + bytes(8))], BASE + 4)


def test_from_a_path(tmp_path):
    path = tmp_path / "guest.elf"
    path.write_bytes(image())
    assert load(path) == load(str(path)) == load(image())


def test_other_segments_are_left_out():
    note = (4, 0, 0, b"note", 4)
    empty = (1, BASE, BASE, b"", 0)
    segments = [note, empty, (1, BASE, BASE, CODE, 8), (1, BASE + 64, BASE + 64, b"", 32)]
    assert load(image(segments=segments)).segments == [(BASE, CODE), (BASE + 64, bytes(32))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "<bytes>: not an ELF file"),
        (b"#!/bin/sh\n", "<bytes>: not an ELF file"),
        (b"\x7fELF", "<bytes>: damaged ELF file"),
        (image()[:40], "<bytes>: damaged ELF file"),
        (image()[:100], "<bytes>: damaged ELF file"),
        (image()[:-1], "<bytes>: the file ends in the middle of a segment"),
        (image(machine=62), "<bytes>: made for x64, 64 bits; this machine runs RISC-V"),
        (image(kind=1), "<bytes>: not a statically linked executable"),
        (image(kind=3), "<bytes>: not a statically linked executable"),
        (image(segments=()), "<bytes>: nothing to load in it"),
        (image(segments=[(1, 0, 0, b"", 1 << 40)]), "<bytes>: its segments need more than"),
        (image(segments=[(1, 0, BASE, CODE, 4)]), "<bytes>: the file ends in the middle"),
    ],
)
def test_errors(content, message):
    with pytest.raises(ImageError, match=message) as caught:
        load(content)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(ImageError, match=r"none\.elf: No such file"):
        load(tmp_path / "none.elf")


@pytest.mark.parametrize("seed", range(300))
def test_damage_gives_an_image_error_or_an_image(seed):
    """Any byte may be wrong; nothing but ImageError comes out, and that in one line."""
    content = bytearray(image())
    content[seed % len(content)] ^= 1 << seed % 8 | 0x80
    message = ""
    try:
        load(bytes(content))
    except ImageError as error:
        message = str(error)
    assert "\n" not in message
