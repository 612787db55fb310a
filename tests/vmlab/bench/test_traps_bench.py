"""The bench of the traps part: what it lets pass, and what it says of the rest."""

import pytest
from vmlab.bench.state import bits, hart
from vmlab.bench.traps import Bench
from vmlab.bench.words import MRET, WFI, csr, sfence_vma
from vmlab.hart import Mode
from vmlab.isa import decode
from vmlab.testing import Mismatch
from vmlab.trap import Act, Action, Exc, Exit, GuestFault, IllegalInstruction, Irq, Trap


class Scripted:
    """A part whose functions are given as keywords."""

    def __init__(self, **functions):
        self.__dict__.update(functions)


def enter_m(state, trap):
    state.mode, state.mcause, state.mepc, state.pc = Mode.M, trap.cause, state.pc, state.mtvec


def failure(call, *arguments, **named):
    with pytest.raises(Mismatch) as caught:
        call(*arguments, **named)
    return caught.value


def test_what_changed_exactly():
    before = hart("U", pc=0x1000)
    outcome = Bench(Scripted(take_trap=enter_m)).take_trap(before, Trap(8))
    outcome.changes_only(mode=Mode.M, mcause=8, mepc=0x1000, pc=before.mtvec)
    outcome.shows(mcause=8)
    assert before.mode is Mode.U  # the scenario is left alone
    error = failure(outcome.changes_only, mode=Mode.M, mcause=8, mepc=0x1000)
    assert (error.expected, error.got) == ("pc = 0x1000 as before", "pc = 0x80000100")
    error = failure(outcome.shows, mcause=9, MPIE=1, rule="norm:x: because")
    assert error.scenario.startswith("U-mode, MIE=0, SIE=0, pc=0x1000: exception 8 (ecall from U")
    assert error.expected == "mcause = 0x9, exception 9 (ecall from S-mode), MPIE = 1"
    assert error.got == "mcause = 0x8, exception 8 (ecall from U-mode), MPIE = 0"
    assert error.rule == "norm:x: because"


def test_refusals():
    def refuse(state):
        raise IllegalInstruction("no mret here")

    bench = Bench(Scripted(mret=refuse, sret=lambda state: None))
    bench.mret(hart("U")).is_refused()
    bench.sret(hart("S")).is_allowed()
    error = failure(bench.sret(hart("S")).is_refused)
    assert (error.expected, error.got) == ("an illegal-instruction exception", "none")
    for check in (bench.mret(hart()).is_allowed, bench.mret(hart()).changes_only):
        error = failure(check)
        assert error.got == "an illegal-instruction exception (no mret here)"


def test_other_exceptions_pass_through():
    def crash(state):
        raise NotImplementedError("T7: mret")

    with pytest.raises(NotImplementedError):
        Bench(Scripted(mret=crash)).mret(hart())


def test_the_choice_of_interrupt_in_words():
    pending = {"mip": bits(Irq.SSI, Irq.STI), "mie": bits(Irq.SSI, Irq.STI)}
    before = hart("S", SIE=1, mideleg=bits(Irq.SSI), **pending)
    bench = Bench(Scripted(choose_interrupt=lambda state: 1))
    bench.takes_interrupt(before, 1)
    error = failure(bench.takes_interrupt, before, 5)
    assert error.scenario == (
        "S-mode, MIE=0, SIE=1; SSI delegated and pending, STI pending but not delegated"
    )
    assert error.expected == "interrupt 5 (STI) taken in M-mode"
    assert error.got == "interrupt 1 (SSI) taken in S-mode"
    assert failure(bench.takes_interrupt, before, None).expected == "no interrupt taken"


def test_waking_and_effective_mode():
    bench = Bench(Scripted(wakes=lambda state: True, access_mode=lambda state, fetch: Mode.S))
    bench.wakes(hart(), True)
    error = failure(bench.wakes, hart(), False)
    assert (error.expected, error.got) == ("the hart waits", "the hart goes on")
    bench.accesses_as(hart(), True, Mode.S)
    error = failure(bench.accesses_as, hart(MPRV=1, MPP="U"), False, Mode.U)
    assert error.scenario == "load or store in M-mode; MPRV=1, MPP=U"
    assert (error.expected, error.got) == ("U-mode", "S-mode")


