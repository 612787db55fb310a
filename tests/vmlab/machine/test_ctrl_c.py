"""Ctrl-C while the machine runs: what it leaves behind can be run on."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading

import pytest
from vmlab import held
from vmlab.hart import HartState
from vmlab.trap import Exc, Irq

BASE = 0x8000_0000
LOOP = "_start: addi a0, a0, 1\n addi a1, a1, 1\n j _start\n"
"""At any boundary, pc and the registers tell how many instructions have retired."""


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


def interrupted(machine, run) -> None:
    """Press Ctrl-C as soon as the machine has begun; nobody knows where in it that is."""
    before = machine.clock.retired

    def press() -> None:
        while machine.clock.retired == before:
            pass
        _thread.interrupt_main()

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(1 << 26)
    thread.join()


def check(hart: HartState, retired: int) -> None:
    done, place = divmod(retired, 3)
    assert hart.pc == BASE + 4 * place
    assert (hart.x[10], hart.x[11]) == (done + (place > 0), done + (place > 1))


def test_the_hart_stands_between_two_instructions(boot):
    machine = boot(LOOP)
    for _ in range(5):
        interrupted(machine, machine.run)
        check(machine.hart, machine.clock.retired)
        assert machine.hart.instret == machine.hart.time == machine.clock.retired
    machine.run(1000)
    check(machine.hart, machine.clock.retired)


def test_so_does_a_guest(boot):
    machine = boot(LOOP)
    vcpu = HartState(pc=BASE)
    for _ in range(5):
        interrupted(machine, lambda budget: machine.run_guest(vcpu, budget))
        check(vcpu, machine.clock.retired)
    assert machine.run_guest(vcpu, 1000).cause == Irq.MTI
    check(vcpu, machine.clock.retired)


def test_and_between_its_entries_too(boot):
    machine = boot(LOOP)
    vcpu = HartState(pc=BASE)
    with held.prepared():
        for _ in range(3):
            interrupted(machine, lambda budget: machine.run_guest(vcpu, budget))
            check(vcpu, machine.clock.retired)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_another_thread_runs_holds_nothing_back_here(boot):
    machine = boot(LOOP)
    entered, done = threading.Event(), threading.Event()

    def run() -> None:
        with held.HeldBack(entered.set) as ctrl_c:
            entered.set()
            done.wait()
            assert not ctrl_c.noted

    thread = threading.Thread(target=run)
    with held.prepared():
        thread.start()
        entered.wait()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interrupted(machine, machine.run)
        done.set()
        thread.join()


def test_a_device_s_access_is_completed(boot):
    machine = boot("_start: li t0, 0x2004000\n sd t0, (t0)\n nop\n j .\n")
    machine.clint._moved = _thread.interrupt_main
    with pytest.raises(KeyboardInterrupt):
        machine.run(100)
    assert (machine.clint.mtimecmp, machine.hart.pc) == (0x2004000, BASE + 8)
    assert machine.clock.retired == 2


def test_a_part_that_loops_can_be_interrupted(boot, overlay):
    def loops(hart, number, write):
        while True:
            _thread.interrupt_main()

    machine = boot("_start: nop\n csrr a0, mscratch\n", traps=overlay(check_csr=loops))
    with pytest.raises(KeyboardInterrupt):
        machine.run(100)
    assert (machine.hart.pc, machine.clock.retired) == (BASE + 4, 1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_part_cannot_drop_it(boot, overlay):
    def drops(hart, number, write):
        with contextlib.suppress(KeyboardInterrupt):
            _thread.interrupt_main()
            while True:
                pass

    machine = boot("_start: csrr a0, mscratch\n j .\n", traps=overlay(check_csr=drops))
    with pytest.raises(KeyboardInterrupt):
        machine.run(1 << 20)
    assert machine.clock.retired < 1 << 20


def test_another_handler_is_left_alone(boot):
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        machine = boot("_start: lui t0, MTIMECMP >> 12\n sd zero, 0(t0)\n nop\n j .\n")
        machine.clint._moved = _thread.interrupt_main
        machine.run(100)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [signal.SIGINT]
    assert machine.clock.retired == 100


def test_outside_the_main_thread_nothing_is_held_back(boot):
    machine = boot("_start: ecall\n")
    exits = []
    thread = threading.Thread(
        target=lambda: exits.append(machine.run_guest(HartState(pc=BASE), 5).cause)
    )
    thread.start()
    thread.join()
    assert exits == [Exc.ECALL_U]
