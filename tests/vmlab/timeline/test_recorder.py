"""What became of an exit is read off the vCPU: told from the state before and after."""

import pytest
from vmlab.hart import HartState, Mode
from vmlab.mstatus import MIE, SIE
from vmlab.timeline.record import Fate
from vmlab.timeline.recorder import Recorder, fate
from vmlab.trap import INTERRUPT_BIT, Exc, Exit, Irq

PC, HANDLER = 0x8000_0100, 0x8000_0800
STI = INTERRUPT_BIT | Irq.STI
PRIVILEGED = Exit(Exc.ILLEGAL_INSTRUCTION)
TIMER = Exit(Irq.MTI, True)


def left(**more):
    return HartState(pc=PC, mode=Mode.S, stvec=HANDLER, mtvec=HANDLER + 0x100, **more)


def after(vcpu, **changes):
    later = vcpu.copy()
    for name, value in changes.items():
        setattr(later, name, value)
    return later


def trapped(vcpu, cause, epc, **more):
    return after(vcpu, pc=HANDLER, mode=Mode.S, scause=cause, sepc=epc, **more)


@pytest.mark.parametrize(
    ("why", "changes", "expected"),
    [
        (TIMER, {}, (Fate.SAME, None)),
        (Exit(Exc.LOAD_PAGE), {}, (Fate.SAME, None)),
        (PRIVILEGED, {"pc": PC + 4}, (Fate.EMULATED, None)),
        (PRIVILEGED, {"pc": 0x40_0000, "mode": Mode.U}, (Fate.EMULATED, None)),
        # Where a handler stands may be gone to without a trap.
        (PRIVILEGED, {"pc": HANDLER, "sepc": 0x9000, "scause": 8}, (Fate.EMULATED, None)),
        (PRIVILEGED, {"pc": HANDLER, "sepc": PC, "mstatus": SIE}, (Fate.EMULATED, None)),
    ],
)
def test_no_trap(why, changes, expected):
    vcpu = left()
    assert fate(why, vcpu, after(vcpu, **changes)) == expected


@pytest.mark.parametrize("cause", [Exc.ECALL_U, Exc.LOAD_PAGE, Exc.ILLEGAL_INSTRUCTION, STI])
def test_trap_instead_of_the_instruction(cause):
    vcpu = after(left(), mode=Mode.U)
    assert fate(PRIVILEGED, vcpu, trapped(vcpu, cause, PC)) == (Fate.INJECTED, cause)


def test_trap_between_two_instructions():
    vcpu = left()
    assert fate(TIMER, vcpu, trapped(vcpu, STI, PC)) == (Fate.INJECTED, STI)


@pytest.mark.parametrize("length", [2, 4])
def test_emulated_and_then_a_trap(length):
    vcpu = left()
    assert fate(PRIVILEGED, vcpu, trapped(vcpu, STI, PC + length)) == (Fate.EMULATED, STI)


def test_return_and_then_a_trap():
    vcpu = left(sepc=0x40_0000)
    assert fate(PRIVILEGED, vcpu, trapped(vcpu, STI, 0x40_0000)) == (Fate.EMULATED, STI)


def test_firmware_and_vectors():
    vcpu = after(left(), mtvec=HANDLER | 1)
    mti = INTERRUPT_BIT | Irq.MTI
    later = after(vcpu, pc=HANDLER + 28, mode=Mode.M, mcause=mti, mepc=PC)
    assert fate(TIMER, vcpu, later) == (Fate.INJECTED, mti)
    assert fate(TIMER, vcpu, after(later, mstatus=MIE)) == (Fate.EMULATED, None)
    exception = after(vcpu, pc=HANDLER, mode=Mode.M, mcause=Exc.BREAKPOINT, mepc=PC)
    assert fate(Exit(Exc.BREAKPOINT), vcpu, exception) == (Fate.INJECTED, Exc.BREAKPOINT)


def test_a_handler_that_waits_at_its_first_instruction_was_not_sent_there_again():
    vcpu = left()
    inside = trapped(vcpu, STI, PC)
    assert fate(TIMER, inside, inside.copy()) == (Fate.SAME, None)
    # One that faults there, with its epc now its own, was.
    again = after(inside, scause=int(Exc.INSTRUCTION_PAGE), sepc=HANDLER)
    assert fate(Exit(Exc.INSTRUCTION_PAGE), inside, again) == (
        Fate.INJECTED,
        Exc.INSTRUCTION_PAGE,
    )


def test_entries_learn_their_fate_at_the_next_entry_of_their_own_vm():
    recorder = Recorder()
    recorder.born(1, "one")
    one, two = left(), left()
    for vmid, at, vcpu in ((1, 0, one), (2, 11, two)):
        recorder.enters(vmid, vcpu)
        recorder.leaves(vmid, at, vcpu, Exit(Exc.ILLEGAL_INSTRUCTION, False, 0, 10))
    one.pc += 4
    recorder.enters(1, one)
    recorder.idles(22, 50)
    recorder.idles(50, 50)
    recorder.happens(60, "ended", 2)
    line = recorder.timeline
    assert [entry.fate for entry in line.entries] == [Fate.EMULATED, Fate.LAST]
    assert [(entry.at, entry.until) for entry in line.entries] == [(0, 11), (11, 22)]
    assert (line.names, line.end, len(line.idles)) == ({1: "one", 2: ""}, 60, 1)


def test_another_vm_of_the_same_number_tells_nothing_of_the_one_before():
    recorder = Recorder()
    recorder.enters(1, left())
    recorder.leaves(1, 0, left(), PRIVILEGED)
    recorder.born(1, "another")
    recorder.enters(1, after(left(), pc=PC + 4))
    assert recorder.timeline.entries[0].fate is Fate.LAST
