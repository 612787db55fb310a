"""Guests on the bench: what counts as a good end, and what is said of a bad one."""

import pytest
from vmlab.bench import console, system
from vmlab.testing import Mismatch, OutOfBudget

HEAD = """
        .equ UART, 0x10000000
        .equ FINISHER, 0x100000
        li      t0, UART
"""
HELLO = """
        li      t1, 'a'
        sb      t1, 0(t0)
        li      t1, 10
        sb      t1, 0(t0)
"""
PASS = """
        li      t0, FINISHER
        li      t1, 0x5555
        sw      t1, 0(t0)
"""


@pytest.fixture
def guest(tmp_path):
    def write(*texts, name="guest.S"):
        path = tmp_path / name
        path.write_text("".join((HEAD, *texts)), encoding="utf-8")
        return path

    return write


@pytest.fixture(params=["bare", "vmm", "vmm without tval"])
def boot(request, part):
    def run(path, expected):
        if request.param == "bare":
            return system.boot(part, path, expected, 2_000)
        tval = request.param == "vmm"
        return system.boot_guests(part, [(path, expected)], 2_000, illegal_tval=tval)

    return run


def test_a_good_end(boot, guest):
    boot(guest(HELLO, PASS), "a\n")


def test_another_line(boot, guest):
    with pytest.raises(Mismatch) as failure:
        boot(guest(HELLO, PASS), "b\n")
    assert failure.value.expected == "line 1 of the console: 'b'"
    assert failure.value.got == "'a'"
    assert failure.value.scenario.startswith("guest.S boots")


def test_too_much_output(boot, guest):
    with pytest.raises(Mismatch) as failure:
        boot(guest(HELLO, HELLO, PASS), "a\n")
    assert failure.value.expected == "line 2 of the console: no more output"


def test_too_little_output(boot, guest):
    with pytest.raises(Mismatch) as failure:
        boot(guest(HELLO, PASS), "a\nb\n")
    assert failure.value.expected == "after 'a': 'b' on the console"
    assert failure.value.got == "it switches off"


def test_a_failure_of_the_guest(boot, guest):
    ending = PASS.replace("0x5555", "3 << 16 | 0x3333")
    with pytest.raises(Mismatch) as failure:
        boot(guest(HELLO, ending), "a\n")
    assert failure.value.expected == "after 'a': the guest switches off"
    assert failure.value.got == "it switches off with failure 3"


def test_waiting_for_ever(boot, guest):
    with pytest.raises(Mismatch) as failure:
        boot(guest(HELLO, "1: wfi\n j 1b\n"), "a\nb\n")
    assert failure.value.got == system.IDLE


def test_never_ending(boot, guest):
    with pytest.raises(OutOfBudget):
        boot(guest(HELLO, "1: j 1b\n"), "a\nb\n")
    with pytest.raises(OutOfBudget):
        boot(guest(HELLO, "1: j 1b\n"), "a\n")


def test_wrong_output_counts_before_the_budget(boot, guest):
    with pytest.raises(Mismatch):
        boot(guest(HELLO, "1: j 1b\n"), "b\n")


TIMER = """
        la      t1, handler
        csrw    mtvec, t1
        li      t1, 0x2004000
        li      t2, DUE
        sd      t2, 0(t1)
        li      t2, 1 << 7
        csrw    mie, t2
        csrsi   mstatus, 8
1:      WHAT
        j       1b
        .balign 4
handler:
        csrr    t1, time
        li      t2, DUE + 100
        bgeu    t1, t2, 1b
"""


@pytest.mark.parametrize(("what", "due"), [("wfi", 1_000_000), ("nop", 500)])
def test_virtual_timers(boot, guest, what, due):
    """Time passes for a guest that computes, and for one that waits; its timer strikes on time."""
    text = TIMER.replace("WHAT", what).replace("DUE", str(due))
    boot(guest(text, HELLO, PASS), "a\n")


def test_loads_from_devices(boot, guest):
    """Widths and signs of loads that a device answers: LSR reads 0x60 when nothing came in."""
    text = """
        lbu     t1, 5(t0)
        li      t2, 0x60
        bne     t1, t2, 1f
        li      t1, 0x2004000
        li      t2, -1
        sd      t2, 0(t1)
        lw      t2, 4(t1)
        li      t3, -1
        bne     t2, t3, 1f
        lwu     t2, 4(t1)
        srli    t3, t3, 32
        bne     t2, t3, 1f
        lw      zero, 0(t1)
        bnez    zero, 1f
"""
    boot(guest(text, HELLO, "1:\n", PASS), "a\n")


def test_guests_take_turns(part, guest):
    one, other = guest(HELLO, PASS, name="one.S"), guest(HELLO, HELLO, PASS, name="other.S")
    system.boot_guests(part, [(one, "a\n"), (other, "a\na\n")], 100)
    with pytest.raises(Mismatch) as failure:
        system.boot_guests(part, [(one, "a\n"), (other, "a\n")], 100)
    assert failure.value.scenario == "other.S boots under the VMM, guest 2 of 2"
    with pytest.raises(OutOfBudget):
        system.boot_guests(part, [(one, "a\n"), (other, "a\na\n")], 5)


def test_a_line_that_was_cut_short():
    console.check("s", "hello\n", b"hello\n", "")
    with pytest.raises(OutOfBudget):
        console.check("s", "hello\n", b"hel", "it never ends", OutOfBudget("instructions", 9))
    with pytest.raises(Mismatch) as failure:
        console.check("s", "hello\n", b"hel", "it switches off with failure 1")
    assert failure.value.expected == "'hello' on the console"
    with pytest.raises(Mismatch) as failure:
        console.check("s", "hello\n", b"\xff\n", "")
    assert failure.value.got == repr("\\xff")
