"""Files that are no guest, or not one for this machine: one sentence each, and status 2."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

TRAPS = Path(__file__).parents[3] / "reference" / "solutions" / "traps.py"
BASE = 0x8000_0000
NOP = b"\x13\0\0\0"


def elf(*, machine=243, bits=2, endian=1, entry=BASE, segments=((BASE, NOP, 4),)) -> bytes:
    """Build an ELF file: segments are address, contents, size in memory."""
    order = "<" if endian == 1 else ">"
    content = bytes([0x7F, *b"ELF", bits, endian, 1]) + bytes(9)
    count = len(segments)
    content += struct.pack(
        f"{order}HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, 0, 64, 56, count, 64, 0, 0
    )
    start = 64 + 56 * count
    for address, data, size in segments:
        fields = (1, 7, start, address, address, len(data), size, 4096)
        content += struct.pack(f"{order}IIQQQQQQ", *fields)
        start += len(data)
    return content + b"".join(data for _, data, _ in segments)


FILES = {
    "empty.elf": b"",
    "empty.S": b"",
    "text.txt": b"hello\n",
    "truncated.elf": elf()[:-2],
    "header.elf": elf()[:50],
    "x86.elf": elf(machine=62),
    "arm.elf": elf(machine=183),
    "narrow.elf": elf(bits=1),
    "big.elf": elf(endian=2),
    "low.elf": elf(entry=0x1000, segments=((0x1000, NOP, 4),)),
    "top.elf": elf(entry=(1 << 64) - 4, segments=(((1 << 64) - 4, NOP, 4),)),
    "large.elf": elf(segments=((BASE, NOP, 17 << 20),)),
    "huge.elf": elf(segments=((BASE, NOP, 1 << 62),)),
    "overlap.elf": elf(segments=((BASE, bytes(8), 8), (BASE + 4, bytes(8), 8))),
    "astray.elf": elf(entry=0),
    "hollow.elf": elf(segments=()),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.elf").mkdir()
    return tmp_path


def refused(result, sentence: str) -> None:
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.startswith(f"vmlab: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none.elf", "none.elf cannot be read: no such file or directory"),
        ("folder.elf", "folder.elf cannot be read: is a directory"),
        (
            "empty.elf",
            "empty.elf is no guest: give assembly source, named *.S, an ELF file, or raw",
        ),
        ("text.txt", "text.txt is no guest"),
        ("truncated.elf", "truncated.elf: the file ends in the middle of a segment"),
        ("header.elf", "header.elf: damaged ELF file"),
        ("x86.elf", "x86.elf: made for x64, 64 bits, little-endian; this machine runs RISC-V"),
        ("arm.elf", "arm.elf: made for AArch64, 64 bits"),
        ("narrow.elf", "narrow.elf: "),
        ("big.elf", "big.elf: made for RISC-V, 64 bits, big-endian; this machine runs"),
        ("low.elf", "low.elf cannot be loaded: the segment at 0x1000..0x1004 lies outside RAM"),
        ("top.elf", "top.elf cannot be loaded: the segment at 0xfffffffffffffffc..0x1000000"),
        ("large.elf", "large.elf cannot be loaded: the segment at 0x80000000..0x81100000 lies"),
        ("huge.elf", "huge.elf: its segments need more than 268435456 bytes"),
        ("overlap.elf", "overlap.elf: two of its segments overlap at 0x80000004"),
        ("astray.elf", "astray.elf: its entry 0x0 lies in none of its segments"),
        ("hollow.elf", "hollow.elf: nothing to load in it"),
    ],
)
def test_run_refuses(vmlab, folder, name, sentence):
    refused(vmlab("run", name, "--traps", TRAPS), sentence)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("truncated.elf", "truncated.elf: the file ends in the middle of a segment"),
        ("x86.elf", "x86.elf: made for x64"),
        ("overlap.elf", "overlap.elf: two of its segments overlap"),
        ("folder.elf", "'folder.elf' is neither a file nor a word in hexadecimal"),
        ("none.elf", "'none.elf' is neither a file nor a word in hexadecimal"),
    ],
)
def test_disasm_refuses(vmlab, folder, name, sentence):
    refused(vmlab("disasm", name), sentence)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none.S", "none.S cannot be read: no such file or directory"),
        ("folder.elf", "folder.elf cannot be read: is a directory"),
        ("x86.elf", "x86.elf is not UTF-8 text"),
        ("narrow.elf", "narrow.elf is not UTF-8 text"),
    ],
)
def test_asm_refuses(vmlab, folder, name, sentence):
    refused(vmlab("asm", name), sentence)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("command", ["run", "asm"])
def test_what_is_no_regular_file_is_not_waited_for(vmlab, folder, command):
    os.mkfifo("pipe.S")
    refused(vmlab(command, "pipe.S"), "pipe.S cannot be read: it is not a regular file")


def test_a_file_that_may_not_be_read(vmlab, folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    for command in ("run", "asm"):
        refused(vmlab(command, "empty.S"), "empty.S cannot be read: permission denied")


def test_an_empty_source_is_an_empty_guest(vmlab, folder):
    status, out, err = vmlab("run", "empty.S", "--traps", TRAPS)
    assert (status, out) == (123, "")
    assert err == "vmlab: the trap handler at 0x0 traps itself, for ever\n"
    assert vmlab("asm", "empty.S") == (0, "", "")
    assert vmlab("disasm", "empty.elf") == (0, "", "")


def test_ram_that_the_host_does_not_have(vmlab, folder, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("mmap.mmap", refuse)
    result = vmlab("run", "empty.S", "--traps", TRAPS, "--ram", "4096")
    refused(result, "there is no room here for 4096 MiB of RAM")


@pytest.mark.parametrize(
    ("source", "status", "sentence"),
    [
        ("j .", 124, "vmlab: 5,000 instructions were not enough"),
        ("wfi", 126, "vmlab: the guest waits for an interrupt that cannot come"),
        (".word 0", 123, "vmlab: the trap handler at 0x0 traps itself, for ever"),
        ("la t0, 1f\n csrw mtvec, t0\n.align 2\n1: ecall", 123, "vmlab: the trap handler at 0x8"),
        ("csrwi mtvec, 1\n ebreak", 123, "vmlab: the trap handler at 0x0 traps itself"),
        ("li t0, 0x10000000\n jr t0", 123, "vmlab: the trap handler at 0x0 traps itself"),
        ("li t0, 0x100000\n li t1, 0x7777\n sw t1, (t0)", 127, ""),
    ],
)
def test_every_guest_comes_to_an_end(vmlab, folder, source, status, sentence):
    (folder / "guest.S").write_text(f"_start: {source}\n")
    ended, out, err = vmlab("run", "guest.S", "--traps", TRAPS, "--budget", "5000")
    assert (ended, out) == (status, "")
    assert err.startswith(sentence)
    assert err.count("\n") == bool(sentence)
