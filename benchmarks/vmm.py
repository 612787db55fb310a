"""What an exit of a guest costs the reference VMM: in process, and over the link to a worker.

    python benchmarks/vmm.py [--xv6 KERNEL FS [--ram 128] [--vms 1] [--type COMMAND ...]]

A guest of ours turns interrupts off and on again, as spin locks do: two privileged instructions in
nine. The fastest of several runs: processor time in process, and time on the wall over the link,
where the two ends wait for each other.

--xv6 takes a kernel of xv6-riscv with Sstc that was built elsewhere, and its disk. It boots to its
shell on the bare machine and, alone, as a guest of the reference VMM, which is called directly, as
the bare machine calls `traps`: processor times of one process. With --vms, several run side by
side, each with a disk of its own, and each is typed the commands.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, cast

from vmlab import held
from vmlab.asm import assemble
from vmlab.bench import vmm_host
from vmlab.bench.vmm import SHARED, Bench
from vmlab.bench.vmm_guest import Guest
from vmlab.block import MemoryDisk
from vmlab.elf import load
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.machine import Machine
from vmlab.memory import PAGE_SIZE, Ram
from vmlab.options import Options
from vmlab.parts.vmm import Part
from vmlab.program import Program
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
TICKS, RUNS = 4_000, 12
LIMITS = Limits(cpu_seconds=60, calls=1_000_000)
XV6 = Options(svadu=True, pmp_entries=16)
"""xv6 leaves the A and D bits to the hardware."""
SLICE = 1_000_000
QUANTUM = 100_000
"""Ticks: 10 ms, as a scheduler of virtual machines has it."""
MIB_PAGES = 256


def exit_of(part: Any, ram: Ram | None = None) -> tuple[float, float]:
    """Return the seconds of this process for each exit, and the native share."""
    bench = Bench(part, ram).start(quantum=TICKS)
    guest = bench.vm(assemble(LOCKS))
    start = time.process_time()
    bench.run(TICKS)
    seconds = time.process_time() - start
    bill = guest.bill
    return seconds / bill.exits, bill.retired / (bill.retired + bill.exits)


def exits() -> None:
    """Print what an exit costs."""
    interface: Any = Interface.of(Part)
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


def boot_bare(program: Program, contents: bytes, ram_mib: int) -> tuple[float, int]:
    """Boot to the shell on the bare machine; return seconds and instructions."""
    traps = load_part(SOLUTIONS, "traps")
    machine = Machine(traps, ram_mib=ram_mib, options=XV6, disk=MemoryDisk(contents))
    machine.load(program)
    start = time.process_time()
    while not machine.uart.output.endswith(b"$ "):
        machine.run(SLICE)
    return time.process_time() - start, machine.clock.retired


def boot_guests(
    program: Program, contents: bytes, ram_mib: int, count: int, commands: list[str]
) -> tuple[float, list[Guest]]:
    """Boot VMs side by side, and have each execute the commands; return the seconds that took."""
    pages = ram_mib * MIB_PAGES
    frames = count * (pages + pages // 16 + 32)
    bench = Bench(cast(Part, load_part(SOLUTIONS, "vmm")), Ram((frames + 16) * PAGE_SIZE))
    bench.start(frames, quantum=QUANTUM, disk_bytes=count * len(contents))
    guests = [bench.vm(program, pages=pages, disk=contents) for _ in range(count)]
    for guest in guests:
        for command in commands:
            guest.types(command.encode() + b"\n", prompt=b"$ ")
    bench.host.witnesses.clear()
    prompts = 1 + len(commands)
    start = time.process_time()
    with held.prepared():
        while any(guest.bill.console.count(b"$ ") < prompts for guest in guests):
            bench.part.run(bench.host, bench.store, bench.host.time() + SLICE)
    return time.process_time() - start, guests


def xv6(image: tuple[Path, Path], ram_mib: int, count: int, commands: list[str]) -> None:
    """Print what it takes to boot xv6 as a guest, beside the bare machine."""
    kernel, disk = image
    program, contents = load(kernel), disk.read_bytes()
    bare, instructions = boot_bare(program, contents, ram_mib)
    under, (guest,) = boot_guests(program, contents, ram_mib, 1, [])
    bill = guest.bill
    print(f"{'xv6 to its shell, bare, s':40} {bare:9.1f}")
    print(f"{'million instructions':40} {instructions / 1e6:9.2f}")
    print(f"{'as a guest, s':40} {under:9.1f}")
    print(f"{'exits':40} {bill.exits:9,}")
    print(f"{'us for each':40} {(under - bare) / bill.exits * 1e6:9.1f}")
    print(f"{'native share':40} {bill.retired / (bill.retired + bill.exits):9.4f}  goal 0.99")
    print(f"{'times the bare machine':40} {under / bare:9.2f}  goal 4")
    if count > 1 or commands:
        seconds, guests = boot_guests(program, contents, ram_mib, count, commands)
        print(f"{f'{count} side by side, s':40} {seconds:9.1f}")
        for guest in guests:
            print(f"--- {guest.name}\n{guest.console}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--xv6", nargs=2, type=Path, metavar=("KERNEL", "FS"))
    parser.add_argument("--ram", type=int, default=128, help="MiB that the xv6 was built for")
    parser.add_argument("--vms", type=int, default=1)
    parser.add_argument("--type", nargs="*", default=[], metavar="COMMAND")
    given = parser.parse_args()
    vmm_host.ENTRIES = vmm_host.INSTRUCTIONS = vmm_host.LOOKS = 1 << 40
    if given.xv6:
        xv6(given.xv6, given.ram, given.vms, given.type)
    else:
        exits()


if __name__ == "__main__":
    main()
