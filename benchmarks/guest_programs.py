"""What the benchmarks run: the guests of `guests/`, compiled where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from vmlab.asm import assemble
from vmlab.elf import load
from vmlab.program import Program

GUESTS = Path(__file__).parent / "guests"
COMPILER = "riscv64-unknown-elf-gcc"
FLAGS = ["-march=rv64ima_zicsr_zifencei", "-mabi=lp64", "-mcmodel=medany", "-O2"]
FLAGS += ["-ffreestanding", "-nostdlib", "-static", "-Wl,--no-warn-rwx-segments", "-Tguest.ld"]
FLAGS += ["-fno-tree-loop-distribute-patterns"]  # there is no memset here to call
PIECES = ("sieve", "matrix", "sort", "sha256", "strings", "list", "fibonacci", "interpret")
"""The pieces of `mix.c`, in the order of the bits of its PIECES."""
FUNCTIONS = 0x8080_0000
"""Where `wide` has its functions."""
ALL = (1 << len(PIECES)) - 1


def has_compiler() -> bool:
    return shutil.which(COMPILER) is not None


def compiled(rounds: int, pieces: int = ALL) -> Program:
    """Compile `mix.c`."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "mix.elf"
        made = [f"-DROUNDS={rounds}", f"-DPIECES={pieces}", "-o", str(image)]
        subprocess.run([COMPILER, *FLAGS, *made, "start.S", "mix.c"], cwd=GUESTS, check=True)
        return load(image)


def assembled(rounds: int) -> Program:
    """Assemble `loop.S`, for which no compiler is needed."""
    texts = [(GUESTS / name).read_text() for name in ("start.S", "loop.S")]
    return assemble(f".equ ROUNDS, {rounds}\n" + "".join(texts))


def workload(rounds: int, pieces: int = ALL) -> Program:
    """Return the guest that every simulator is measured with, made so many rounds long."""
    return compiled(rounds, pieces) if has_compiler() else assembled(rounds)


def wide(kib: int, rounds: int) -> Program:
    """Return a guest that calls so many functions of 1 KiB, without a loop in them, in turn."""
    four = "addi t1, t1, 1\n xor t2, t2, t1\n slli t3, t2, 1\n {}\n"
    text = four.format("add t1, t1, t3") * 63 + four.format("ret")
    [(_, function)] = assemble(text).segments
    main = f"""
    .text
main:
    mv    s4, ra
    li    s5, {rounds}
1:
    li    s6, {FUNCTIONS}
    li    s7, {FUNCTIONS + len(function) * kib}
2:
    jalr  s6
    addi  s6, s6, {len(function)}
    bne   s6, s7, 2b
    addi  s5, s5, -1
    bnez  s5, 1b
    li    a0, 0
    jr    s4
"""
    program = assemble((GUESTS / "start.S").read_text() + main)
    program.segments.append((FUNCTIONS, function * kib))
    return program
