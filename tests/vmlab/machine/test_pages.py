"""Instructions and misaligned accesses over a page's end, and A and D bits that hardware sets."""

from __future__ import annotations

import pytest
from vmlab.csrs import ADUE
from vmlab.hart import MASK64, Mode
from vmlab.machine import Machine
from vmlab.mstatus import SUM
from vmlab.options import Options
from vmlab.sv39 import A, D, R, U, V, W, X
from vmlab.trap import Exc, Trap

BASE = 0x8000_0000
ROOT, MIDDLE, LAST = BASE + 0x1_0000, BASE + 0x1_1000, BASE + 0x1_2000
FIRST, SECOND = BASE + 0x2_3000, BASE + 0x2_1000
"""The frames of two virtual pages that follow each other."""
PAGE = 0x4000_0000
END = PAGE + 0x1000
ALL = V | R | W | X | A | D
MISALIGNED = Options(misaligned=True)


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


@pytest.fixture
def paged(boot, overlay):
    """Boot assembly in S-mode below a map of RAM onto itself, with two pages at PAGE.

    The first trap is noted in the machine's `seen`, and ends the run.
    """

    def build(source: str, *, first: int = ALL, second: int = ALL, **options) -> Machine:
        def take_trap(hart, trap):
            machine.seen.append(trap)
            raise KeyboardInterrupt

        machine = boot(
            f"_start:\n{source}\n ebreak\n", traps=overlay(take_trap=take_trap), **options
        )
        machine.seen = []
        write = machine.memory.write
        write(ROOT - BASE + 16, 8, BASE >> 2 | ALL)
        write(ROOT - BASE + 8, 8, MIDDLE >> 2 | V)
        write(MIDDLE - BASE, 8, LAST >> 2 | V)
        write(LAST - BASE, 8, FIRST >> 2 | first)
        write(LAST - BASE + 8, 8, SECOND >> 2 | second)
        machine.hart.satp = 8 << 60 | ROOT >> 12
        machine.hart.mode = Mode.S
        machine.hart.x[11] = END
        machine.hart.x[12] = LAST
        return machine

    return build


def first_trap(machine: Machine, budget: int = 500) -> Trap:
    with pytest.raises(KeyboardInterrupt):
        machine.run(budget)
    return machine.seen[0]


def poke(machine: Machine, address: int, data: bytes) -> None:
    machine.ram[address - BASE : address - BASE + len(data)] = data


# Instructions

ADDI = (0x0050_0513).to_bytes(4, "little")  # addi a0, zero, 5
EBREAK = (0x9002).to_bytes(2, "little")


def straddling(paged, **options) -> Machine:
    machine = paged("jr a1", **options)
    machine.hart.x[11] = END - 2
    poke(machine, FIRST + 0xFFE, ADDI[:2])
    poke(machine, SECOND, ADDI[2:] + EBREAK)
    return machine


def test_an_instruction_may_lie_in_two_pages(paged):
    machine = straddling(paged)
    assert first_trap(machine).cause == Exc.BREAKPOINT
    assert machine.hart.x[10] == 5
    assert machine.hart.pc == END + 2


@pytest.mark.parametrize(
    ("pages", "offset"),
    [
        ({"second": ALL & ~X}, 2),
        ({"second": 0}, 2),
        ({"first": 0}, 0),
        ({"first": 0, "second": 0}, 0),
    ],
)
def test_a_fetch_fault_tells_which_half(paged, pages, offset):
    machine = straddling(paged, **pages)
    assert first_trap(machine) == Trap(Exc.INSTRUCTION_PAGE, address=END - 2, offset=offset)
    assert machine.hart.pc == END - 2


def test_a_short_instruction_at_the_end_needs_one_page_only(paged):
    machine = straddling(paged, second=0)
    poke(machine, FIRST + 0xFFE, (0x4515).to_bytes(2, "little"))  # c.li a0, 5
    assert first_trap(machine) == Trap(Exc.INSTRUCTION_PAGE, address=END)
    assert machine.hart.x[10] == 5


@pytest.mark.parametrize("page", [FIRST + 0xFFE, SECOND])
def test_a_store_into_either_half_is_seen(paged, page):
    """The instruction runs often, then one half of it is written through another mapping."""
    machine = paged(
        """
        li s0, 60
    1:  jalr a1
        mv s1, a0
        addi s0, s0, -1
        bnez s0, 1b
        sh a3, 0(a2)
        jalr a1
        """,
    )
    halves = {FIRST + 0xFFE: 0x0593, SECOND: 0x0070}  # to addi a1, zero, 5; addi a0, zero, 7
    machine.hart.x[11:14] = [END - 2, page, halves[page]]
    poke(machine, FIRST + 0xFFE, ADDI[:2])
    poke(machine, SECOND, ADDI[2:] + (0x8082).to_bytes(2, "little"))  # c.jr ra
    assert first_trap(machine, 2000).cause == Exc.BREAKPOINT
    assert machine.hart.x[9] == 5
    assert (machine.hart.x[10], machine.hart.x[11]) == {
        FIRST + 0xFFE: (5, 5),
        SECOND: (7, END - 2),
    }[page]


