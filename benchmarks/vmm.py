"""What an exit of a guest costs the reference VMM: in process, and over the link to a worker.

    python benchmarks/vmm.py

A guest of ours turns interrupts off and on again, as spin locks do: two privileged instructions in
nine. The fastest of several runs: processor time in process, and time on the wall over the link,
where the two ends wait for each other.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from vmlab.asm import assemble
from vmlab.bench import vmm_host
from vmlab.bench.vmm import SHARED, Bench
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.memory import Ram
from vmlab.parts.vmm import Part
from vmlab.testing.loading import load_part

from grader import walls
from grader.link import SharedMemory
from grader.zygote import Limits, Zygote

SOLUTIONS = Path(__file__).resolve().parents[1] / "reference" / "solutions"
LOCKS = """
1:  addi s0, s0, 1
    addi s1, s0, 1
    csrr a5, sstatus
    andi a5, a5, -3
    add s1, s1, s0
    csrw sstatus, a5
    addi s0, s0, 1
    addi s1, s0, 1
    j 1b
"""
TICKS, RUNS = 10_000, 3
LIMITS = Limits(cpu_seconds=60, calls=1_000_000)


def exit_of(part: Any, ram: Ram | None = None) -> tuple[float, float]:
    """Return the seconds of this process for each exit, and the native share."""
    bench = Bench(part, ram).start(quantum=TICKS)
    guest = bench.vm(assemble(LOCKS))
    start = time.process_time()
    bench.run(TICKS)
    seconds = time.process_time() - start
    bill = guest.bill
    return seconds / bill.exits, bill.retired / (bill.retired + bill.exits)


def main() -> None:
    vmm_host.ENTRIES = vmm_host.INSTRUCTIONS = 1 << 40
    interface: Any = Interface.of(Part)  # type: ignore[type-abstract]
    local = LocalLink(load_part(SOLUTIONS, "vmm"), interface)
    inside = [exit_of(local) for _ in range(RUNS)]
    print(f"{'native share':40} {inside[0][1]:9.3f}")
    print(f"{'an exit in process, us':40} {min(inside)[0] * 1e6:9.1f}")
    found = []
    with (
        Zygote(SOLUTIONS, "vmm", LIMITS, walls.policy([])) as zygote,
        zygote.beside_this_thread(),
    ):
        for _ in range(RUNS):
            with SharedMemory(SHARED) as memory, zygote.worker(ram=memory.descriptor) as worker:
                bench = Bench(worker.link(interface), Ram(SHARED, fd=memory.descriptor))
                bench.start(quantum=TICKS)
                guest = bench.vm(assemble(LOCKS))
                start = time.perf_counter()
                bench.run(TICKS)
                found.append((time.perf_counter() - start) / guest.bill.exits)
    print(f"{'an exit over the link, us of wall':40} {min(found) * 1e6:9.1f}  goal 150")


if __name__ == "__main__":
    main()
