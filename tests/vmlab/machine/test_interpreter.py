"""What instructions do, by the book and by the fast loop; and what they do when they cannot."""

from __future__ import annotations

import random

import pytest
from vmlab import csrs
from vmlab.hart import MASK64
from vmlab.isa import COMPRESSED, INSTRUCTIONS
from vmlab.machine import Machine, Stop
from vmlab.trace import Trace
from vmlab.trap import Exc, Trap

BASE = 0x8000_0000


def run_warm(machine: Machine, budget: int) -> Stop:
    """Run, then again from the same state: now everything is decoded and in the TLB."""
    hart, ram = machine.hart.copy(), bytes(machine.ram)
    machine.run(budget)
    machine.hart.assign(hart)
    machine.ram[:] = ram
    machine.uart._sent.clear()
    machine.finisher.code = None
    machine.clock.retired = 0
    machine.engine.reservation = None
    machine.core.waiting = False
    return machine.run(budget)


@pytest.fixture(params=["fast", "by the book"])
def execute(request, boot):
    """Run lines of assembly to the `ebreak` that is put behind them; return the machine."""

    def run(source: str, **registers: int) -> Machine:
        trace = Trace("instructions") if request.param == "by the book" else None
        machine = boot(f"_start:\n{source}\nebreak\n", trace=trace)
        for name, value in registers.items():
            machine.hart.x[int(name[1:])] = value
        machine.hart.mtvec = 0xFFFF_FFFF_FFFF_0000  # a loop of access faults
        if request.param == "fast":
            run_warm(machine, 500)
        else:
            machine.run(500)
        return machine

    return run


@pytest.fixture
def trap_of(boot, overlay):
    """Return the first trap that lines of assembly take, and the hart at that moment."""

    def run(source: str, **registers: int):
        taken: list = []

        def take_trap(hart, trap):
            taken.append((trap, hart.copy()))
            raise KeyboardInterrupt

        machine = boot(f"_start:\n{source}\n", traps=overlay(take_trap=take_trap))
        for name, value in registers.items():
            machine.hart.x[int(name[1:])] = value
        with pytest.raises(KeyboardInterrupt):
            machine.run(500)
        return taken[0]

    return run


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("li a0, 5\n li a1, 7\n sub a0, a0, a1", MASK64 - 1),
        ("li a0, -1\n srli a0, a0, 60", 15),
        ("li a0, -16\n srai a0, a0, 2", MASK64 - 3),
        ("li a0, 0x7fffffff\n addiw a0, a0, 1", 0xFFFF_FFFF_8000_0000),
        ("lui a0, 0x80000", 0xFFFF_FFFF_8000_0000),
        ("auipc a0, 1", BASE + 0x1000),
        ("li a0, 7\n li a1, 0\n div a0, a0, a1", MASK64),
        ("li a0, 7\n li a1, 0\n rem a0, a0, a1", 7),
        ("li a0, 1 << 63\n li a1, -1\n div a0, a0, a1", 1 << 63),
        ("li a0, -1\n li a1, -1\n mulhu a0, a0, a1", MASK64 - 1),
        ("li a0, 1\n slt a0, a0, zero", 0),
        ("li a0, -1\n slt a0, a0, zero", 1),
        ("li zero, 5\n mv a0, zero", 0),
        ("la a1, 1f\n lb a0, 0(a1)\n ebreak\n 1: .dword 0x80", MASK64 - 127),
        ("la a1, 1f\n lbu a0, 0(a1)\n ebreak\n 1: .dword 0x80", 0x80),
        ("la a1, 1f\n lh zero, 0(a1)\n mv a0, zero\n ebreak\n 1: .dword 0x80", 0),
        ("jal a0, 1f\n1:", BASE + 4),
        ("la a1, 1f + 1\n jalr a0, a1, 0\n ebreak\n1:", BASE + 12),
        ("la a0, 1f\n jalr a0, a0, 0\n ebreak\n1:", BASE + 12),
        ("li a0, 1\n bltz zero, 1f\n li a0, 2\n1:", 2),
        ("li a0, 1\n bgeu zero, zero, 1f\n li a0, 2\n1:", 1),
        ("fence\n fence.tso\n fence.i\n li a0, 3", 3),
        ("la a1, 1f\n li a2, 6\n amoadd.w zero, a2, (a1)\n ld a0, (a1)\n ebreak\n.align 3\n"
         "1: .dword 0x1ffffffff", 0x1_0000_0005),
    ],
)  # fmt: skip
def test_result(execute, source, expected):
    machine = execute(source)
    assert machine.hart.x[10] == expected
    assert machine.hart.x[0] == 0