def handle(action, change=lambda vcpu: None):
    def handle_exit(vcpu, exit, guest):
        change(vcpu)
        return action

    return Bench(Scripted(handle_exit=handle_exit, take_trap=enter_m))


def test_actions():
    bench = handle(Action(Act.RESUME))
    bench.executes(hart("S"), WFI).resumes().changes_only()
    error = failure(bench.executes(hart("S", pc=0x1000), WFI).waits)
    assert error.scenario == "guest in virtual S-mode at 0x1000: wfi (0x10500073)"
    assert (error.expected, error.got) == ("WAIT", "RESUME")


@pytest.mark.parametrize(
    ("address", "asid"), [(0x1000, 7), (None, 7), (0x1000, None), (None, None), (0x1FFF, 7)]
)
def test_fencing_more_is_legal(address, asid):
    bench = handle(Action(Act.FENCE, address, asid))
    bench.executes(hart("S"), sfence_vma(1, 2)).fences(0x1000, 7)


@pytest.mark.parametrize(
    ("address", "asid", "wanted"),
    [(0x2000, 7, (0x1000, 7)), (0x1000, 8, (0x1000, 7)), (0, 7, (None, 7)), (0x1000, 0, (0, None))],
)
def test_fencing_less_is_not(address, asid, wanted):
    bench = handle(Action(Act.FENCE, address, asid))
    error = failure(bench.executes(hart("S"), sfence_vma(1, 2)).fences, *wanted)
    assert error.got.startswith("FENCE of address")


def test_injections_compare_with_the_parts_own():
    trap = Trap(Exc.LOAD_PAGE, address=0x1000)
    exit = Exit(Exc.LOAD_PAGE, tval=0x1000)
    good = handle(Action(Act.RESUME), lambda vcpu: enter_m(vcpu, trap))
    good.exit(hart("U"), exit).traps(trap)
    failure(handle(Action(Act.RESUME)).exit(hart("U"), exit).traps, trap)
    failure(handle(Action(Act.WAIT), lambda v: enter_m(v, trap)).exit(hart("U"), exit).traps, trap)


def test_a_part_that_takes_no_traps_injects_none():
    """Doing nothing twice is not the same as doing it right twice."""
    nothing = Scripted(handle_exit=lambda *_: Action(Act.RESUME), take_trap=lambda *_: None)
    outcome = Bench(nothing).exit(hart("U"), Exit(Exc.LOAD_PAGE))
    assert "take_trap" in failure(outcome.traps, Trap(Exc.LOAD_PAGE)).expected


def test_the_guests_memory():
    def fetch_twice(vcpu, exit, guest):
        assert guest.fetch(vcpu.pc) == MRET
        with pytest.raises(GuestFault) as fault:
            guest.fetch(vcpu.pc + 4)
        assert fault.value.trap == Trap(Exc.INSTRUCTION_ACCESS, address=vcpu.pc + 4)
        return Action(Act.RESUME)

    before = hart("M", pc=0x1000)
    outcome = Bench(Scripted(handle_exit=fetch_twice)).executes(before, MRET, tval=False)
    assert outcome.fetched == [0x1000, 0x1004]
    assert outcome.scenario.endswith("mret (0x30200073), tval 0")


def test_an_exception_out_of_handle_exit():
    def escape(vcpu, exit, guest):
        raise IllegalInstruction("mret in U-mode")

    error = failure(Bench(Scripted(handle_exit=escape)).executes, hart("U"), MRET)
    assert error.got == "IllegalInstruction out of handle_exit (mret in U-mode)"


@pytest.mark.parametrize("name", ["csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"])
def test_words_are_what_they_say(name):
    decoded = decode(csr(name, 10, "sscratch", 21))
    assert decoded is not None
    assert decoded.instruction.name == name
    assert (decoded.rd, decoded.csr) == (10, 0x140)
    assert (decoded.imm if name.endswith("i") else decoded.rs1) == 21
    fence = decode(sfence_vma(3, 4))
    assert fence is not None
    assert (fence.instruction.name, fence.rs1, fence.rs2) == ("sfence.vma", 3, 4)
