"""Budgets, time, waiting, the end of a run: what `Machine.run` promises."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble
from vmlab.hart import MASK64
from vmlab.machine import Machine, Reason, Stop
from vmlab.program import ImageError, Program
from vmlab.trap import Irq

SPIN = "_start: j _start\n"
TICKS = """
_start:
    la t0, tick
    csrw mtvec, t0
    call arm
    li t0, 0x80
    csrw mie, t0
    csrsi mstatus, 8
1:  addi s0, s0, 1
    {wait}
    j 1b
arm:
    li t0, MTIME
    ld t1, 0(t0)
    addi t1, t1, 100
    li t0, MTIMECMP
    sd t1, 0(t0)
    ret
tick:
    csrr s2, mepc
    csrr s3, time
    addi s1, s1, 1
    call arm
    mret
"""


def state(machine: Machine):
    return machine.hart, machine.uart.output, bytes(machine.ram), machine.clock.retired


def test_budget_is_exact(boot):
    machine = boot(SPIN)
    assert machine.run(1000) == Stop(Reason.BUDGET, 0, 1000)
    assert machine.run(1) == Stop(Reason.BUDGET, 0, 1001)
    assert (machine.hart.instret, machine.hart.cycle, machine.hart.time) == (1001, 1001, 1001)
    assert machine.run(0) == Stop(Reason.BUDGET, 0, 1001)


def test_nothing_is_asked_before_the_first_run(recorder):
    Machine(recorder, ram_mib=1)
    assert recorder.asked == []


def test_part_is_asked_only_when_its_answer_can_have_changed(boot, recorder):
    machine = boot(SPIN, traps=recorder)
    machine.run(5000)
    assert sorted(recorder.asked) == ["access_mode", "access_mode", "choose_interrupt"]


@pytest.mark.parametrize("csr", ["mstatus", "sstatus", "mie", "sie", "mip", "sip", "mideleg"])
def test_write_of_an_interrupt_csr_asks_again(boot, recorder, csr):
    machine = boot(f"_start: nop\n csrwi {csr}, 2\n", traps=recorder)
    machine.run(2)
    assert recorder.asked.count("choose_interrupt") == 1
    machine = boot(f"_start: csrwi {csr}, 2\n nop\n nop\n", traps=recorder)
    recorder.asked.clear()
    machine.run(3)
    assert recorder.asked.count("choose_interrupt") == 2


@pytest.mark.parametrize("csr", ["mstatus", "sstatus"])
def test_write_that_leaves_the_status_as_it_was_does_not_ask(boot, recorder, csr):
    machine = boot(f"_start: csrwi {csr}, 2\n" + f"csrwi {csr}, 2\n nop\n" * 9, traps=recorder)
    machine.run(19)
    assert recorder.asked.count("choose_interrupt") == 2


def test_device_that_changes_no_wire_does_not_ask(boot, recorder):
    machine = boot("_start: li t0, UART\n1: sb t0, 0(t0)\n j 1b\n", traps=recorder)
    machine.run(50)
    assert recorder.asked.count("choose_interrupt") == 1


@pytest.mark.parametrize("csr", ["mscratch", "mtvec", "mepc", "satp", "medeleg"])
def test_write_of_another_csr_does_not_ask(boot, recorder, csr):
    machine = boot(f"_start: csrw {csr}, zero\n nop\n nop\n", traps=recorder)
    machine.run(3)
    assert recorder.asked.count("choose_interrupt") == 1


@pytest.mark.parametrize("slice_", [1, 2, 7, 100, 5000])
@pytest.mark.parametrize("wait", ["nop", "wfi"])
def test_slices_make_no_difference(boot, wait, slice_):
    whole = boot(TICKS.format(wait=wait))
    whole.run(5000)
    parts = boot(TICKS.format(wait=wait))
    left = 5000
    while left > 0:
        parts.run(min(slice_, left))
        left -= slice_
    assert state(parts) == state(whole)
    assert whole.hart.x[9] > 10  # ticks


def test_timer_interrupts_at_the_exact_instruction(boot):
    machine = boot("""
    _start:
        la t0, handler
        csrw mtvec, t0
        li t0, MTIMECMP
        li t1, 40
        sd t1, 0(t0)
        li t0, 0x80
        csrw mie, t0
        csrsi mstatus, 8
    1:  addi s0, s0, 1
        addi s0, s0, 1
        addi s0, s0, 1
        j 1b
    handler:
        csrr s1, time
        csrr s2, instret
        j handler
    """)
    machine.run(43)  # 40 instructions, the trap, two more
    # The instruction that ends with mtime = 40 is the last one before the trap.
    assert machine.hart.x[9] == 40
    assert machine.hart.x[18] == 41
    assert machine.hart.mcause == 1 << 63 | Irq.MTI


def test_wfi_skips_to_the_timer(boot):
    machine = boot("""
    _start:
        li t0, MTIMECMP
        li t1, 1000000
        sd t1, 0(t0)
        li t0, 0x80
        csrw mie, t0
        wfi
        csrr s0, time
        csrr s1, instret
        csrr s2, cycle
        li t0, FINISHER
        li t1, 0x5555
        sw t1, 0(t0)
    """)
    stop = machine.run(1000)
    assert stop.reason is Reason.FINISHED
    # wfi itself retires before the hart waits
    assert machine.hart.x[8] == 1_000_000
    assert machine.hart.x[9] < 20
    assert machine.hart.x[18] == 1_000_002


def test_wfi_that_nothing_can_wake_is_idle(boot):
    machine = boot("_start: wfi\n addi s0, s0, 1\n wfi\n")
    stop = machine.run(1000)
    assert stop == Stop(Reason.IDLE, 0, 1)
    assert machine.hart.pc == 0x8000_0004
    assert machine.run(1000) == stop  # and stays so


def test_timer_that_is_not_enabled_does_not_wake(boot):
    machine = boot("_start: li t0, MTIMECMP\n li t1, 1000\n sd t1, 0(t0)\n wfi\n")
    assert machine.run(1000).reason is Reason.IDLE
    assert machine.hart.time < 10  # no time passed in vain


def test_timer_off_is_no_event(boot):
    machine = boot("_start: li t0, 0x80\n csrw mie, t0\n wfi\n")
    assert machine.run(1000).reason is Reason.IDLE


def test_input_wakes_an_idle_machine(boot):
    machine = boot("""
    _start:
        li t0, 0xc000000
        li t1, 1
        sw t1, 40(t0)           # priority of the UART
        li t0, 0xc002000
        li t1, 1 << 10
        sw t1, 0(t0)            # enable it for M
        li t0, UART
        li t1, 1
        sb t1, 1(t0)
        li t0, 0x800
        csrw mie, t0
        wfi
        li t0, UART
        lbu s0, 0(t0)
        j .
    """)
    assert machine.run(1000).reason is Reason.IDLE
    machine.uart.feed(b"x")
    assert machine.run(1000).reason is Reason.BUDGET
    assert machine.hart.x[8] == ord("x")


@pytest.mark.parametrize(
    ("value", "code"),
    [(0x5555, 0), (0x3333 | 7 << 16, 7), (0x3333, 1), (0xFFFF_3333, 0xFFFF), (0x7777, -1)],
)
def test_finisher(boot, value, code):
    machine = boot(f"_start: li t0, FINISHER\n li t1, {value}\n sw t1, 0(t0)\n addi s0, s0, 1\n")
    stop = machine.run(1000)
    assert (stop.reason, stop.code) == (Reason.FINISHED, code)
    assert machine.hart.x[8] == 0  # nothing after it
    assert machine.run(1000) == stop


def test_a_missing_handler_is_a_trap_loop(boot):
    machine = boot("_start: nop\n ecall\n")  # mtvec is 0, where there is nothing
    assert machine.run(1000) == Stop(Reason.TRAP_LOOP, 0, 1)
    assert (machine.hart.pc, machine.hart.mcause) == (0, 1)
    assert machine.run(1000) == Stop(Reason.TRAP_LOOP, 0, 1)
    machine.hart.mtvec = 0x8000_0000  # a debugger's help
    assert machine.run(1000) == Stop(Reason.BUDGET, 0, 501)


def test_a_handler_that_traps_in_turns_runs_into_the_budget(boot):
    machine = boot("""
        la t0, one
        csrw mtvec, t0
    one:
        la t0, two
        csrw mtvec, t0
        ecall
    two:
        la t0, one
        csrw mtvec, t0
        ecall
    """)
    assert machine.run(1000).reason is Reason.BUDGET


def test_a_handler_that_traps_until_mprv_lets_it_is_no_loop(boot):
    machine = boot("""
    _start:
        la t0, handler
        csrw mtvec, t0
        li t0, 8 << 60                  # a root at 0, in no memory
        csrw satp, t0
        li t0, 1 << 17                  # MPRV, and MPP = U
        csrs mstatus, t0
        .align 2
    handler:
        ld a0, 0(sp)
        addi a1, a1, 1
        j .
    """)
    machine.hart.x[2] = 0x8000_0000
    assert machine.run(100).reason is Reason.BUDGET  # taking the trap made MPP = M
    assert machine.hart.x[11] == 1


@pytest.mark.parametrize("pc", [0, 1, 2, 0x8000_0001, 0x8000_0002, MASK64, MASK64 - 3, 1 << 63])
def test_any_pc_is_survived(boot, pc):
    machine = boot("_start: nop\n")
    machine.hart.pc = pc
    assert machine.run(10).reason is Reason.TRAP_LOOP
    assert machine.hart.mcause in (0, 1)


@pytest.mark.parametrize("pc", [0, 3, 0x8000_0002, MASK64])
def test_part_may_set_any_pc(boot, overlay, pc):
    def take_trap(hart, trap):
        hart.pc = pc
        hart.x = [5] * 32

    machine = boot("_start: ecall\n", traps=overlay(take_trap=take_trap))
    assert machine.run(10).reason is Reason.TRAP_LOOP
    assert machine.hart.pc == pc
    assert machine.hart.x == [0] + [5] * 31
    assert machine.hart.instret == 0


def test_part_may_replace_the_registers(boot, overlay):
    def take_trap(hart, trap):
        hart.pc += 4
        hart.x = [5] * 32

    machine = boot(
        "_start: addi a0, a0, 1\n ecall\n j _start\n", traps=overlay(take_trap=take_trap)
    )
    machine.run(8)
    assert machine.hart.x == [0] + [5] * 31
    machine.run(2)
    assert machine.hart.x[10] == 6


def test_exception_of_the_part_passes_through(boot, overlay):
    class Broken(Exception):
        pass

    def take_trap(hart, trap):
        raise Broken

    machine = boot("_start: addi a0, a0, 1\n ecall\n", traps=overlay(take_trap=take_trap))
    for _ in range(2):
        with pytest.raises(Broken):
            machine.run(10)
        assert (machine.hart.pc, machine.hart.x[10]) == (0x8000_0004, 1)
        assert machine.clock.retired == 1


def test_pc_wraps_around(boot):
    machine = boot("_start: li a0, -4\n li t0, 0\n jr a0\n")
    machine.run(4)
    assert machine.hart.mepc == MASK64 - 3
    assert machine.hart.mtval == MASK64 - 3
    machine = boot("_start: li a0, -8\n jalr ra, 16(a0)\n")
    machine.run(2)
    assert machine.hart.pc == 8
    machine.run(1)
    assert machine.hart.mtval == 8


def test_step_is_one_instruction_or_one_trap(boot):
    machine = boot("_start: nop\n ecall\n")
    machine.step()
    assert (machine.hart.pc, machine.hart.instret) == (0x8000_0004, 1)
    machine.step()
    assert (machine.hart.pc, machine.hart.instret) == (0, 1)


def test_written_counter_is_what_the_next_instruction_reads(boot):
    machine = boot("""
    _start:
        li t0, 1000
        csrw minstret, t0
        csrr s0, minstret
        csrr s1, instret
        li t0, -1
        csrw mcycle, t0
        csrr s2, mcycle
        csrr s3, mcycle
    """)
    machine.run(8)
    assert machine.hart.x[8:10] == [1000, 1001]
    assert machine.hart.x[18:20] == [MASK64, 0]
    assert machine.clock.retired == 8


def test_ecall_and_ebreak_do_not_retire_but_returns_do(boot):
    machine = boot("""
    _start:
        la t0, handler
        csrw mtvec, t0
        ecall
        ebreak
        csrr s0, minstret
        j .
    handler:
        csrr t1, mepc
        addi t1, t1, 4
        csrw mepc, t1
        mret
    """)
    machine.run(100)
    assert machine.hart.x[8] == 3 + 4 + 4


def test_load(boot, part):
    machine = Machine(part, ram_mib=1)
    program = assemble("_start: nop\n .dword 7\n")
    machine.load(program)
    assert machine.ram[4:12] == (7).to_bytes(8, "little")
    for address in (0x7FFF_FFFF, 0x8010_0000 - 1, MASK64):
        with pytest.raises(ImageError, match="outside RAM"):
            machine.load(Program([(address, b"ab")], address))
    machine.load(Program([(0x8010_0000 - 2, b"ab")], 0))
    assert machine.ram[-2:] == b"ab"


def test_two_runs_are_the_same(boot):
    source = TICKS.format(wait="wfi")
    first, second = boot(source), boot(source)
    first.run(3000)
    second.run(3000)
    assert state(first) == state(second)