def test_stores_keep_their_neighbours(execute):
    machine = execute(
        "la a0, 1f\n sb a1, 1(a0)\n sh a1, 2(a0)\n sw a1, 4(a0)\n sd a1, 8(a0)\n ebreak\n"
        ".align 4\n1: .zero 24",
        x11=0x1122_3344_5566_7788,
    )
    start = machine.hart.x[10] - BASE
    expected = "00 88 8877 88776655 8877665544332211 0000000000000000"
    assert machine.ram[start : start + 24] == bytes.fromhex(expected)


def test_addresses_wrap_around(execute):
    machine = execute("ld a0, 16(a1)\n .align 3\n .dword 9", x11=BASE - 8)
    assert machine.hart.x[10] != 0
    machine = execute("lw a0, -4(zero)")
    assert machine.hart.mcause == Exc.INSTRUCTION_ACCESS  # after the load's own fault
    assert machine.clock.retired == 0


# LR and SC


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lr.d a2, (a1)\n sc.d a0, a2, (a1)", 0),
        ("sc.d a0, a2, (a1)", 1),
        ("lr.d a2, (a1)\n sc.d a0, a2, (a1)\n sc.d a0, a2, (a1)", 1),
        ("lr.d a2, (a1)\n addi a1, a1, 8\n sc.d a0, a2, (a1)", 1),
        ("lr.w a2, (a1)\n sc.w a0, a2, (a1)", 0),
        ("lr.d a2, (a1)\n lr.d a2, 0(a3)\n sc.d a0, a2, (a1)", 1),
    ],
)
def test_store_conditional(execute, source, expected):
    machine = execute(source, x11=BASE + 0x100, x13=BASE + 0x200)
    assert machine.hart.x[10] == expected


def test_trap_ends_a_reservation(boot):
    machine = boot("""
    _start:
        la t0, handler
        csrw mtvec, t0
        la a1, data
        lr.d a2, (a1)
        ecall
        sc.d a0, a2, (a1)
        j .
    handler:
        csrr t1, mepc
        addi t1, t1, 4
        csrw mepc, t1
        mret
        .align 3
    data: .dword 0
    """)
    machine.run(100)
    assert machine.hart.x[10] == 1


# Traps


@pytest.mark.parametrize(
    ("source", "cause", "address"),
    [
        ("lh a0, 1(a1)", Exc.LOAD_MISALIGNED, BASE + 1),
        ("ld a0, 4(a1)", Exc.LOAD_MISALIGNED, BASE + 4),
        ("sw a0, 2(a1)", Exc.STORE_MISALIGNED, BASE + 2),
        ("addi a1, a1, 4\n lr.d a0, (a1)", Exc.LOAD_MISALIGNED, BASE + 4),
        ("addi a1, a1, 4\n sc.d a0, a0, (a1)", Exc.STORE_MISALIGNED, BASE + 4),
        ("addi a1, a1, 2\n amoadd.w a0, a0, (a1)", Exc.STORE_MISALIGNED, BASE + 2),
        ("lb a0, 0x10(zero)", Exc.LOAD_ACCESS, 0x10),
        ("ld a0, -8(zero)", Exc.LOAD_ACCESS, MASK64 - 7),
        ("sd a0, 0x10(zero)", Exc.STORE_ACCESS, 0x10),
        ("lr.w a0, (zero)", Exc.LOAD_ACCESS, 0),
        ("sc.w a0, a0, (zero)", Exc.STORE_ACCESS, 0),
        ("amomax.d a0, a0, (zero)", Exc.STORE_ACCESS, 0),
        ("li a1, UART\n lw a0, 0(a1)", Exc.LOAD_ACCESS, 0x1000_0000),
        ("li a1, UART\n amoadd.w a0, a0, (a1)", Exc.STORE_ACCESS, 0x1000_0000),
        ("li a1, MTIME\n lr.d a0, (a1)", Exc.LOAD_ACCESS, 0x200_BFF8),
        ("ecall", Exc.ECALL_M, 0),
        ("ebreak", Exc.BREAKPOINT, 0),
        (".word 0", Exc.ILLEGAL_INSTRUCTION, 0),
        ("csrr a0, 0x7ff", Exc.ILLEGAL_INSTRUCTION, 0),
    ],
)
def test_trap(trap_of, source, cause, address):
    trap, hart = trap_of(f"li a2, 77\n{source}", x11=BASE, x10=5)
    offset = hart.pc - BASE
    assert (trap.cause, trap.address, trap.offset) == (cause, address, 0)
    assert not trap.interrupt
    assert trap.instruction != 0 or source == ".word 0"
    assert hart.x[10] == 5  # nothing is written
    assert hart.instret == offset // 4  # nor counted


