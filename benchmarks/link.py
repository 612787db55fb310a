"""What a walled worker costs: a test in one of its own, a call over the link, its memory.

    python benchmarks/link.py [--without WALL ...]

On a busy host the medians tell of the host; the fastest of many, also printed, tell of the code.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from vmlab.hart import HartState
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.traps import Part
from vmlab.trap import Exc, Exit, Trap

from grader import walls
from grader.zygote import Limits, Zygote

SOLUTION = Path(__file__).resolve().parents[1] / "reference" / "solutions" / "traps.py"
CSRR_T0_SEPC = 0x141022F3
TESTS, CALLS = 100, 3_000
LIMITS = Limits(cpu_seconds=60, calls=1_000_000)


class Guest:
    """Answers the part's one nested call: the instruction that trapped reads `sepc`."""

    def fetch(self, address: int) -> int:
        return CSRR_T0_SEPC


def state() -> HartState:
    """A hart in the middle of its work: registers hold addresses, numbers and masks."""
    values = [0x8000_0000 + 0x1F30 * n if n % 3 else n for n in range(31)]
    return HartState(x=[0, *values], pc=0x8000_4000, mtvec=0x8000_0100, medeleg=0xB109)


def one_test(part: Part) -> None:
    """What a small test does."""
    hart = state()
    part.take_trap(hart, Trap(Exc.ILLEGAL_INSTRUCTION, instruction=0xFFFF_FFFF))
    part.mret(hart)


def seconds(action: Callable[[], object], times: int) -> list[float]:
    """Return how long each of so many runs took, fastest first."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return sorted(found)


def row(name: str, found: list[float], unit: float, goal: str = "") -> None:
    median, fastest = statistics.median(found) * unit, found[len(found) // 20] * unit
    print(f"{name:44} {median:9.1f} {fastest:9.1f}  {goal}")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("traps", SOLUTION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", nargs="*", default=[], metavar="WALL")
    policy = walls.policy(parser.parse_args().without)
    interface = Interface.of(Part)  # type: ignore[type-abstract]
    local: Any = LocalLink(load(), interface)
    print(f"walls: {', '.join(sorted(policy.names))}")
    print(f"{'':44} {'median':>9} {'fast 5 %':>9}  goal")

    start = time.perf_counter()
    with Zygote(SOLUTION.parent, "traps", LIMITS, policy) as zygote, zygote.beside_this_thread():
        with zygote.worker():
            row("first worker of a submission, ms", [time.perf_counter() - start], 1e3)

        def walled() -> None:
            with zygote.worker() as worker:
                one_test(worker.link(interface))

        inside = seconds(lambda: one_test(local), TESTS)
        outside = seconds(walled, TESTS)
        row("a test in process, ms", inside, 1e3)
        row("a test in a walled worker of its own, ms", outside, 1e3)
        more = [b - a for a, b in zip(inside, outside, strict=True)]
        row("  more than in process, ms", more, 1e3, "15 ms more")

        with zygote.worker() as worker:
            part, hart, guest = worker.link(interface), state(), Guest()
            trap = Trap(Exc.BREAKPOINT)
            row(
                "a call with a hart's state back, µs",
                seconds(lambda: part.take_trap(hart, trap), CALLS),
                1e6,
                "120 µs",
            )
            row("the same in process, µs", seconds(lambda: local.take_trap(hart, trap), CALLS), 1e6)
            row("a call with a hart's state, µs", seconds(lambda: part.wakes(hart), CALLS), 1e6)

            def nested() -> None:
                part.handle_exit(state(), Exit(Exc.ILLEGAL_INSTRUCTION), guest)

            row("a call with a nested call, µs", seconds(nested, CALLS), 1e6)
        assert worker.peak_kib is not None
        print(f"{'peak memory of a worker, MiB':44} {worker.peak_kib / 1024:9.1f} {'':9}  120 MB")


if __name__ == "__main__":
    main()
