"""The guests of the assignment, and machines to run them on."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from vmlab.bench import vmm_guests
from vmlab.program import Program
from vmlab.testing.loading import load_part

ROOT = Path(__file__).parents[3]
PUBLIC = ROOT / "assignments" / "vmm" / "tests"
HIDDEN = ROOT / "grader" / "hidden" / "vmm"
SOLUTIONS = ROOT / "reference" / "solutions"
QEMU = "qemu-system-riscv64"
PROCESSOR = "rv64,f=false,d=false,Zfh=false"
"""QEMU's default one has more than ours."""


@pytest.fixture(scope="session")
def traps() -> ModuleType:
    return load_part(SOLUTIONS, "traps")


@pytest.fixture(scope="session")
def vmm() -> ModuleType:
    return load_part(SOLUTIONS, "vmm")


@pytest.fixture(scope="session")
def guest() -> Callable[..., Program]:
    """Give the function that assembles a guest by its name."""

    def build(name: str, word: int = 0) -> Program:
        return vmm_guests.build(_find(f"{name}.S"), PUBLIC, word=word)

    return build


@pytest.fixture(scope="session")
def library() -> Path:
    return PUBLIC


@pytest.fixture(scope="session")
def programs() -> ModuleType:
    """Give the module that writes random programs."""
    spec = importlib.util.spec_from_file_location("programs", HIDDEN / "programs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def transcript() -> Callable[[str], str]:
    """Give the function that tells what a guest must print."""

    def read(name: str) -> str:
        return _find(f"{name}.txt").read_text(encoding="utf-8")

    return read


def _find(name: str) -> Path:
    [path] = [folder / name for folder in (PUBLIC, HIDDEN) if (folder / name).is_file()]
    return path


@pytest.fixture
def qemu(tmp_path: Path) -> Callable[..., tuple[bytes, bytes]]:
    """Give the function that runs a program on QEMU: its console, and its disk afterwards."""
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")

    def run(program: Program, typed: bytes = b"", disk: bytes = b"") -> tuple[bytes, bytes]:
        loaders = []
        for number, (address, contents) in enumerate(program.segments):
            image = tmp_path / f"{number}.bin"
            image.write_bytes(contents)
            loaders += ["-device", f"loader,file={image},addr={address:#x},force-raw=on"]
        board = ["-machine", "virt", "-cpu", PROCESSOR, "-m", "64M", "-bios", "none"]
        # Time counts instructions: by the host's clock, a busy host delivers a timer too late.
        board += ["-icount", "shift=3,sleep=off"]
        console = ["-nographic", "-serial", "stdio", "-monitor", "none", "-nodefaults"]
        image = tmp_path / "disk.img"
        disks = []
        if disk:
            image.write_bytes(disk)
            disks = ["-global", "virtio-mmio.force-legacy=false"]
            disks += ["-drive", f"file={image},format=raw,if=none,id=disk"]
            disks += ["-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]
        done = subprocess.run(
            [QEMU, *board, *console, *disks, *loaders], input=typed, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout, image.read_bytes() if disk else b""

    return run