def test_trap_has_the_instruction(trap_of):
    trap, _ = trap_of(".word 0xffffffff")
    assert trap == Trap(Exc.ILLEGAL_INSTRUCTION, instruction=0xFFFF_FFFF)
    trap, _ = trap_of(".word 0x12348000")  # 16 bits long
    assert trap == Trap(Exc.ILLEGAL_INSTRUCTION, instruction=0x8000)
    trap, _ = trap_of("c.ebreak\n .half 0x1234")
    assert trap == Trap(Exc.BREAKPOINT, instruction=0x9002)


def test_fetch_fault_has_none(trap_of):
    trap, hart = trap_of("li a0, 0x10\n jr a0")
    assert trap == Trap(Exc.INSTRUCTION_ACCESS, address=0x10)
    assert hart.pc == 0x10
    trap, _ = trap_of("li a0, UART\n jr a0")  # devices hold no code
    assert trap.cause == Exc.INSTRUCTION_ACCESS


def test_code_at_the_end_of_ram(trap_of):
    trap, hart = trap_of("li a0, 0x80100000 - 4\n li a1, 0x13\n sw a1, 0(a0)\n jr a0")
    assert trap == Trap(Exc.INSTRUCTION_ACCESS, address=0x8010_0000)
    assert hart.pc == 0x8010_0000


def test_a_long_instruction_reaches_over_the_end_of_ram(trap_of):
    """Its second half has no memory; a short one in the same place has all it needs."""
    write = "li a0, 0x80100000 - 2\n li a1, {}\n sh a1, 0(a0)\n jr a0"
    trap, hart = trap_of(write.format(0x13))
    assert trap == Trap(Exc.INSTRUCTION_ACCESS, address=0x800F_FFFE, offset=2)
    assert hart.pc == 0x800F_FFFE
    trap, hart = trap_of(write.format(0x0505))  # c.addi a0, 1
    assert trap == Trap(Exc.INSTRUCTION_ACCESS, address=0x8010_0000)
    assert hart.x[10] == 0x800F_FFFF


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("c.li a0, -3", MASK64 - 2),
        ("c.nop\n li a0, 0x12345678\n c.addi a0, 1", 0x1234_5679),
        ("c.lui a0, 0xfffff", MASK64 - 0xFFF),
        ("li sp, 64\n c.addi16sp sp, -32\n c.addi4spn a0, sp, 4", 36),
        ("la s0, 1f\n c.ld a0, 8(s0)\n c.ebreak\n.align 3\n1: .dword 1, 2", 2),
        ("la sp, 1f\n c.lwsp a0, 4(sp)\n c.ebreak\n.align 3\n1: .word 1, -2", MASK64 - 1),
        ("c.j 1f\n c.ebreak\n1: li a0, 5", 5),
        ("c.li s0, 0\n c.beqz s0, 1f\n c.ebreak\n c.nop\n1: c.li a0, 6", 6),
        ("la a1, 1f\n c.jalr a1\n c.ebreak\n1: mv a0, ra", BASE + 10),
        ("jal a0, 1f\n c.ebreak\n1:", BASE + 4),
        ("c.li a0, 7\n c.li s0, 2\n c.mv s1, a0\n c.sub s1, s0\n c.mv a0, s1", 5),
    ],
)
def test_compressed(execute, source, expected):
    assert execute(source).hart.x[10] == expected


