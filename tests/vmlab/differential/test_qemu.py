"""The same kernels on our machine and on QEMU print the same.

What they leave out, QEMU 7.2 does against the manual: it reports the faults of AMOs as those of
loads, a table in no memory as a page fault, and mtval of a misaligned direct jump as garbage; it
takes MPP = 2; it lets a CSRRS of value 0 write a read-only CSR.
"""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("compressed", b"", b"000000000000000a 000000000000001e"),
        ("compute", b"", b"3901c250707994af"),
        ("csrs", b"", b"0000000a007e19aa 00000002000c0122"),
        ("echo", b"Hello, world.", b"Hello, world. "),
        ("exceptions", b"", b"0000000000000001 ffffffff80000040 0000000000000040"),
        ("misaligned", b"", b"000000000000000d 00000000000001ac 0000000040002000"),
        ("paging", b"", b"others"),
        ("pmp", b"", b"0000000000000005 0000000000001000"),
        ("sstc", b"", b"8000000000000005 0000000000000020"),
        ("timer", b"", b"tick 8000000000000007 0000000000001880\n" * 5),
    ],
)
def test_same_console(kernel, ours, qemu, name, typed, expected):
    program = kernel(name)
    printed = ours(program, typed)
    assert expected in printed  # so that two empty consoles are not equal
    assert printed == qemu(program, typed)


def test_same_disk(kernel, ours, qemu, tmp_path):
    """The driver gets the same answers, and leaves the same image behind."""
    before = b"".join(bytes([sector]) * 512 for sector in range(64))
    images = tmp_path / "ours.img", tmp_path / "qemu.img"
    for image in images:
        image.write_bytes(before)
    program = kernel("disk")
    printed = ours(program, disk=images[0])
    assert printed == qemu(program, disk=images[1])
    assert b" 000000000000004f 0000000000000000 0000000000000000\n" in printed  # NEEDS_RESET
    after = images[0].read_bytes()
    assert after == images[1].read_bytes()
    assert after[: 3 * 512] == before[: 3 * 512]
    assert after[3 * 512 : 5 * 512] != before[3 * 512 : 5 * 512]
    assert after[5 * 512 :] == before[5 * 512 :]
