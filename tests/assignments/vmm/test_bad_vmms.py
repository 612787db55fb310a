"""VMMs that are not just wrong: each gets a verdict that says what it did, and soon."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from vmlab.bench import vmm_guests
from vmlab.bench.vmm import SHARED, Bench
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.memory import Ram
from vmlab.parts.vmm import Part
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.testing.loading import load_part

from grader import walls
from grader.link import SharedMemory
from grader.outcome import GuardedPart, PartEnded, outcome_of
from grader.verdict import Verdict
from grader.zygote import Limits, Zygote

ROOT = Path(__file__).parents[3]
ASSIGNMENT = ROOT / "assignments" / "vmm"
HELLO = vmm_guests.build(ASSIGNMENT / "tests" / "hello.S", ASSIGNMENT / "tests", word=1)

SATP = """
def enter(vm, budget):
    vmm.host.run_guest(vm.config.vmid, vm.hart, budget, {satp})
"""
FRAME = """
def take_frame():
    frame = vmm.free.pop()
    fill(frame, ZEROS)
    return {frame}
"""
ROUTE = """
def page_fault(vm, exit):
    {act}
"""
LEDGER = """
def ledger():
    return Ledger(len(vmm.free) + {more}, disk_left(), [])
"""


@pytest.fixture
def written(hand_in):
    """Return what writes the solution, with functions of another text in it, to a folder."""
    return lambda source: hand_in(f'"""Bad."""\n\nFAILS = {{"V1"}}\n{source}')


def play(bench):
    for _ in range(2):
        bench.vm(HELLO)
    bench.ledger()
    bench.run(10_000)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (SATP.format(satp="0"), "a root of mode Sv39 in a frame of the VMM"),
        (SATP.format(satp="8 << 60 | 1 << 40"), "a root of mode Sv39 in a frame of the VMM"),
        (
            FRAME.format(frame="min({*range(0x8_0000, 0x8_0400)} - {*vmm.resources.frames})"),
            "of the VMM",
        ),
        (LEDGER.format(more=1), "700 in all"),
    ],
)
def test_what_it_did_is_said(written, source, said):
    bench = Bench(LocalLink(load_part(written(source), "vmm"), Interface.of(Part))).start()
    with pytest.raises(Mismatch) as caught:
        play(bench)
    assert said in f"{caught.value.expected}; {caught.value.got}"


def test_a_guest_without_progress_runs_out_of_exits(written):
    source = ROUTE.format(act="return RETRY")
    bench = Bench(LocalLink(load_part(written(source), "vmm"), Interface.of(Part))).start()
    bench.vm(HELLO)
    with pytest.raises(OutOfBudget):
        bench.run()


BAD = {
    "loops by itself": (ROUTE.format(act="return any(iter(int, 1))"), Verdict.TIMEOUT),
    "loops through the host": (
        ROUTE.format(act="return any(iter(vmm.host.fence, 1))"),
        Verdict.OUT_OF_BUDGET,
    ),
    "eats memory": (ROUTE.format(act="return bytes(1 << 30)"), Verdict.OUT_OF_MEMORY),
}


@pytest.mark.skipif(sys.platform != "linux", reason="workers need Linux")
@pytest.mark.parametrize("how", BAD)
def test_a_vmm_that_never_answers_is_ended(written, how):
    source, verdict = BAD[how]
    limits = Limits(cpu_seconds=2, wall_seconds=60, memory_mib=128, calls=1000)
    with (
        Zygote(written(source), "vmm", limits, walls.policy(())) as zygote,
        SharedMemory(SHARED) as memory,
        zygote.worker(memory.descriptor) as worker,
    ):
        part = GuardedPart(worker.link(Interface.of(Part)))
        bench = Bench(part, Ram(SHARED, fd=memory.descriptor)).start()
        bench.vm(HELLO)
        with pytest.raises((OutOfBudget, PartEnded)) as caught:
            bench.run(10_000)
    assert outcome_of(caught.value).verdict is verdict
