"""What the reference disk costs beside QEMU's tools: throughput, space, metadata.

    python benchmarks/disk.py

The part is called over a local link, its store is in memory. QEMU's figures are those of `qemu-io`
on the same operations, many times over, in a file of the temporary folder. All times are of the
processor, so that neither starting nor the medium counts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from vmlab.bench.disk import Bench, Drive
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.disk import Part
from vmlab.testing.loading import load_part

SOLUTIONS = Path(__file__).resolve().parents[1] / "reference" / "solutions"
SIZE = 64 << 20
WORK = 16 << 20
BLOCK = 1 << 16
SMALL = 4096
RUNS = 3
AGAIN = 5
"""So often qemu-io does the same, as one time is too short for its clock."""


def bench() -> Bench:
    return Bench(LocalLink(load_part(SOLUTIONS, "disk"), Interface.of(Part)))


def opened(format_: str) -> tuple[Bench, Drive]:
    made = bench()
    made.create("disk", SIZE, format_)
    return made, made.open("disk", format_, size=SIZE)


def places(rng: Random | None) -> list[tuple[int, int]]:
    """Return (offset, length) of each operation: front to back, or anywhere."""
    if rng is None:
        return [(n, BLOCK) for n in range(0, WORK, BLOCK)]
    return [(rng.randrange(WORK // SMALL) * SMALL, SMALL) for _ in range(1_000)]


def ours(format_: str, write: bool, rng: Random | None) -> tuple[float, Bench]:
    """Return seconds of processor time, and the bench that it was spent on."""
    made, disk = opened(format_)
    part, store = made.part, made.store
    if not write:
        for offset, length in places(None):
            part.write(store, disk.number, offset, b"\x05" * length)
    made.mark()
    start = time.process_time()
    for offset, length in places(rng):
        if write:
            part.write(store, disk.number, offset, b"\x05" * length)
        else:
            part.read(store, disk.number, offset, length)
    part.flush(store, disk.number)
    return time.process_time() - start, made


def qemu(format_: str, write: bool, rng: Random | None) -> float | None:
    """Return seconds that qemu-io takes for the same; None if it is not installed."""
    if not shutil.which("qemu-io"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        tool("qemu-img", "create", "-f", format_, path, str(SIZE))
        if not write:
            qemu_io(format_, path, [f"write -q -P 5 {o} {n}" for o, n in places(None)])
        word = "write -q -P 5" if write else "read -q"
        commands = [f"{word} {offset} {length}" for offset, length in places(rng)]
        once = qemu_io(format_, path, [*commands, "flush"])
        often = qemu_io(format_, path, [*commands, "flush"] * (1 + AGAIN))
        return max(1e-5, (often - once) / AGAIN)


def qemu_io(format_: str, path: Path, commands: list[str]) -> float:
    start = os.times()
    tool("qemu-io", "-f", format_, path, text="\n".join([*commands, "quit"]) + "\n")
    end = os.times()
    return end.children_user + end.children_system - start.children_user - start.children_system


def tool(*arguments: object, text: str = "") -> None:
    subprocess.run(
        [str(each) for each in arguments], input=text, text=True, check=True, capture_output=True
    )


def row(name: str, format_: str, write: bool, seed: int | None) -> None:
    def rng() -> Random | None:
        return None if seed is None else Random(seed)

    best, made = min((ours(format_, write, rng()) for _ in range(RUNS)), key=lambda each: each[0])
    moved = sum(length for _, length in places(rng()))
    rival = [qemu(format_, write, rng()) for _ in range(RUNS)]
    ratio = "-" if None in rival else f"{min(filter(None, rival)) / best:.2f}"
    store = made.store
    print(
        f"{name:<26}{moved / best / 1e6:9.0f} MB/s  of qemu-io {ratio:>6}   host: "
        f"{store.reads:,} reads, {store.writes:,} writes, {store.flushes:,} flushes, "
        f"{(store.bytes_written if write else store.bytes_read) / moved:.2f} bytes a byte"
    )


def timed(what: str, action: Callable[[], object]) -> None:
    start = time.process_time()
    action()
    print(f"{what:<26}{(time.process_time() - start) * 1e3:9.1f} ms")


def large() -> None:
    """A disk of 1 TiB."""
    for format_ in ("raw", "qcow2"):
        made = bench()
        made.create("disk", 1 << 40, format_)
        disk = made.open("disk", format_, size=1 << 40)
        disk.write((1 << 40) - 512, b"\x05" * 512)
        print(f"{format_ + ', 1 TiB, one write':<26}{made.store.allocated('disk') // 1024:9} KiB")


def main() -> None:
    """Print a table."""
    for format_ in ("raw", "qcow2"):
        for write in (True, False):
            what = "write" if write else "read"
            row(f"{format_}, {what} in order", format_, write, None)
            row(f"{format_}, {what} anywhere", format_, write, 1)
    large()
    _, disk = opened("qcow2")
    for offset, length in places(None):
        disk.write(offset, b"\x05" * length)
    timed("a snapshot of 16 MiB", lambda: disk.take("kept"))


if __name__ == "__main__":
    main()
