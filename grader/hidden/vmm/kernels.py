"""The kernels of the hidden tests: those that stand here, the public ones, and short ones."""

from __future__ import annotations

from pathlib import Path

from vmlab.bench import vmm_guests
from vmlab.bench.vmm_guests import PAGES
from vmlab.program import Program

HIDDEN = Path(__file__).parent
PUBLIC = Path(__file__).parents[3] / "assignments" / "vmm" / "tests"
NUMBERED = b"".join(bytes([number]) * 512 for number in range(1, 33))
"""A disk for guests that read what they know."""
TALKS = b"Hello there\nand bye\n"
"""What `os` wants typed."""
WINDOW = 0x4000_0000
"""Where short guests with page tables have pages of their own."""
LOOKS = """
on_trap:
        addi    sp, sp, -32
        sd      ra, 0(sp)
        sd      a1, 8(sp)
        sd      a2, 16(sp)
        call    puthex
        ld      a0, 16(sp)
        call    puthex
        ld      a0, 8(sp)
        addi    a0, a0, 4
        bnez    s11, 1f
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret
1:      mv      a0, s11
        li      s11, 0
        ld      ra, 0(sp)
        addi    sp, sp, 32
        ret
"""
"""A handler that prints cause and trap value, and goes on behind the instruction, or at s11."""
PAGING = """
# Map 0x4000_0000 + 4096 n as `leaves` says, RAM and all devices as they are; go to S-mode at a0.
paging: la      t0, middle
        srli    t0, t0, 2
        ori     t0, t0, 1
        la      t1, root
        sd      t0, 8(t1)               # 0x4000_0000
        li      t0, 0xc7
        sd      t0, 0(t1)               # devices: a gigapage
        li      t0, RAM >> 2 | 0xcf
        sd      t0, 16(t1)              # RAM
        la      t0, leaves
        srli    t0, t0, 2
        ori     t0, t0, 1
        la      t1, middle
        sd      t0, 0(t1)
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        csrw    mepc, a0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11
        csrs    mstatus, t0
        mret

        .balign 4096
root:   .zero   4096
middle: .zero   4096
leaves: .zero   4096
"""
"""What a short kernel has behind it that uses pages."""


def kernel(name: str, word: int = 0, pages: int = PAGES) -> Program:
    """Assemble a guest by its name."""
    return vmm_guests.build(_find(f"{name}.S"), PUBLIC, word=word, pages=pages)


def short(text: str, word: int = 0, pages: int = PAGES) -> Program:
    """Assemble a short guest."""
    source = f".equ WINDOW, {WINDOW:#x}\n{text}"
    return vmm_guests.build_text(source, PUBLIC, name="short", word=word, pages=pages)


def transcript(name: str) -> str:
    """Return what a guest prints, as checked on the bare machine and on QEMU."""
    return _find(f"{name}.txt").read_text(encoding="utf-8")


def _find(name: str) -> Path:
    return next(path for folder in (PUBLIC, HIDDEN) if (path := folder / name).is_file())
