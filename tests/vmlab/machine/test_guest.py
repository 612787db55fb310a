"""A deprivileged guest: what brings it back, and what it may not touch."""

from __future__ import annotations

import pytest
from vmlab.hart import MASK64, HartState, Mode
from vmlab.options import Options
from vmlab.trace import Trace
from vmlab.trap import Exc, Exit, GuestFault, Irq, Trap

BASE = 0x8000_0000


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


@pytest.fixture
def enter(boot):
    """Run a guest until its first exit; return the machine, its vCPU and the exit."""

    def run(source: str, budget: int = 100, registers=(), **options):
        machine = boot(f"_start:\n{source}\n", **options)
        vcpu = HartState(pc=BASE, mode=Mode.S, mscratch=7)
        for number, value in registers:
            vcpu.x[number] = value
        return machine, vcpu, machine.run_guest(vcpu, budget)

    return run


@pytest.mark.parametrize(
    ("source", "exit"),
    [
        ("ecall", Exit(Exc.ECALL_U)),
        ("ebreak", Exit(Exc.BREAKPOINT, tval=BASE + 4)),
        (".word 0", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("csrr a0, sstatus", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("csrr a0, cycle", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("csrr a0, 0x5c0", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("mret", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("sret", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("wfi", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("sfence.vma", Exit(Exc.ILLEGAL_INSTRUCTION)),
        ("ld a0, 4(sp)", Exit(Exc.LOAD_MISALIGNED, tval=BASE + 4)),
        ("lb a0, 5(zero)", Exit(Exc.LOAD_ACCESS, tval=5)),
        ("sb a0, 5(zero)", Exit(Exc.STORE_ACCESS, tval=5)),
        ("amoadd.w a0, a0, (zero)", Exit(Exc.STORE_ACCESS, tval=0)),
        ("sb a0, 0(gp)", Exit(Exc.STORE_ACCESS, tval=0x1000_0000)),  # devices are the VMM's
    ],
)
def test_exit(enter, source, exit):
    machine, vcpu, got = enter(f"nop\n{source}", registers=[(2, BASE), (3, 0x1000_0000)])
    assert got == exit
    assert (vcpu.pc, machine.clock.retired, vcpu.x[10]) == (BASE + 4, 1, 0)
    assert machine.uart.output == b""


def test_fetch_fault(enter):
    _, vcpu, got = enter("jr a0", registers=[(10, 0x40)])
    assert (got, vcpu.pc) == (Exit(Exc.INSTRUCTION_ACCESS, tval=0x40), 0x40)


@pytest.mark.parametrize("pc", [1, 2, BASE + 1, MASK64, MASK64 - 1, 1 << 63, 1 << 64, -2])
def test_any_pc_is_survived(enter, pc):
    machine, vcpu, _ = enter("nop")
    vcpu.pc = pc
    exit = machine.run_guest(vcpu, 10)
    assert exit.cause in (Exc.INSTRUCTION_ACCESS, Exc.INSTRUCTION_MISALIGNED)
    assert (exit.tval, vcpu.pc, exit.retired) == (pc & MASK64, pc & MASK64, 0)


def test_tval_of_illegal_instructions_is_an_option(enter):
    _, _, got = enter("sret", options=Options(illegal_tval=True))
    assert got == Exit(Exc.ILLEGAL_INSTRUCTION, tval=0x1020_0073)


@pytest.mark.parametrize(
    ("source", "exit"),
    [
        (".2byte 0", Exit(Exc.ILLEGAL_INSTRUCTION)),  # 16 bits, none of what follows
        (".2byte 0x8000", Exit(Exc.ILLEGAL_INSTRUCTION, tval=0x8000)),
        (".2byte 0x9002", Exit(Exc.BREAKPOINT, tval=BASE + 2)),  # c.ebreak
        (".2byte 0x4188", Exit(Exc.LOAD_ACCESS)),  # c.lw a0, 0(a1)
    ],
)
def test_exits_of_compressed_instructions(enter, source, exit):
    _, vcpu, got = enter(f".2byte 1\n{source}\n .2byte 0xffff", options=Options(illegal_tval=True))
    assert (got, got.retired, vcpu.pc) == (exit, 1, BASE + 2)


def test_misaligned_accesses_are_carried_out_if_the_machine_is_so_built(enter):
    source = "sd a1, 3(sp)\n ld a0, 3(sp)\n lr.w a0, (a2)\n"
    registers = [(2, BASE + 64), (11, 0x0123_4567_89AB_CDEF), (12, BASE + 66)]
    _, vcpu, exit = enter(source, registers=registers, options=Options(misaligned=True))
    assert (exit, exit.retired) == (Exit(Exc.LOAD_MISALIGNED, tval=BASE + 66), 2)
    assert vcpu.x[10] == vcpu.x[11]


@pytest.mark.parametrize("budget", [0, 1, 5, 50])
def test_budget_is_exact(enter, budget):
    machine, vcpu, got = enter("1: addi a0, a0, 1\n j 1b", budget=budget)
    assert got == Exit(Irq.MTI, interrupt=True)
    assert machine.clock.retired == budget
    assert vcpu.x[10] == (budget + 1) // 2


@pytest.mark.parametrize(("deadline", "retired"), [(0, 0), (10, 0), (11, 1), (25, 15), (99, 20)])
def test_the_host_s_timer_strikes_at_its_time(enter, deadline, retired):
    machine, vcpu, _ = enter("j .", budget=10)
    exit = machine.run_guest(vcpu, 20, deadline=deadline)
    assert exit == Exit(Irq.MTI, interrupt=True)
    assert exit.retired == retired
    assert machine.hart.time == 10 + retired


def test_exits_count_what_the_guest_retired(enter):
    machine, vcpu, exit = enter("li a0, 3\n1: addi a0, a0, -1\n bnez a0, 1b\n ecall\n nop\n sret")
    assert exit.retired == 7
    vcpu.pc += 4
    assert machine.run_guest(vcpu, 100).retired == 1
    assert machine.run_guest(vcpu, 100).retired == 0
    assert machine.clock.retired == 8


def test_counts_are_no_part_of_why_a_guest_came_back():
    assert Exit(Exc.ECALL_U, retired=3) == Exit(Exc.ECALL_U)
    assert hash(Exit(Exc.ECALL_U, retired=3)) == hash(Exit(Exc.ECALL_U))


def test_instructions_run_natively(enter):
    machine, vcpu, got = enter(
        "li a0, 20\n1: addi a1, a1, 3\n addi a0, a0, -1\n bnez a0, 1b\n ecall"
    )
    assert (got.cause, vcpu.x[11], machine.clock.retired) == (Exc.ECALL_U, 60, 61)
    assert machine.hart.time == 61


def test_only_registers_and_pc_change(enter):
    machine, vcpu, _ = enter("li a0, 1\n ecall", registers=[(0, 9)])
    expected = HartState(pc=BASE + 4, mode=Mode.S, mscratch=7)
    expected.x[10] = 1
    assert vcpu == expected
    assert machine.hart.x == [0] * 32
    assert machine.hart.pc == BASE


def test_reservation_does_not_outlive_an_exit(enter):
    machine, vcpu, _ = enter(
        "lr.d a1, (a2)\n ecall\n sc.d a0, a1, (a2)\n ecall", registers=[(12, BASE + 64)]
    )
    vcpu.pc += 4
    machine.run_guest(vcpu, 100)
    assert vcpu.x[10] == 1


def test_code_written_by_the_vmm_is_executed(enter):
    machine, vcpu, _ = enter("li a0, 1\n ecall")
    machine.ram[:4] = (0x0050_0513).to_bytes(4, "little")  # li a0, 5
    vcpu.pc = BASE
    machine.run_guest(vcpu, 100)
    assert vcpu.x[10] == 5


def test_two_guests_keep_apart(enter):
    machine, first, _ = enter("1: addi a0, a0, 1\n j 1b", budget=10)
    second = HartState(pc=BASE)
    machine.run_guest(second, 4)
    machine.run_guest(first, 10)
    assert (first.x[10], second.x[10]) == (10, 2)


def test_fetch(boot):
    machine = boot("_start: nop\n .word 0x12345678\n")
    assert machine.guest.fetch(BASE + 4) == 0x1234_5678
    assert machine.guest.fetch(BASE + 2) == 0x5678_0000
    end = BASE + len(machine.ram)
    assert machine.guest.fetch(end - 2) == 0  # a short instruction that nothing follows
    machine.ram[-2] = 0x13  # a long one
    for address, offset in [(0, 0), (end, 0), (end - 2, 2), (MASK64, 0), (0x1000_0000, 0)]:
        with pytest.raises(GuestFault) as caught:
            machine.guest.fetch(address)
        assert caught.value.trap == Trap(Exc.INSTRUCTION_ACCESS, address=address, offset=offset)


def test_exits_are_traced(enter):
    trace = Trace("exits")
    enter("nop\n ecall", trace=trace)
    assert trace.text() == (
        "exit: exception 8 (ECALL_U) at pc 0x80000004, tval 0x0, after 1 instructions\n"
    )
