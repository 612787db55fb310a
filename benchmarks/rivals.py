"""Other simulators on the same guests: instructions a second of each that is installed."""

from __future__ import annotations

import collections
import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from vmlab.program import Program

RAM, UART, FINISHER = 0x8000_0000, 0x1000_0000, 0x10_0000
RAM_SIZE = 16 << 20
QEMU = "qemu-system-riscv64"
BOARD = ["-machine", "virt", "-m", "16M", "-bios", "none", "-nographic"]


def tinyrv(program: Program, limit: int, translate: bool) -> float | None:
    """Return instructions a second; None if it is not installed.

    It walks the page tables for every access; without `translate` it starts behind that.
    """
    try:
        import tinyrv as package
    except ImportError:
        return None
    page = 1 << 20
    simulator = package.sim(64)
    simulator.mem_psize = page
    simulator.mem_pages = collections.defaultdict(functools.partial(bytearray, page + 2))
    for address, contents in program.segments:
        simulator.copy_in(address, contents)
    simulator.pc = program.entry if translate else program.symbols["bare"]
    start = time.process_time()
    simulator.run(limit=limit, trace=False)
    return float(simulator.cycle / (time.process_time() - start))


def unicorn(program: Program) -> tuple[float, bytes] | None:
    """Return seconds and console of a whole run; None if it is not installed."""
    try:
        import unicorn as package
    except ImportError:
        return None
    printed = bytearray()
    emulator = package.Uc(package.UC_ARCH_RISCV, package.UC_MODE_RISCV64)
    emulator.mem_map(RAM, RAM_SIZE)
    for base, write in (
        (UART, lambda uc, offset, width, value, data: printed.append(value)),
        (FINISHER, lambda uc, offset, width, value, data: uc.emu_stop()),
    ):
        emulator.mmio_map(base, 0x1000, lambda uc, offset, width, data: 0, None, write, None)
    for address, contents in program.segments:
        emulator.mem_write(address, contents)
    start = time.process_time()
    emulator.emu_start(program.entry, program.symbols["halt"])
    return time.process_time() - start, bytes(printed)


def qemu(program: Program) -> tuple[float, bytes] | None:
    """Return seconds and console of a whole run, with its start; None if it is not installed."""
    if shutil.which(QEMU) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        loaders = []
        for number, (address, contents) in enumerate(program.segments):
            image = Path(folder) / str(number)
            image.write_bytes(contents)
            loaders += ["-device", f"loader,file={image},addr={address:#x},force-raw=on"]
        before = os.times()
        done = subprocess.run(
            [QEMU, *BOARD, *loaders],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        after = os.times()
    seconds = after.children_user + after.children_system
    return seconds - before.children_user - before.children_system, done.stdout
