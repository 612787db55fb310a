"""Going back is exact: the machine is as it was, whatever lay in between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from vmlab.access import Access
from vmlab.asm import assemble
from vmlab.hart import Mode
from vmlab.machine import Machine, Reason
from vmlab.options import Options
from vmlab.reverse import Recorder
from vmlab.stops import Stopped, Stops, Watch
from vmlab.trace import Trace

KERNELS = ["echo", "exceptions", "paging", "timer"]


@pytest.fixture(params=["interpreter", "translator"])
def record(part, kernel, request):
    """Give the function that builds a machine with a kernel, or with a source, and its recorder."""

    def build(name="", source="", **options):
        trace = Trace("traps", "walks", "devices")
        machine = Machine(part, ram_mib=1, trace=trace, options=Options(engine=request.param))
        machine.load(kernel(name) if name else assemble(source))
        options = {"every": 1000, "keep": 6, "trace": trace} | options
        return Recorder(machine, **options), trace

    return build


def everything(recorder, trace):
    return recorder.moment, recorder.machine.snapshot(), list(trace.records)


LOOP = """
_start: la   t0, word
        li   t1, 0
1:      addi t1, t1, 1
        andi t2, t1, 63
        bnez t2, 1b
store:  sd   t1, 0(t0)
        j    1b
