"""Pagers that are not just wrong: each gets a verdict that says what it did, and soon."""

from __future__ import annotations

import sys

import pytest
from vmlab.bench.shadow import BASE, SHARED, Bench
from vmlab.link.interface import Interface
from vmlab.memory import Ram
from vmlab.parts.shadow import Part
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.testing.loading import load_part

from grader import walls
from grader.link import SharedMemory
from grader.outcome import GuardedPart, PartEnded, outcome_of
from grader.verdict import Verdict
from grader.zygote import Limits, Zygote

CONSOLE = "SczScz1aS2aS1bS2bS1c2czd.\n"
DATA = BASE + 0x2_0000
FOREIGN = 0x8_001C
"""A frame that the bench deals to another VM."""

LEAF = """
def leaf_pte(view, target, pte):
    frame = {frame} if target == 0x8002_0000 else frame_of(target)
    return frame << 10 | V | R | W | X | U | A | D
"""
EVERY_LEAF = """
def leaf_pte(view, target, pte):
    return {frame} << 10 | V | R | W | X | U | A | D
"""
ANSWER = """
def fault(host, cause, address):
    return {answer}
"""
NEARLY = """
def fault(host, cause, address):
    if cause == 15:
        return Answer(Act.EMULATE, address ^ 0x800)
    install(host, view_now(), address, Walk(address, 0, ()), R | X)
    return RETRY
"""
ROOT = """
def root(host):
    return {satp}
"""
TABLE = """
def entry_for(host, shadow, virtual):
    entry = host.allocate() << PAGE_SHIFT
    first = word_index(shadow.root << PAGE_SHIFT)
    for number in range(512):
        pager.words[first + number] = {pointer} << 10 | V
    return entry
"""


@pytest.fixture
def written(hand_in):
    """Return what writes the solution, with functions of another text in it, to a folder."""
    return lambda source: hand_in(f'"""Bad."""\n\nFAILS = {{"S1"}}\n{source}')


@pytest.fixture
def bench(written, load_bench):
    return lambda source: load_bench(written(source), "shadow")


SCRIBBLES = """
def write_satp(host, value):
    for frame in pager.frames:
        first = word_index(frame << PAGE_SHIFT)
        pager.words[first : first + 512] = memoryview(b"\\1\\0\\0\\1\\0\\0\\0\\0" * 512).cast("Q")
"""

WIPES = """
def fault(host, cause, address):
    pager.words[word_index(pager.frames[9] << PAGE_SHIFT)] = 0
    return RETRY
"""
ANOTHER_KERNEL = """
def start(memory, guest):
    global pager
    pager = Pager(memory.cast("Q"), guest.base, list(guest.frames))
    first = (guest.frames[0] << PAGE_SHIFT) - RAM_BASE
    memory[first : first + 4] = (0x13).to_bytes(4, "little")
"""


def mapped(vm):
    root = vm.space()
    vm.runs("U", root)
    vm.map(root, 0x40_0000, DATA)


def looked_at(vm):
    """Have a fault answered, and look at the shadow: the guest is not entered."""
    vm.part.root(vm.host)
    vm.part.fault(vm.host, 13, DATA)
    vm.check_isolated()


def entered(vm):
    vm.load(DATA).reaches(DATA)


@pytest.mark.parametrize(
    ("source", "then", "said"),
    [
        (LEAF.format(frame=FOREIGN), looked_at, f"leads to frame {FOREIGN:#x}, another VM's"),
        (LEAF.format(frame=FOREIGN), entered, "done, in memory that is not this VM's"),
        (LEAF.format(frame="pager.shadows[view].root"), looked_at, "a shadow table"),
        (LEAF.format(frame="1 << 40"), entered, "the real MMU answers with exception 5"),
        (ANSWER.format(answer="RETRY"), entered, "the same fault again and again: exception 12"),
        (ANSWER.format(answer="Answer(Act.EMULATE, address)"), entered, "EMULATE for stores only"),
        (ROOT.format(satp="0"), entered, "a satp of mode Sv39, with a frame from allocate"),
        (ROOT.format(satp="8 << 60 | 1 << 40"), entered, "no RAM"),
        (ROOT.format(satp="8 << 60 | pager.frames[3]"), entered, "page 3 of this VM"),
        (TABLE.format(pointer="shadow.root"), looked_at, "the same ones again and again"),
        (TABLE.format(pointer="pager.frames[3]"), looked_at, "page 3 of this VM"),
        (SCRIBBLES, mapped, "as the guest wrote them"),
        (WIPES, looked_at, "0x0, which the pager has written"),
    ],
)
def test_what_it_did_is_said(bench, source, then, said):
    vm = bench(source).vm()
    with pytest.raises(Mismatch) as caught:
        then(vm)
    assert said in f"{caught.value.expected}; {caught.value.got}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (ROOT.format(satp="0"), "a satp of mode Sv39"),
        (EVERY_LEAF.format(frame="1 << 40"), "the real MMU answers with exception"),
        (EVERY_LEAF.format(frame=FOREIGN), f"leads to frame {FOREIGN:#x}"),
        (ANSWER.format(answer="Answer(Act.EMULATE, address)"), "EMULATE for stores only"),
        (
            ANSWER.format(answer="Answer(Act.REFLECT, 0, 1 << 62)"),
            "a page fault or an access fault",
        ),
        (NEARLY, "with its guest-physical"),
        (ANOTHER_KERNEL, "as on the bare machine"),
    ],
)
def test_a_whole_guest_is_no_hiding_place(bench, root, assignment, source, said):
    traps = load_part(root / "reference" / "solutions", "traps")
    with pytest.raises(Mismatch) as caught:
        bench(source).boots(traps, assignment / "tests" / "processes.S", CONSOLE)
    assert said in str(caught.value)


def test_a_guest_without_progress_runs_out_of_exits(bench, root, assignment):
    traps = load_part(root / "reference" / "solutions", "traps")
    source = ANSWER.format(answer="RETRY")
    with pytest.raises(OutOfBudget):
        bench(source).boots(traps, assignment / "tests" / "processes.S", CONSOLE)


LOOPS = {
    "by itself": (ANSWER.format(answer="RETRY if any(iter(int, 1)) else RETRY"), Verdict.TIMEOUT),
    "through the host": (ANSWER.format(answer="any(iter(host.flush, 1))"), Verdict.OUT_OF_BUDGET),
    "and eats memory": (ANSWER.format(answer="bytes(1 << 30)"), Verdict.OUT_OF_MEMORY),
}


@pytest.mark.skipif(sys.platform != "linux", reason="workers need Linux")
@pytest.mark.parametrize("how", LOOPS)
def test_a_pager_that_never_answers_is_ended(written, how):
    source, verdict = LOOPS[how]
    limits = Limits(cpu_seconds=1, wall_seconds=30, memory_mib=128, calls=1000)
    with (
        Zygote(written(source), "shadow", limits, walls.policy(())) as zygote,
        SharedMemory(SHARED) as memory,
        zygote.worker(memory.descriptor) as worker,
    ):
        part = GuardedPart(worker.link(Interface.of(Part)))
        vm = Bench(part, Ram(SHARED, fd=memory.descriptor)).vm()
        with pytest.raises((OutOfBudget, PartEnded)) as caught:
            vm.load(DATA)
    assert outcome_of(caught.value).verdict is verdict
