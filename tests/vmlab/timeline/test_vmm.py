"""The bench with a part that is recorded: everything that happens to its VMs, and nothing else."""

from pathlib import Path

import pytest
from vmlab.asm import assemble
from vmlab.bench.vmm_guests import build
from vmlab.link.interface import Interface
from vmlab.link.local import LocalLink
from vmlab.parts.vmm import Part
from vmlab.testing.loading import load_part
from vmlab.timeline.record import Fate
from vmlab.timeline.summary import summarize
from vmlab.timeline.vmm import Bench, Recorder
from vmlab.trap import INTERRUPT_BIT, Irq
from vmlab.vm import VmRefused

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "assignments" / "vmm" / "tests"
SOLUTIONS = ROOT / "reference" / "solutions"
HANDLER_TRAPS = "li a0, 4096\ncsrw mtvec, a0\necall\n"


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def bench(recorder):
    link = LocalLink(load_part(SOLUTIONS, "vmm"), Interface.of(Part))
    return Bench(link, recorder).start()


@pytest.fixture
def guest():
    return lambda name: build(TESTS / f"{name}.S", TESTS, word=0x5EED)


def words(recorder):
    return [(event.vmid, event.mark, event.words) for event in recorder.timeline.events]


def test_two_vms(bench, recorder, guest):
    one, two = bench.vm(guest("hello"), "hello"), bench.vm(guest("timer"), "timer", share=3)
    bench.run()
    timeline = recorder.timeline
    assert timeline.names == {1: "hello", 2: "timer"}
    assert timeline.end == bench.host.time()
    assert one.status() == one.status()
    two.status()
    assert words(recorder) == [
        (1, "C", "create hello: 64 pages, share 1"),
        (2, "C", "create timer: 64 pages, share 3"),
        (1, "O", "switches itself off, code 0"),
        (2, "O", "switches itself off, code 0"),
    ]
    for vm, found in zip((one, two), summarize(timeline), strict=True):
        assert (found.native, found.exits) == (vm.bill.retired, vm.bill.exits)
        assert found.ticks == vm.bill.ticks
        assert found.printed == len(vm.bill.console)
        assert found.fates
    assert timeline.idles
    ticks = [entry for entry in timeline.entries if entry.injected == INTERRUPT_BIT | Irq.MTI]
    assert len(ticks) == 9
    assert [entry.at for entry in timeline.entries] == [turn.start for turn in bench.host.turns]
    assert [entry.until for entry in timeline.entries] == [turn.end for turn in bench.host.turns]


def test_emulated_and_native_are_what_the_guest_retired(bench, recorder, guest):
    program = guest("timer")
    bare = bench.bare(load_part(SOLUTIONS, "traps"), program)
    bench.vm(program)
    bench.run()
    [found] = summarize(recorder.timeline)
    # The store that switches the machine off is emulated, and never entered again.
    assert found.native + found.emulated + 1 == bare.retired


def test_what_is_refused_and_what_is_killed(bench, recorder, guest):
    vm = bench.vm(assemble(HANDLER_TRAPS), "bad")
    with pytest.raises(VmRefused):
        bench.create(vm.config)
    bench.run()
    assert vm.status() == vm.status()
    bench.destroy(vm)
    refused, killed, destroyed = words(recorder)[1:]
    assert refused[:2] == (None, "R")
    assert refused[2].startswith("create bad: 64 pages, share 1: refused: ")
    assert killed[:2] == (1, "K")
    assert "bad" in killed[2]
    assert destroyed == (1, "D", "destroy")
    assert [event.bad for event in recorder.timeline.events] == [False, False, True, False]
    assert recorder.timeline.entries[-1].fate is Fate.LAST


def test_input_and_the_balloon(bench, recorder, guest):
    vm = bench.vm(guest("console"), "console")
    vm.types(b"a")
    bench.balloon(vm, 40)
    bench.run(5_000)
    told = words(recorder)
    assert (1, "B", "balloon to 40 frames: 40") in told
    assert (1, "i", "console input: 'a'") in told
