"""How fast the machine is, beside others, and how its time grows.

    python benchmarks/machine.py [--repeat 5] [--rounds 40] [--only TABLE ...]
        [--xv6 KERNEL FS [--ram 4]]

The guests are those of `guests/`, run in S-mode with Sv39 on; the C one is used where
riscv64-unknown-elf-gcc is installed. tinyrv, unicorn and QEMU are measured if they are installed.
--xv6 boots a kernel of xv6-riscv that was built elsewhere, with a copy of its disk, to its shell.
Each figure is the median of the repetitions, by processor time of this process or of QEMU's.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import guest_programs
import rivals
from vmlab.asm import assemble
from vmlab.elf import load
from vmlab.hart import HartState
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.program import Program
from vmlab.testing.loading import load_part

PART = load_part(Path(__file__).resolve().parents[1] / "reference" / "solutions", "traps")
ENGINES = ("interpreter", "translator")
TRANSLATOR = Options(engine="translator")
XV6 = Options(engine="translator", svadu=True, pmp_entries=16)
"""xv6 leaves the A and D bits to the hardware."""
MIB = 1 << 20
FOREVER = 10**12


def median(measure: Callable[[], float], repeat: int) -> float:
    return statistics.median(measure() for _ in range(repeat))


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def finished(program: Program, options: Options = TRANSLATOR, ram_mib: int = 16) -> Machine:
    """Run a guest to its end."""
    machine = Machine(PART, ram_mib=ram_mib, options=options)
    machine.load(program)
    stop = machine.run(FOREVER)
    assert stop.reason is Reason.FINISHED, stop
    return machine


def rate(program: Program, engine: str) -> float:
    """Return millions of instructions a second, for a whole run, translation and all."""
    options = Options(engine=engine)  # type: ignore[arg-type]
    machine = Machine(PART, options=options)
    machine.load(program)
    return 1e-6 / seconds(lambda: machine.run(FOREVER)) * machine.clock.retired


def engines(repeat: int, rounds: int) -> None:
    print(f"{'M instructions/s, Sv39 on':<28}" + "".join(f"{name:>13}" for name in ENGINES))
    pieces: dict[str, tuple[int, ...]] = {"all": ()}
    if guest_programs.has_compiler():
        pieces |= {name: (1 << bit,) for bit, name in enumerate(guest_programs.PIECES)}
    for name, chosen in pieces.items():
        print(f"{name:<28}", end="")
        for engine in ENGINES:
            times = rounds if engine == "translator" else max(rounds // 10, 1)
            guest = guest_programs.workload(times * 4 if chosen else times, *chosen)
            print(f"{median(lambda: rate(guest, engine), repeat):>13.2f}", end="")  # noqa: B023
        print()


def others(repeat: int, rounds: int) -> None:
    """Compare by one guest; QEMU and unicorn get more of it, less the time of a short run."""
    program = guest_programs.workload(rounds)
    machine = finished(program)
    a_round = (machine.clock.retired - finished(guest_programs.workload(1)).clock.retired) / (
        rounds - 1
    )
    ours = median(lambda: rate(program, "translator"), repeat)
    print(f"{'simulator':<28}{'M instr/s':>13}{'vmlab is':>24}")
    print(f"{'vmlab, translator':<28}{ours:>13.2f}")

    def row(name: str, figure: float | None) -> None:
        if figure is None:
            print(f"{name:<28}{'not installed':>13}")
            return
        times = f"{ours / figure:.1f} times as fast" if ours > figure else f"1/{figure / ours:.0f}"
        print(f"{name:<28}{figure:>13.2f}{times:>24}")

    for name, translate in (("tinyrv, Sv39", True), ("tinyrv, no translation", False)):
        found = [rivals.tinyrv(program, 200_000, translate) for _ in range(repeat)]
        known = [figure / 1e6 for figure in found if figure is not None]
        row(name, statistics.median(known) if known else None)
    more = 50 * rounds
    short, long = guest_programs.workload(1), guest_programs.workload(more)
    for name, run in (("unicorn", rivals.unicorn), ("QEMU", rivals.qemu)):
        check = run(program)
        if check is None:
            row(name, None)
            continue
        assert check[1] == machine.uart.output, (name, check[1])
        found_seconds = [
            [run(image)[0] for _ in range(repeat)]  # type: ignore[index]
            for image in (long, short)
        ]
        spent = statistics.median(found_seconds[0]) - statistics.median(found_seconds[1])
        row(name, a_round * (more - 1) / spent / 1e6)


def _resident() -> int | None:
    """Return the bytes of memory that this process holds; None where that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return None


