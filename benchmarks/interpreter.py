"""How many instructions a second the interpreter retires, with and without Sv39.

    python benchmarks/interpreter.py [--repeat 7] [--millions 2]

The guest is a loop of arithmetic, loads and stores over 64 KiB, with a call in it. Each figure is
the median of the repetitions, with the slowest and the fastest beside it, by processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from types import SimpleNamespace

from vmlab.asm import assemble
from vmlab.hart import HartState, Mode
from vmlab.machine import Machine, Reason
from vmlab.mstatus import MPP
from vmlab.program import Program

LOOP = """
    .equ SIZE, 0x10000
loop:
    li    s0, SIZE
    la    s1, data
    li    s2, 0x9E3779B97F4A7C15
1:
    ld    t0, 0(s1)
    xor   t0, t0, s2
    call  mix
    sd    t0, 0(s1)
    lbu   t2, 3(s1)
    add   s3, s3, t2
    addi  s1, s1, 8
    addi  s0, s0, -8
    bnez  s0, 1b
    j     loop
mix:
    slli  t1, t0, 13
    xor   t0, t0, t1
    srli  t1, t0, 7
    xor   t0, t0, t1
    mul   t0, t0, s2
    ret
    .align 12
data:
    .zero SIZE
"""
BARE = "_start: j loop\n" + LOOP
# One gigapage maps all of RAM onto itself; mret then leaves M-mode for the loop.
SV39 = (
    """
_start:
    la    t0, table
    srli  t1, t0, 12
    li    t2, 8 << 60
    or    t1, t1, t2
    csrw  satp, t1
    la    t0, loop
    csrw  mepc, t0
    li    t0, 1 << 11
    csrw  mstatus, t0
    mret
    .align 12
table:
    .zero 16
    .dword 0x200000CF
    .zero 4072
"""
    + LOOP
)


def _mret(hart: HartState) -> None:
    hart.mode, hart.pc = Mode.S, hart.mepc
    hart.mstatus &= ~MPP


PART = SimpleNamespace(
    choose_interrupt=lambda hart: None,
    check_csr=lambda hart, number, write: None,
    access_mode=lambda hart, fetch: hart.mode,
    mret=_mret,
)
"""As much of a `traps` part as these guests need, so that the benchmark needs no solution."""


def measure(program: Program, budget: int) -> float:
    """Run a guest; return instructions a second."""
    machine = Machine(PART)  # type: ignore[arg-type]
    machine.load(program)
    machine.run(10_000)  # decode
    start = time.process_time()
    stop = machine.run(budget)
    elapsed = time.process_time() - start
    assert stop.reason is Reason.BUDGET, stop
    return budget / elapsed


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeat", type=int, default=7)
    arguments.add_argument("--millions", type=float, default=2)
    given = arguments.parse_args()
    print(f"{'interpreter':<24}{'median':>10}{'slowest':>10}{'fastest':>10}   million/s")
    for name, source in (("M-mode, no translation", BARE), ("S-mode, Sv39", SV39)):
        program = assemble(source)
        rates = [measure(program, int(given.millions * 1e6)) / 1e6 for _ in range(given.repeat)]
        figures = statistics.median(rates), min(rates), max(rates)
        print(f"{name:<24}" + "".join(f"{figure:>10.2f}" for figure in figures))


if __name__ == "__main__":
    main()
