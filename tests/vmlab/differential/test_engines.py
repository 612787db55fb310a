"""Kernels, and a compiled program, do the same on each engine: console, traps, walks, memory."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from vmlab.asm import assemble
from vmlab.block import MemoryDisk
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.program import Program
from vmlab.trace import Trace

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
HERE = sorted(path.stem for path in FOLDER.glob("*.S") if path.stem not in ("board", "lib"))
KERNELS = [
    ROOT / "assignments" / "traps" / "tests" / "kernel.S",
    ROOT / "assignments" / "traps" / "tests" / "guest.S",
    ROOT / "grader" / "hidden" / "traps" / "adversary.S",
    ROOT / "grader" / "hidden" / "traps" / "deprivileged.S",
]
BUDGET = 300_000


@pytest.fixture(autouse=True)
def _soon_hot(monkeypatch):
    """Let little code be hot, so that small kernels meet all of the translator."""
    monkeypatch.setattr("vmlab.translator.blocks.HOT", 30)
    monkeypatch.setattr("vmlab.translator.engine.WARM", 4)
    monkeypatch.setattr("vmlab.translator.flow.LONG", 0)
    monkeypatch.setattr("vmlab.translator.engine.GROW", 300)


def outcome(
    part: ModuleType, program: Program, engine: str, budget: int, largest: int
) -> dict[str, object]:
    """Run in slices of up to `largest` instructions; tell all that can be seen."""
    trace = Trace("traps", "walks", "devices")
    options = Options(engine=engine, pmp_entries=16, misaligned=True)  # type: ignore[arg-type]
    disk = MemoryDisk(bytes(64 * 512))
    machine = Machine(part, trace=trace, options=options, disk=disk)
    machine.load(program)
    machine.uart.feed(b"Hello, world.")
    random, left = Random(largest), budget
    while True:
        stop = machine.run(min(left, random.randint(largest // 2, largest)))
        left = budget - machine.clock.retired
        if stop.reason is not Reason.BUDGET or left <= 0:
            break
    return {
        "stop": stop,
        "hart": machine.hart,
        "console": machine.uart.output,
        "trace": trace.records,
        "ram": bytes(machine.ram),
        "disk": disk.read(0, 64),
    }


def check(part: ModuleType, program: Program) -> dict[str, object]:
    """Compare whole runs, and the beginning of one that is preempted often."""
    begun = outcome(part, program, "interpreter", 10_000, 10_000)
    assert outcome(part, program, "translator", 10_000, 100) == begun
    whole = outcome(part, program, "interpreter", BUDGET, BUDGET)
    assert outcome(part, program, "translator", BUDGET, BUDGET) == whole
    return whole


@pytest.mark.parametrize("name", HERE)
def test_kernels_that_qemu_runs_too(part, kernel, name):
    assert check(part, kernel(name))["console"]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_kernels_of_the_assignments(part, path):
    assert check(part, assemble(path.read_text(), name=path.name))["console"]


def compiled(monkeypatch, *arguments: str) -> Program:
    """Compile the guest of the benchmarks."""
    spec = importlib.util.spec_from_file_location(
        "guest_programs", ROOT / "benchmarks" / "guest_programs.py"
    )
    assert spec is not None
    assert spec.loader is not None
    programs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(programs)
    if shutil.which(programs.COMPILER) is None:
        pytest.skip(f"{programs.COMPILER} is not installed")
    monkeypatch.setattr(programs, "FLAGS", [*programs.FLAGS, *arguments])
    program: Program = programs.compiled(1)
    return program


@pytest.mark.parametrize("isa", ["rv64ima_zicsr_zifencei", "rv64imac_zicsr_zifencei"])
def test_compiled_program(part, monkeypatch, qemu, isa):
    """It checks its own results; the console shows which piece was wrong, or 0."""
    program = compiled(monkeypatch, f"-march={isa}")
    found = []
    for engine in ("interpreter", "translator"):
        machine = Machine(part, options=Options(engine=engine))  # type: ignore[arg-type]
        machine.load(program)
        stop = machine.run(5_000_000)
        assert (stop.reason, stop.code) == (Reason.FINISHED, 0), engine
        found.append((stop, machine.hart, bytes(machine.ram)))
        assert machine.uart.output == b"0"
    assert found[0] == found[1]
    assert qemu(program) == b"0"