# Misaligned loads and stores


@pytest.mark.parametrize("at", range(-8, 1))
@pytest.mark.parametrize(
    ("load", "store", "width", "signed"),
    [
        ("lh", "sh", 2, True),
        ("lhu", "sh", 2, False),
        ("lw", "sw", 4, True),
        ("lwu", "sw", 4, False),
        ("ld", "sd", 8, True),
    ],
)
def test_misaligned_accesses_are_carried_out(paged, at, load, store, width, signed):
    machine = paged(f"{load} a0, {at}(a1)\n {store} a3, {at}(a1)", options=MISALIGNED)
    machine.hart.x[13] = 0x1122_3344_5566_7788
    data = bytes(range(0xF0, 0x100)) * 2
    poke(machine, FIRST + 0xFF0, data[:16])
    poke(machine, SECOND, data[16:])
    assert first_trap(machine).cause == Exc.BREAKPOINT
    place = 16 + at
    value = int.from_bytes(data[place : place + width], "little", signed=signed) & MASK64
    assert machine.hart.x[10] == value
    written = (0x1122_3344_5566_7788).to_bytes(8, "little")[:width]
    after = b"".join(bytes(machine.ram[start - BASE :][:16]) for start in (FIRST + 0xFF0, SECOND))
    assert after == data[:place] + written + data[place + width :]


@pytest.mark.parametrize("instruction", ["ld a0, -4(a1)", "sw a0, -2(a1)", "sh a0, -1(a1)"])
def test_without_the_option_they_trap(paged, instruction):
    trap = first_trap(paged(instruction))
    assert trap.cause in (Exc.LOAD_MISALIGNED, Exc.STORE_MISALIGNED)
    assert trap.offset == 0


@pytest.mark.parametrize("aligned", ["lr.d a0, (a1)", "sc.w a0, a0, (a1)", "amoadd.d a0, a0, (a1)"])
def test_atomics_always_trap(paged, aligned):
    trap = first_trap(paged(f"addi a1, a1, -2\n {aligned}", options=MISALIGNED))
    assert trap.cause == (Exc.LOAD_MISALIGNED if aligned[0] == "l" else Exc.STORE_MISALIGNED)


@pytest.mark.parametrize(
    ("instruction", "pages", "cause", "offset"),
    [
        ("ld a0, -3(a1)", {"second": 0}, Exc.LOAD_PAGE, 3),
        ("ld a0, -3(a1)", {"first": 0}, Exc.LOAD_PAGE, 0),
        ("sd a3, -3(a1)", {"second": V | R | A}, Exc.STORE_PAGE, 3),
        ("sd a3, -3(a1)", {"first": V | R | A}, Exc.STORE_PAGE, 0),
        ("sd a3, -7(a1)", {"second": ALL & ~D}, Exc.STORE_PAGE, 7),
    ],
)
def test_the_trap_tells_the_part_that_failed_and_nothing_is_written(
    paged, instruction, pages, cause, offset
):
    machine = paged(instruction, options=MISALIGNED, **pages)
    machine.hart.x[13] = MASK64
    before = bytes(machine.ram)
    trap = first_trap(machine)
    address = END + int(instruction.partition(" ")[2].partition(", ")[2].partition("(")[0])
    assert (trap.cause, trap.address, trap.offset) == (cause, address, offset)
    assert bytes(machine.ram) == before
    assert machine.hart.x[10] == 0


def test_devices_do_not_support_them(boot):
    machine = boot(
        "_start: la t0, 1f\n csrw mtvec, t0\n li t0, MTIME - 8\n lw a0, 2(t0)\n .align 2\n"
        "1: csrr a1, mcause\n csrr a2, mtval\n j .",
        options=MISALIGNED,
    )
    machine.run(50)
    assert machine.hart.x[11:13] == [Exc.LOAD_ACCESS, 0x200_BFF2]


