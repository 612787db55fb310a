"""ELF files: a small one made here byte by byte, and what can be wrong with one."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
        (
            image(machine=62),
            "<bytes>: made for x64, 64 bits, little-endian; this machine runs RISC-V",
        ),
        (image(kind=1), "<bytes>: not a statically linked executable"),
        (image(kind=3), "<bytes>: not a statically linked executable"),
        (image(segments=()), "<bytes>: nothing to load in it"),
        (image(segments=[(1, 0, 0, b"", 1 << 40)]), "<bytes>: its segments need more than"),
        (image(segments=[(1, 0, BASE, CODE, 4)]), "<bytes>: the file ends in the middle"),
        (image(machine=243, bits=1), "<bytes>: "),
        (image(endian=2), "<bytes>: "),
        (image(entry=0), "<bytes>: its entry 0x0 lies in none of its segments"),
        (image(entry=BASE + 16), "<bytes>: its entry 0x80000010 lies in none of its segments"),
        (
            image(segments=[(1, 0, BASE + 8, CODE, 8), (1, 0, BASE, CODE, 9)]),
            "<bytes>: two of its segments overlap at 0x80000008",
        ),
    ],
)
def test_errors(content, message):
    with pytest.raises(ImageError, match=message) as caught:
        load(content)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(ImageError, match=r"none\.elf: No such file"):
        load(tmp_path / "none.elf")


def test_the_entry_is_a_virtual_address_where_there_is_one():
    assert load(image(entry=BASE + 0x1004)).entry == BASE + 4
    assert load(image(entry=BASE + 4)).entry == BASE + 4


def with_symbols() -> bytes:
    """The image with a symbol table: `_start`, and one that is defined elsewhere."""
    content, names = image(), b"\0_start\0other\0.symtab\0.strtab\0"
    symbols = bytes(24)
    symbols += struct.pack("<IBBHQQ", 1, 0x10, 0, 1, BASE + 4, 0)
    symbols += struct.pack("<IBBHQQ", 8, 0x10, 0, 0, 0, 0)
    places = [len(content), len(content) + len(symbols)]
    content += symbols + names
    sections = bytes(64)
    for name, kind, place, data, link, size in (
        (14, 2, places[0], symbols, 2, 24),
        (22, 3, places[1], names, 0, 0),
    ):
        sections += struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, place, len(data), link, 1, 1, size)
    header = bytearray(content + sections)
    struct.pack_into("<Q", header, 40, len(content))
    struct.pack_into("<HH", header, 60, 3, 2)
    return bytes(header)


def test_symbols_are_kept():
    assert load(with_symbols()).symbols == {"_start": BASE + 4}


DAMAGE = settings(max_examples=200, derandomize=True, deadline=None, database=None)


def loads_or_says_why(content: bytes) -> None:
    """Damage may leave a program; else one sentence tells of it, and nothing else comes out."""
    said = "<bytes>: nothing"
    try:
        load(content, limit=1 << 20)
    except ImageError as error:
        said = str(error)
    assert said.startswith("<bytes>: ")
    assert "\n" not in said


def test_a_file_that_was_cut_anywhere():
    content = with_symbols()
    for length in range(len(content)):
        loads_or_says_why(content[:length])


@DAMAGE
@given(
    st.lists(
        st.tuples(st.integers(0, len(with_symbols()) - 1), st.integers(0, 255)),
        min_size=1,
        max_size=8,
    )
)
def test_a_file_with_wrong_bytes(changes):
    content = bytearray(with_symbols())
    for place, value in changes:
        content[place] = value
    loads_or_says_why(bytes(content))


@DAMAGE
@given(st.integers(0, 63), st.binary(min_size=1, max_size=16), st.integers(0, 600))
def test_a_file_with_a_wrong_header_and_end(place, values, length):
    content = bytearray(with_symbols())
    content[place : place + len(values)] = values
    loads_or_says_why(bytes(content[:length]))


@DAMAGE
@given(st.binary(max_size=400))
def test_a_file_of_anything(content):
    loads_or_says_why(b"\x7fELF\x02\x01" + content)
