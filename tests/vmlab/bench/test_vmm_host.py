"""The host under a VMM tells time, bills, and does not let a VMM mix its VMs up."""

from __future__ import annotations

import pytest
from vmlab.bench.vmm_frames import FIRST_FRAME, Frames
from vmlab.bench.vmm_host import Host, Typed
from vmlab.hart import HartState
from vmlab.memory import Ram
from vmlab.sv39 import SATP_SV39, A, D, R, U, V, W, X
from vmlab.testing import Mismatch, OutOfBudget
from vmlab.trap import Exit, Irq

LOOP = 0x0000_006F  # j .
CODE = 0x4000_0000


@pytest.fixture
def ram() -> Ram:
    return Ram(1 << 18)


@pytest.fixture
def host(ram: Ram) -> Host:
    return Host(ram, Frames(ram, 40))


def shadow(host: Host, ram: Ram, first: int, leaf: int) -> int:
    """Write tables into three frames from the `first` on, to one leaf; return the satp."""
    frames = host.frames.ours[first : first + 3]
    ram.unsigned[4][(leaf - FIRST_FRAME) * 1024] = LOOP
    for frame in frames:
        host.frames.fill(frame, bytes(4096))
    words = ram.unsigned[8]
    for frame, index, entry in (
        (frames[0], 1, frames[1] << 10 | V),
        (frames[1], 0, frames[2] << 10 | V),
        (frames[2], 0, leaf << 10 | V | R | W | X | U | A | D),
    ):
        words[(frame - FIRST_FRAME) * 512 + index] = entry
    return SATP_SV39 << 60 | frames[0]


def test_an_entry_costs_what_retired_and_one(host: Host, ram: Ram) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    assert host.run_guest(7, HartState(pc=CODE), 30, satp) == Exit(Irq.MTI, True)
    assert (host.time(), host.bills[7].retired, host.bills[7].exits, host.bills[7].ticks) == (
        *(31, 30, 1),
        31,
    )


def test_a_loop_with_an_endless_budget_comes_to_an_end(host: Host, ram: Ram) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    with pytest.raises(OutOfBudget):
        host.run_guest(7, HartState(pc=CODE), (1 << 64) - 1, satp)


def test_the_clock_does_not_run_over(host: Host) -> None:
    with pytest.raises(Mismatch):
        host.idle((1 << 64) - 1)
    assert host.time() == 0


def test_input_interrupts_until_it_is_received(host: Host, ram: Ram) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    host.type(Typed(7, b"ab", at=20))
    for retired in (20, 0):
        exit = host.run_guest(7, HartState(pc=CODE), 100, satp)
        assert (exit.cause, exit.interrupt, exit.retired) == (Irq.MEI, True, retired)
    assert [host.receive() for _ in range(3)] == [(7, ord("a")), (7, ord("b")), None]
    assert host.run_guest(7, HartState(pc=CODE), 5, satp).cause == Irq.MTI


def test_idle_ends_with_the_timer_or_input(host: Host) -> None:
    assert not host.idle(None)
    assert host.idle(50)
    assert host.time() == 50
    host.type(Typed(1, b"x", at=70))
    assert host.idle(100)
    assert (host.time(), host.receive()) == (70, (1, ord("x")))


def test_a_prompt_is_awaited(host: Host) -> None:
    host.type(Typed(1, b"x", prompt=b"> "))
    assert not host.idle(None)
    for byte in b"> ":
        host.transmit(1, byte)
    assert host.idle(None)


@pytest.mark.parametrize("which", ["foreign leaf", "another VM's leaf", "bare", "another's root"])
def test_a_vm_in_what_is_not_its_own(host: Host, ram: Ram, which: str) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    host.run_guest(1, HartState(pc=CODE), 5, satp)
    if which == "foreign leaf":
        satp = shadow(host, ram, 3, host.frames.foreign[0])
    elif which == "another VM's leaf":
        satp = shadow(host, ram, 3, host.frames.ours[10])
    elif which == "bare":
        satp = 0
    with pytest.raises(Mismatch):
        host.run_guest(2, HartState(pc=CODE), 5, satp)


def test_after_a_fence_frames_may_change_hands(host: Host, ram: Ram) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    host.run_guest(1, HartState(pc=CODE), 5, satp)
    host.fence()
    host.run_guest(2, HartState(pc=CODE), 5, satp)
    assert host.bills[2].retired == 5


@pytest.mark.parametrize("fenced", [False, True])
def test_a_root_of_a_vm_that_is_no_more(host: Host, ram: Ram, fenced: bool) -> None:
    satp = shadow(host, ram, 0, host.frames.ours[10])
    host.run_guest(1, HartState(pc=CODE), 5, satp)
    host.forget_vm(1)
    if fenced:
        host.fence()
        host.run_guest(1, HartState(pc=CODE), 5, satp)
        assert host.bills[1].retired == 10
    else:
        with pytest.raises(Mismatch, match="a VM that was destroyed"):
            host.run_guest(1, HartState(pc=CODE), 5, satp)