word:   .dword 0
"""


@pytest.mark.parametrize("name", KERNELS)
def test_any_moment_can_be_gone_back_to(record, name):
    recorder, trace = record(name)
    past = {}
    for budget in (1, 2, 700, 5, 1000, 1, 1, 1, 3000, 50, 1, 1):
        recorder.run(budget)
        past[recorder.moment] = everything(recorder, trace)
        recorder.feed(b"x")
        past[recorder.moment] = everything(recorder, trace)
    moments = sorted(past)

    @settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(st.sampled_from(moments))
    def check(moment):
        recorder.go_to(moment)
        assert everything(recorder, trace) == past[moment]

    check()
    recorder.go_to(moments[0])  # and forth again, over everything that came from outside
    recorder.run(moments[-1] - moments[0])
    assert everything(recorder, trace) == past[moments[-1]]


@pytest.mark.parametrize("name", KERNELS)
def test_single_steps_back(record, name):
    """Over traps, interrupts, waiting and device accesses."""
    recorder, trace = record(name)
    recorder.feed(b"Hello, world.")
    recorder.run(900)
    past = []
    for _ in range(150):
        past.append(everything(recorder, trace))
        recorder.run(1)
    for expected in reversed(past[1:]):
        assert recorder.step_back()
        assert everything(recorder, trace) == expected
    assert recorder.step_back(1)
    assert everything(recorder, trace) == past[0]


def test_the_past_has_a_beginning(record):
    recorder, trace = record("timer")
    recorder.run(0)  # so that the TLB, empty as it is, has been used
    begun = everything(recorder, trace)
    recorder.run(10)
    assert recorder.step_back(11) is False
    assert everything(recorder, trace) == begun
    with pytest.raises(ValueError, match="moment 11 is not in the past, 0 to 10"):
        recorder.go_to(11)


def test_back_to_an_instruction(record, kernel):
    recorder, _ = record("timer")
    hart = recorder.machine.hart
    assert recorder.run(1_000_000).reason is Reason.FINISHED
    end = recorder.moment
    tick = kernel("timer").symbols["tick"]
    ticks = []
    while recorder.run_back_to(pc=tick):
        assert hart.pc == tick
        ticks.append((recorder.moment, hart.mepc, hart.x[8]))
    assert [count for _, _, count in ticks] == [4, 3, 2, 1, 0]
    assert recorder.moment == recorder.first

    forth = []
    stops = Stops(recorder.machine.clock, code=[tick])
    for _ in ticks:
        with pytest.raises(Stopped) as caught:
            recorder.run(1_000_000, stops)
        assert caught.value.watch is None
        forth.append((recorder.moment, hart.mepc, hart.x[8]))
    assert recorder.run(1_000_000, stops).reason is Reason.FINISHED
    assert forth == ticks[::-1]
    assert recorder.moment == end


def test_back_to_a_write(record):
    recorder, _ = record(source=LOOP)
    program = assemble(LOOP)
    word, store = program.symbols["word"], program.symbols["store"]
    machine = recorder.machine
    offset = word - machine.memory.base
    recorder.run(20_000)
    expected = machine.memory.read(offset, 8)
    for _ in range(5):
        assert recorder.run_back_to(write=word + 3, length=2)
        assert machine.hart.pc == store
        assert machine.hart.x[6] == expected
        assert machine.memory.read(offset, 8) == expected - 64
        expected -= 64


def test_a_watch_stops_before_the_access(record):
    recorder, _ = record(source=LOOP)
    word = assemble(LOOP).symbols["word"]
    loads = Watch(word, 8, frozenset({Access.LOAD}))
    stores = Watch(word + 7, 1, frozenset({Access.LOAD, Access.STORE}))
    beside = Watch(word + 8, 8, frozenset({Access.STORE}))
    stops = Stops(recorder.machine.clock, data=[loads, beside, stores])
    for count in (64, 128, 192):
        with pytest.raises(Stopped) as caught:
            recorder.run(10_000, stops)
        assert caught.value.watch == stores
        assert recorder.machine.hart.x[6] == count
    assert recorder.run(10_000).reason is Reason.BUDGET


def test_back_to_a_count_and_to_a_state(record):
    recorder, _ = record("exceptions")
    recorder.run(3000)
    retired = recorder.machine.clock.retired
    assert recorder.moment > retired  # there were traps
    for count in (retired - 1, 1234, 1233, 7, 0):
        assert recorder.run_back_to(instret=count)
        assert recorder.machine.clock.retired == count
    assert recorder.run_back_to(instret=1) is False

    recorder.run(3000)
    assert recorder.run_back_to(lambda machine: machine.clock.traps == 2)
    at = recorder.moment
    recorder.run(1)
    assert recorder.machine.clock.traps == 3
    assert recorder.run_back_to(lambda machine: machine.hart.x[0] == 1) is False
    assert at > recorder.moment == recorder.first


def test_another_future(record):
    recorder, _ = record("echo")
    recorder.run(500)
    recorder.feed(b"abc.")
    recorder.run(100_000)
    assert b"abc. " in recorder.machine.uart.output
    recorder.go_to(500)
    recorder.go_to(499)
    recorder.feed(b"xyz.")
    with pytest.raises(ValueError, match="not in the past"):
        recorder.go_to(500)
    recorder.run(100_000)
    for _ in range(2):
        assert b"xyz. " in recorder.machine.uart.output
        assert b"abc" not in recorder.machine.uart.output
        recorder.go_to(300)
        recorder.run(100_000)


def test_what_is_changed_from_outside_is_changed_again(record):
    recorder, trace = record("echo")
    recorder.run(100)
    recorder.act(lambda: setattr(recorder.machine.hart, "mode", Mode.U))
    expected = everything(recorder, trace)
    recorder.run(50)
    recorder.go_to(100)
    assert everything(recorder, trace) == expected


def test_old_snapshots_are_thinned_out(record):
    recorder, _ = record(source=LOOP)
    recorder.run(50_000)
    moments = [kept.moment for kept in recorder._history.all()]
    assert len(moments) == 6
    assert moments[0] == 0
    assert moments[-1] >= 49_000
    gaps = [b - a for a, b in pairwise(moments)]
    assert gaps[0] > gaps[-1]
    recorder.go_to(12_345)
    assert recorder.moment == recorder.machine.clock.retired == 12_345


def test_unchanged_pages_are_kept_once(record):
    recorder, _ = record(source=LOOP)
    recorder.machine.ram[0x8000:0xA000] = b"\xaa" * 0x2000
    recorder.run(5_000)
    first, *_, last = [kept.captured.pages for kept in recorder._history.all()[1:]]
    assert first[8] is last[8]
    assert first[0] is not last[0]


def test_a_stop_is_invisible_to_the_guest(record, kernel):
    """With a place to stop at in each function, the run is the same."""
    free, free_trace = record("paging")
    free.run(20_000)
    watched, trace = record("paging")
    stops = Stops(
        watched.machine.clock,
        code=kernel("paging").symbols.values(),
        data=[Watch(kernel("paging").symbols["stack"] - 64, 64, frozenset({Access.LOAD}))],
    )
    count = 0
    while watched.moment < free.moment:
        try:
            watched.run(free.moment - watched.moment, stops)
        except Stopped:
            count += 1
    assert count > 100
    assert everything(watched, trace) == everything(free, free_trace)