def start_up(repeat: int) -> None:
    print(f"{'a machine with 128 MiB':<40}{'median':>10}  goal")
    kept: list[Machine] = [Machine(PART, ram_mib=128, options=TRANSLATOR)]
    gc.collect()
    before = _resident()

    def build() -> None:
        kept.append(Machine(PART, ram_mib=128, options=TRANSLATOR))

    taken = median(lambda: seconds(build), repeat)
    after = _resident()
    print(f"{'time to build, ms':<40}{taken * 1e3:>10.2f}  50")
    if before is not None and after is not None:
        print(f"{'memory committed, MiB':<40}{(after - before) / repeat / MIB:>10.2f}")


def _exits(count: int, between: int) -> float:
    """Return the seconds that a guest took to exit so often, with so much work in between."""
    work = f"li t0, {between // 2}\n1: addi t0, t0, -1\n bnez t0, 1b\n" if between else ""
    machine = Machine(PART, options=TRANSLATOR)
    machine.load(assemble(f"_start: {work} ecall\n j _start\n"))
    vcpu = HartState(pc=machine.memory.base)

    def run() -> None:
        for _ in range(count):
            machine.run_guest(vcpu, FOREVER)
            vcpu.pc += 4

    run()
    return seconds(run)


def exits(repeat: int) -> None:
    print(f"{'an exit to the VMM, and back':<40}{'median':>10}  goal")
    taken = median(lambda: _exits(5_000, 0), repeat) / 5_000
    print(f"{'with an empty handler, us':<40}{taken * 1e6:>10.2f}  15")
    print(f"\n{'2 million instructions of a guest, exits':<44}{'seconds':>10}")
    for count in (1, 10, 100, 1_000, 10_000, 100_000):
        between = 2_000_000 // count
        print(f"{count:<44,}{median(lambda: _exits(count, between), 1):>10.3f}")  # noqa: B023


def growth(repeat: int, rounds: int) -> None:
    program = guest_programs.workload(rounds)
    print(f"{'RAM, MiB':<24}{'to build and run all, s':>26}")
    for ram in (1, 16, 128, 1024, 4096):
        taken = median(lambda: seconds(lambda: finished(program, ram_mib=ram)), repeat)  # noqa: B023
        print(f"{ram:<24,}{taken:>26.3f}")
    print(f"\n{'code, KiB':<24}{'first 3 times, s':>26}{'M instr/s thereafter':>24}")
    for kib in (4, 16, 64, 256, 1024):
        found = []
        for times in (3, 3 + 16384 // kib):
            machine = Machine(PART, options=TRANSLATOR)
            machine.load(guest_programs.wide(kib, times))
            found.append((seconds(lambda: machine.run(FOREVER)), machine.clock.retired))  # noqa: B023
        (cold, few), (all_of_it, many) = found
        print(f"{kib:<24,}{cold:>26.3f}{(many - few) / (all_of_it - cold) / 1e6:>24.1f}")


def xv6(kernel: Path, disk: Path, ram_mib: int, repeat: int) -> None:
    from vmlab.block import MemoryDisk

    program, contents = load(kernel), disk.read_bytes()

    def boot() -> float:
        start = time.process_time()
        backend = MemoryDisk(contents)
        machine = Machine(PART, ram_mib=ram_mib, options=XV6, disk=backend)
        machine.load(program)
        while not machine.uart.output.endswith(b"$ "):
            stop = machine.run(20_000)
            assert stop.reason is Reason.BUDGET, (stop, machine.uart.output)
            assert stop.instret < 1e9, machine.uart.output
        found.append(machine.clock.retired)
        return time.process_time() - start

    found: list[int] = []
    taken = median(boot, repeat)
    print(f"{'xv6 to its shell':<40}{'median':>10}  goal, with 4 MiB")
    print(f"{'seconds':<40}{taken:>10.2f}  2.5")
    print(f"{'million instructions':<40}{found[0] / 1e6:>10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=40, help="of the workload, 2 or more")
    parser.add_argument("--xv6", nargs=2, type=Path, metavar=("KERNEL", "FS"))
    parser.add_argument("--ram", type=int, default=4, help="MiB that the xv6 was built for")
    tables: dict[str, Callable[[], None]] = {
        "start": lambda: start_up(given.repeat),  # first: it measures this process's memory
        "engines": lambda: engines(given.repeat, given.rounds),
        "others": lambda: others(given.repeat, given.rounds),
        "exits": lambda: exits(given.repeat),
        "growth": lambda: growth(given.repeat, given.rounds),
    }
    parser.add_argument("--only", nargs="*", choices=[*tables, "xv6"])
    given = parser.parse_args()
    if given.xv6:
        tables["xv6"] = lambda: xv6(*given.xv6, given.ram, given.repeat)
    for name, table in tables.items():
        if given.only is None or name in given.only:
            table()
            print()


if __name__ == "__main__":
    main()
