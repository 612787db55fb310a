"""Holes in U-mode: what slips through, and that no trap-and-emulate VMM survives it."""

from __future__ import annotations

import pytest
from vmlab.asm import assemble
from vmlab.hart import HartState, Mode
from vmlab.machine import Machine
from vmlab.mstatus import SSTATUS, SUM
from vmlab.options import Options
from vmlab.profiles import HOLES
from vmlab.trap import Exc, Exit

BASE = 0x8000_0000


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


KERNEL = """
    .equ UART, 0x10000000
    .equ FINISHER, 0x100000
    .equ MTIMECMP, 0x2004000
    .equ MTIME, 0x200bff8
    .equ SUM, 1 << 18
    .equ FLAGS, 0xcf                # V R W X A D

_start:                             # a kernel goes to S-mode, all of memory mapped onto itself
    la      t0, end
    csrw    mtvec, t0
    li      t0, 0x222
    csrw    mideleg, t0
    la      t0, root
    li      t1, FLAGS
    sd      t1, 0(t0)               # the devices
    li      t1, 0x80000000 >> 2 | FLAGS
    sd      t1, 16(t0)              # RAM
    la      t1, middle
    srli    t1, t1, 2
    ori     t1, t1, 1
    sd      t1, 8(t0)
    la      t0, middle
    la      t1, last
    srli    t1, t1, 2
    ori     t1, t1, 1
    sd      t1, 0(t0)
    li      t0, 1 << 11             # MPP = S
    csrs    mstatus, t0
    la      t0, supervisor
    csrw    mepc, t0
    {at_boot}
    la      t0, root
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      s0, t0, t1              # s0: satp
    csrw    satp, s0
    sfence.vma
    mret

supervisor:
    {probe}
    li      a0, 'n'
    j       1f
good:
    li      a0, 'y'
1:  li      t0, UART
    sb      a0, (t0)
end:
    li      t0, FINISHER
    li      t1, 0x5555
    sw      t1, (t0)
    j       .

    .align 12
root:   .zero 4096
middle: .zero 4096
last:   .zero 4096
one:    .dword 1
    .align 12
two:    .dword 2
"""
SFENCE = """
    la      t0, last                # virtual 0x40000000 shows `one`, then `two`
    la      t1, one
    srli    t1, t1, 2
    ori     t1, t1, FLAGS
    sd      t1, (t0)
    sfence.vma
    li      t2, 0x40000000
    ld      t3, (t2)
    la      t1, two
    srli    t1, t1, 2
    ori     t1, t1, FLAGS
    sd      t1, (t0)
    sfence.vma
    ld      t3, (t2)
    addi    t3, t3, -2
    beqz    t3, good
"""
WFI = """
    li      t0, 1 << 7              # MTIE
    csrs    mie, t0
    li      t0, MTIME
    ld      t1, (t0)
    addi    t1, t1, 1000
    li      t0, MTIMECMP
    sd      t1, (t0)
    wfi
    csrr    t1, mip
    andi    t1, t1, 1 << 7
    bnez    t1, good
    li      a0, 'n'
    j       1f
"""
PROBES = {
    "sret": "la t0, good\n csrw sepc, t0\n li t0, 1 << 8\n csrs sstatus, t0\n sret",
    "sstatus-read": "li t0, SUM\n csrs sstatus, t0\n csrr t1, sstatus\n and t1, t1, t0\n"
    "bnez t1, good",
    "sstatus-write": "li t0, SUM\n csrs sstatus, t0\n csrr t1, sstatus\n and t1, t1, t0\n"
    "bnez t1, good",
    "sie-read": "csrwi sie, 2\n csrr t0, sie\n bnez t0, good",
    "sie-write": "csrwi sie, 2\n csrr t0, sie\n bnez t0, good",
    "satp-read": "csrr t0, satp\n beq t0, s0, good",
    "sfence.vma": SFENCE,
}
"""Kernels that print `y` on a machine that is what it seems."""


def kernel(name: str):
    at_boot = WFI if name == "wfi" else ""
    return assemble(KERNEL.format(at_boot=at_boot, probe=PROBES.get(name, "")))


def bare(part, program, options) -> bytes:
    machine = Machine(part, ram_mib=4, options=options)
    machine.load(program)
    machine.run(10_000)
    return machine.uart.output