def test_a_misaligned_store_into_code_is_seen(execute):
    machine = execute("""
        la a1, 1f + 1
        li a2, 60
        li a3, 0x009505             # behind a byte of 0x13: addi a0, a0, 9
        j 1f
        .align 3
        nop
    1:  addi a0, a0, 1
        addi a2, a2, -1
        bnez a2, 1b
        beqz a3, 2f
        sh a3, 0(a1)
        srli a3, a3, 16
        sb a3, 2(a1)
        li a3, 0
        li a2, 3
        j 1b
    2:
    """)
    assert machine.hart.x[10] == 60 + 3 * 9


@pytest.fixture
def execute(boot):
    """Run assembly to the `ebreak` behind it."""

    def run(source: str) -> Machine:
        machine = boot(
            f"_start: la t6, 9f\n csrw mtvec, t6\n{source}\n ebreak\n .align 2\n9: j .\n",
            options=MISALIGNED,
        )
        machine.run(2000)
        assert machine.hart.mcause == Exc.BREAKPOINT
        return machine

    return run


# Svadu


@pytest.mark.parametrize(
    ("source", "flags", "after"),
    [
        ("ld a0, -8(a1)", V | R | W, V | R | W | A),
        ("sd a0, -8(a1)", V | R | W, V | R | W | A | D),
        ("ld a0, -8(a1)\n sd a0, -8(a1)", V | R | W, V | R | W | A | D),
        ("amoadd.w a0, a0, (a3)", V | R | W | A, V | R | W | A | D),
    ],
)
def test_hardware_sets_a_and_d(paged, source, flags, after):
    machine = paged(source, first=flags, options=Options(svadu=True))
    machine.hart.menvcfg = ADUE
    machine.hart.x[13] = PAGE
    assert first_trap(machine).cause == Exc.BREAKPOINT
    assert machine.memory.read(LAST - BASE, 8) == FIRST >> 2 | after


@pytest.mark.parametrize(("svadu", "adue"), [(True, 0), (False, 0), (False, ADUE)])
def test_otherwise_software_has_to(paged, svadu, adue):
    """norm:menvcfg_adue_op, norm:menvcfg_adue_rdonly0"""
    machine = paged("ld a0, -8(a1)", first=V | R | W, options=Options(svadu=svadu))
    machine.hart.menvcfg = adue
    assert first_trap(machine).cause == Exc.LOAD_PAGE
    assert machine.memory.read(LAST - BASE, 8) == FIRST >> 2 | V | R | W


def test_hardware_does_so_from_reset_on(part):
    """What is not reset to a value is left open; QEMU leaves kernels that know no Svadu so."""
    assert Machine(part, options=Options(svadu=True)).hart.menvcfg == ADUE
    assert Machine(part).hart.menvcfg == 0


def test_a_refused_access_sets_nothing(paged):
    machine = paged("sd a0, -8(a1)", first=V | R, options=Options(svadu=True))
    machine.hart.menvcfg = ADUE
    assert first_trap(machine).cause == Exc.STORE_PAGE
    assert machine.memory.read(LAST - BASE, 8) == FIRST >> 2 | V | R


@pytest.mark.parametrize("svadu", [True, False])
def test_adue_exists_only_with_svadu(boot, svadu):
    machine = boot(
        "_start: li t0, -1\n csrw menvcfg, t0\n csrr a0, menvcfg\n csrc menvcfg, t0\n"
        " csrr a1, menvcfg\n j .",
        options=Options(svadu=svadu),
    )
    machine.run(10)
    assert machine.hart.x[10:12] == [1 << 63 | svadu << 61 | 1, 0]


@pytest.mark.parametrize("warm", [1, 40])
def test_code_that_a_walk_writes_is_seen(paged, warm):
    """A PTE that is executed, too: setting A makes of `addi sp, ra, 512` what is illegal."""
    machine = paged("ld a0, 0(a4)\n jr a2", options=Options(svadu=True))
    pte = (BASE + 0x2_0000) >> 2 | 1 << 8 | U | V | R
    machine.memory.write(LAST - BASE + 16, 8, pte)
    machine.hart.menvcfg = ADUE
    machine.hart.mstatus |= SUM
    machine.hart.x[12], machine.hart.x[14] = LAST + 16, PAGE + 0x2000
    for count in range(warm):
        machine.hart.x[1], machine.hart.pc = count, LAST + 16
        with pytest.raises(KeyboardInterrupt):
            machine.run(10)
        assert (machine.hart.x[2], machine.hart.pc) == (count + 512, LAST + 20)
    machine.hart.pc = BASE
    with pytest.raises(KeyboardInterrupt):
        machine.run(10)
    assert machine.seen[-1] == Trap(Exc.ILLEGAL_INSTRUCTION, instruction=pte | A)
    assert machine.hart.pc == LAST + 16
