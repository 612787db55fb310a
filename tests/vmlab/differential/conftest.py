"""Runs a kernel of this folder on our machine, and on QEMU."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from vmlab.block import FileDisk
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.program import Program

QEMU = "qemu-system-riscv64"
EXTENSIONS = "rv64,f=false,d=false,Zfh=false"
"""QEMU's default processor has more than ours."""


@pytest.fixture
def ours(part):
    """Give the function that runs a program on our machine and returns its console."""

    def run(program: Program, typed: bytes = b"", disk: Path | None = None) -> bytes:
        if disk is None:
            return boot(program, typed, None)
        with FileDisk(disk) as backend:
            return boot(program, typed, backend)

    def boot(program: Program, typed: bytes, backend: FileDisk | None) -> bytes:
        options = Options(pmp_entries=16, misaligned=True)
        machine = Machine(part, options=options, disk=backend)
        machine.load(program)
        machine.uart.feed(typed)
        stop = machine.run(1_000_000)
        assert (stop.reason, stop.code) == (Reason.FINISHED, 0), machine.uart.output.decode()
        return machine.uart.output

    return run


@pytest.fixture
def qemu(tmp_path: Path):
    """Give the function that runs a program on QEMU and returns its console."""
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")

    def run(program: Program, typed: bytes = b"", disk: Path | None = None) -> bytes:
        loaders = []
        for number, (address, contents) in enumerate(program.segments):
            image = tmp_path / f"{number}.bin"
            image.write_bytes(contents)
            loaders += ["-device", f"loader,file={image},addr={address:#x},force-raw=on"]
        board = ["-machine", "virt", "-cpu", EXTENSIONS, "-m", "128M", "-bios", "none"]
        # Time counts instructions: by the host's clock, a busy host delivers a timer too late.
        board += ["-icount", "shift=3,sleep=off"]
        console = ["-nographic", "-serial", "stdio", "-monitor", "none", "-nodefaults"]
        disks = []
        if disk is not None:
            disks = ["-global", "virtio-mmio.force-legacy=false"]
            disks += ["-drive", f"file={disk},format=raw,if=none,id=disk"]
            disks += ["-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]
        done = subprocess.run(
            [QEMU, *board, *console, *disks, *loaders], input=typed, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