@pytest.mark.parametrize("name", HOLES)
def test_equivalence_holds_without_the_hole_and_breaks_with_it(part, engine, shadowed, name):
    program, porous = kernel(name), Options(engine, profile=frozenset({name}))
    assert shadowed(program).run(slice_=1000) == "y"
    assert bare(part, program, Options(engine)) == b"y"
    assert bare(part, program, porous) == b"y"  # the bare machine's S-mode and M-mode are whole
    assert shadowed(program, porous).run(slice_=1000) == "n"


INSTRUCTIONS = {
    "sret": "sret",
    "sstatus-read": "csrr a0, sstatus",
    "sstatus-write": "csrw sstatus, a1",
    "sie-read": "csrr a0, sie",
    "sie-write": "csrci sie, 1",
    "satp-read": "csrr a0, satp",
    "sfence.vma": "sfence.vma",
    "wfi": "wfi",
}


@pytest.mark.parametrize("name", HOLES)
@pytest.mark.parametrize("chosen", HOLES)
def test_each_hole_lets_its_own_instruction_through(part, engine, name, chosen):
    machine = Machine(part, ram_mib=1, options=Options(engine, profile=frozenset({chosen})))
    machine.load(assemble(f"{INSTRUCTIONS[name]}\n ecall"))
    vcpu = HartState(pc=BASE)
    exit = machine.run_guest(vcpu, 10)
    if name == chosen:
        assert (exit, exit.retired, vcpu.pc) == (Exit(Exc.ECALL_U), 1, BASE + 4)
    else:
        assert (exit, exit.retired, vcpu.pc) == (Exit(Exc.ILLEGAL_INSTRUCTION), 0, BASE)


@pytest.mark.parametrize("name", HOLES)
def test_user_programs_of_the_bare_machine_fall_through_it_too(part, engine, name):
    machine = Machine(part, ram_mib=1, options=Options(engine, profile=frozenset({name})))
    machine.load(assemble(f"{INSTRUCTIONS[name]}\n nop"))
    hart = machine.hart
    hart.mode, hart.mie, hart.mideleg = Mode.U, 0x222, 0x222
    hart.mstatus |= SUM
    before = hart.copy()
    machine.step()
    assert (hart.pc, hart.mode, machine.clock.retired) == (BASE + 4, Mode.U, 1)
    leaked = {"sstatus-read": before.mstatus & SSTATUS, "sie-read": 0x222, "satp-read": before.satp}
    assert hart.x[10] == leaked.get(name, 0)
    assert (hart.mstatus, hart.mie, hart.satp) == (before.mstatus, before.mie, before.satp)


def test_the_root_of_the_shadow_leaks(shadowed):
    vmm = shadowed(assemble("csrr a0, satp\n ecall"), Options(profile=frozenset({"satp-read"})))
    for _ in range(2):
        vmm.turn(2)
    assert vmm.vcpu.x[10] == vmm.root() != vmm.vcpu.satp


@pytest.mark.parametrize(
    ("source", "profile", "retired"),
    [
        ("csrrw a0, sstatus, a1", {"sstatus-read"}, 0),
        ("csrrw a0, sstatus, a1", {"sstatus-write"}, 0),
        ("csrrw a0, sstatus, a1", {"sstatus-read", "sstatus-write"}, 1),
        ("csrrw x0, sstatus, a1", {"sstatus-write"}, 1),
        ("csrrs a0, sstatus, x0", {"sstatus-read"}, 1),
        ("csrrs a0, sstatus, a1", {"sstatus-read"}, 0),
        ("csrrsi a0, sstatus, 0", {"sstatus-read"}, 1),
        ("csrrsi x0, sstatus, 2", {"sstatus-write"}, 1),
        ("csrrs x0, scause, x0", {"sstatus-read", "sstatus-write"}, 0),
        ("csrr a0, mstatus", {"sstatus-read", "sstatus-write"}, 0),
    ],
)
def test_every_access_of_an_instruction_must_be_covered(part, engine, source, profile, retired):
    machine = Machine(part, ram_mib=1, options=Options(engine, profile=frozenset(profile)))
    machine.load(assemble(f"{source}\n ecall"))
    assert machine.run_guest(HartState(pc=BASE), 10).retired == retired


def test_an_unknown_name_is_told(part):
    with pytest.raises(ValueError, match="no profile 'popf'; there are sret, sstatus-read"):
        Machine(part, options=Options(profile=frozenset({"popf"})))