@pytest.mark.parametrize("part_changed", ["near", "far"])
def test_stores_into_either_half_of_a_straddling_instruction_are_seen(execute, part_changed):
    """`addi a0, a0, 1` lies over two times 8 bytes; a store to its second half makes it add 3."""
    store = {"near": "sh a3, 0(a1)", "far": "sh a2, 2(a1)"}[part_changed]
    machine = execute(f"""
        la a1, 1f
        li a2, 0x0035               # upper half of addi a0, a0, 3
        li a3, 0x8513               # lower half of addi a0, a1, x
        li a4, 2
        c.nop
        .balign 8
        c.nop
        c.nop
        c.nop
    1:  addi a0, a0, 1
        {store}
        addi a4, a4, -1
        bnez a4, 1b
        .balign 4
    """)
    assert machine.hart.x[10] == {"near": machine.hart.x[11] + 1, "far": 4}[part_changed]


# Code that changes

SELF = """
    la a1, 1f
    lw a2, new
    li a3, 4
    li a6, 1 << 20
1:  addi a0, a0, 1
    add a2, a2, a6          # to add one more than the last time
    sw a2, 0(a1)
    {fence}
    addi a3, a3, -1
    bnez a3, 1b
    ebreak
new:
    addi a0, a0, 16
"""
SUM = 1 + 17 + 18 + 19


@pytest.mark.parametrize("fence", ["nop", "fence.i"])
def test_stores_into_code_are_seen(execute, fence):
    assert execute(SELF.format(fence=fence)).hart.x[10] == SUM


def test_atomics_into_code_are_seen(execute):
    source = SELF.format(fence="nop")
    amo = source.replace("sw a2, 0(a1)", "amoswap.w zero, a2, (a1)")
    assert execute(amo).hart.x[10] == SUM
    pair = source.replace("sw a2, 0(a1)", "lr.w a4, (a1)\n sc.w a5, a2, (a1)")
    assert execute(pair).hart.x[10] == SUM


def test_changes_from_outside_are_seen(boot):
    machine = boot("_start: addi a0, a0, 1\n j _start\n")
    machine.run(10)
    machine.ram[2:4] = (0x0105).to_bytes(2, "little")  # addi a0, a0, 16
    machine.run(10)
    assert machine.hart.x[10] == 5 + 5 * 16


# The fast loop against the book


def soup_half(random_: random.Random) -> int:
    """Return 16 bits that are often an instruction."""
    row = random_.choice(COMPRESSED)
    return row.match | random_.getrandbits(16) & ~row.mask


def soup(random_: random.Random) -> int:
    """Return a word that is often an instruction."""
    if random_.random() < 0.1:
        return random_.getrandbits(32)
    if random_.random() < 0.3:
        return soup_half(random_) | soup_half(random_) << 16
    row = random_.choice(INSTRUCTIONS)
    word = row.match | random_.getrandbits(32) & ~row.mask & 0xFFFF_FFFF
    if "csr" in row.fields and random_.random() < 0.8:
        word = word & 0xF_FFFF | random_.choice(list(csrs.CSRS)) << 20
    return word


@pytest.mark.parametrize("seed", range(40))
def test_fast_loop_does_what_the_book_says(part, seed):
    """Random words, registers and CSRs: every run ends, in the same state either way."""
    random_ = random.Random(seed)
    code = b"".join(soup(random_).to_bytes(4, "little") for _ in range(400))
    warm = seed % 2 == 1  # then without devices, whose state cannot be put back
    places = [BASE] if warm else [BASE, 0x200_4000, 0xC00_0000, 0x1000_0000]
    registers = [0]
    for _ in range(31):
        near = BASE + random_.randrange(0, 4096, 8)
        registers.append(random_.choice([near, near, random_.getrandbits(64), *places]))
    settings = {name: random_.getrandbits(64) for name in ("medeleg", "mideleg", "mie")}
    for name in ("mtvec", "stvec"):
        settings[name] = BASE + random_.randrange(0, 1600, 4) | random_.randrange(2)

    def run(trace: Trace | None):
        machine = Machine(part, ram_mib=1, trace=trace)
        machine.ram[: len(code)] = code
        machine.hart.x[:] = registers
        for name, value in settings.items():
            csrs.write(machine.hart, csrs.NUMBERS[name], value)
        stop = run_warm(machine, 1000) if warm and trace is None else machine.run(1000)
        return stop, machine.hart, machine.uart.output, bytes(machine.ram)

    assert run(None) == run(Trace("instructions"))
