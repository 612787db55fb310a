"""Physical memory protection on a machine: which accesses it stops, in which mode, and when."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vmlab.access import Access
from vmlab.asm import assemble
from vmlab.csrs import NUMBERS
from vmlab.hart import Mode
from vmlab.machine import Machine
from vmlab.options import Options
from vmlab.trap import Exc

BASE = 0x8000_0000
ALL = 0x1F
"""NAPOT, R, W, X."""
START = """
_start:
    la t0, trapped
    csrw mtvec, t0
    la t0, lower
    csrw mepc, t0
    la s0, data
    la s1, data + 4096
    {setup}
    mret
trapped:
    csrr s10, mcause
    csrr s11, mtval
    j .
    .balign 4096
lower:
    {lower}
    j .
    .balign 4096
data:
    .zero 8192
"""
DATA = BASE + 0x2000
ENTRIES = """
    srli t0, s0, 2
    csrw pmpaddr0, t0           # pmpaddr0 to pmpaddr1 in data: {first}
    addi t0, t0, {words}
    csrw pmpaddr1, t0
    li t0, -1
    csrw pmpaddr2, t0           # all else
    li t0, 0x1f0000 | ({first} << 8)
    csrw pmpcfg0, t0
"""


@pytest.fixture(params=["interpreter", "translator"])
def engine(request):
    return request.param


@pytest.fixture
def run(boot):
    """Run `lower` in S-mode after `setup` in M-mode; return the machine."""

    def start(lower: str, setup: str = "", *, status: int = 1 << 11, **options) -> Machine:
        machine = boot(
            START.format(setup=f"{setup}\n li t0, {status}\n csrw mstatus, t0", lower=lower),
            options=Options(**{"pmp_entries": 16, **options}),
        )
        machine.run(2000)
        return machine

    return start


def entries(first: int, words: int = 1024) -> str:
    """Protect so many words of data with `first`; leave everything else open."""
    return ENTRIES.format(first=first, words=words)


def trap(machine: Machine) -> tuple[int, int]:
    return machine.hart.x[26], machine.hart.x[27]


def test_nothing_is_reached_before_m_mode_says_so(run):
    assert trap(run("li a0, 1")) == (Exc.INSTRUCTION_ACCESS, BASE + 0x1000)
    assert run("li a0, 1", pmp_entries=0).hart.x[10] == 1


@pytest.mark.parametrize("status", [0, 1 << 11])
@pytest.mark.parametrize(
    ("source", "permission", "cause"),
    [
        ("ld a0, 8(s0)", "r", Exc.LOAD_ACCESS),
        ("lr.d a0, (s0)", "r", Exc.LOAD_ACCESS),
        ("sb a0, 8(s0)", "w", Exc.STORE_ACCESS),
        ("sc.w a0, a0, (s0)", "w", Exc.STORE_ACCESS),
        ("amoadd.w a0, a0, (s0)", "w", Exc.STORE_ACCESS),
        ("jr s0", "x", Exc.INSTRUCTION_ACCESS),
    ],
)
def test_each_kind_of_access_needs_its_permission(run, source, permission, cause, status):
    lacking = {"r": 0x0C, "w": 0x0D, "x": 0x0B}[permission]
    machine = run(source, entries(lacking), status=status)
    at = DATA + 8 * ("8(" in source)
    assert trap(machine) == (cause, at)
    machine = run(source, entries(0x0F), status=status)
    assert machine.hart.x[26] in (0, Exc.ILLEGAL_INSTRUCTION)  # what it jumped to is zeros


def test_a_page_of_which_a_part_is_closed(run):
    """A TLB must not remember the page from an access to its open part, nor the reverse."""
    source = """
        ld a0, 16(s0)
        ld a0, 16(s0)
        ld a0, -8(s1)
        li a1, 1
        ld a0, 0(s0)
    """
    machine = run(source, entries(0x08, words=2))
    assert machine.hart.x[11] == 1
    assert trap(machine) == (Exc.LOAD_ACCESS, DATA)


def test_an_instruction_is_fetched_by_halves(run):
    straddling = "jr s2\n .2byte 1, 1, 1\n j ."  # `j .` at lower + 10
    setup = """
        la s2, lower + 10
        la t0, lower + 12           # what lies below may be executed
        srli t0, t0, 2
        csrw pmpaddr0, t0
        li t0, 0xf
        csrw pmpcfg0, t0
    """
    assert trap(run(straddling, setup)) == (Exc.INSTRUCTION_ACCESS, BASE + 0x100C)


def test_an_access_that_is_only_half_inside_fails(run):
    assert trap(run("lw a0, 4(s0)", entries(0x0F, words=1))) == (0, 0)
    assert trap(run("ld a0, 0(s0)", entries(0x0F, words=1))) == (Exc.LOAD_ACCESS, DATA)


def test_mprv_is_checked_as_the_mode_in_mpp(boot):
    source = """
    _start:
        la t0, trapped
        csrw mtvec, t0
        la s0, data
        ld a0, 0(s0)            # as M-mode: allowed
        li a1, 1
        li t0, 1 << 17          # MPRV, MPP = U
        csrw mstatus, t0
        ld a0, 0(s0)
        li a1, 2
    trapped:
        csrr s10, mcause
        csrr s11, mtval
        j .
        .align 3
    data: .zero 8
    """
    machine = boot(source, options=Options(pmp_entries=16))
    machine.run(100)
    assert machine.hart.x[11] == 1
    assert machine.hart.x[26] == Exc.LOAD_ACCESS


@pytest.mark.parametrize(("config", "refused"), [(0x88, True), (0x08, False)])
def test_a_locked_entry_binds_m_mode_at_once(boot, config, refused):
    """Also where the TLB and the decoded code already know the page."""
    machine = boot(f"""
    _start:
        la t0, trapped
        csrw mtvec, t0
        la s0, data
        srli t0, s0, 2
        csrw pmpaddr0, t0
        addi t0, t0, 1024
        csrw pmpaddr1, t0
        li s1, {config} << 8
        li s2, 3
    1:  ld a0, 0(s0)
        addi a1, a1, 1
        addi s2, s2, -1
        bnez s2, 1b
        csrw pmpcfg0, s1
        li s2, 1
        bltz s3, 2f
        li s3, -1
        j 1b
    2:  li a2, 1
    trapped:
        csrr s10, mcause
        j .
        .balign 4096
    data: .zero 4096
    """, options=Options(pmp_entries=16))  # fmt: skip
    machine.run(200)
    assert machine.hart.x[11] == (3 if refused else 4)
    assert machine.hart.x[26] == (Exc.LOAD_ACCESS if refused else 0)


def test_code_that_is_known_is_protected_too(run):
    """M-mode closes a page from which S-mode has executed."""
    machine = run(
        "1: addi a0, a0, 1\n li t0, 9\n bltu a0, t0, 1b\n ecall",
        entries(0x0F) + "\n la t0, again\n csrw mtvec, t0\n j 9f\n .balign 4\n again:\n"
        "csrr s8, mcause\n csrw pmpaddr2, zero\n csrw mepc, s9\n la t0, trapped\n"
        "csrw mtvec, t0\n mret\n 9: csrr s9, mepc",
    )
    assert machine.hart.x[24] == Exc.ECALL_S
    assert trap(machine) == (Exc.INSTRUCTION_ACCESS, BASE + 0x1000)
    assert machine.hart.x[10] == 9


PAGED = """
    srli t0, s0, 12             # root at data: a gigapage of RAM onto itself
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    li t0, 0x200000cf
    sd t0, 16(s0)
"""


def test_page_tables_are_read_as_s_mode(run):
    """norm:pmp_check_pagetable_access; the fault is of the access that asked."""
    assert run("li a0, 1", entries(0x0F) + PAGED).hart.x[10] == 1
    machine = run("li a0, 1", entries(0x08) + PAGED)
    assert trap(machine) == (Exc.INSTRUCTION_ACCESS, BASE + 0x1000)


@pytest.mark.parametrize("engine", ["interpreter", "translator"])
def test_page_tables_that_are_closed_later(part, engine):
    machine = Machine(part, ram_mib=1, options=Options(pmp_entries=16, engine=engine))
    machine.load(assemble("ld a0, 0(a1)\n csrw pmpcfg0, a2"))
    assert machine.pmp is not None
    for index, address in enumerate([DATA >> 2 | 0x1FF, (1 << 54) - 1]):  # root, and everything
        machine.pmp.write(NUMBERS[f"pmpaddr{index}"], address)
    machine.pmp.write(NUMBERS["pmpcfg0"], 0x1F1F)
    machine.memory.write(DATA - BASE + 16, 8, 0x200000CF)  # a gigapage of RAM onto itself
    hart = machine.hart
    hart.satp, hart.x[11], hart.x[12] = 8 << 60 | DATA >> 12, BASE, 0x1F18

    def load() -> int:
        hart.mode, hart.pc, hart.mcause = Mode.S, BASE, 0
        machine.run(1)
        return hart.mcause

    assert load() == 0
    hart.mode, hart.pc = Mode.M, BASE + 4
    machine.run(1)
    assert load() == Exc.INSTRUCTION_ACCESS


def test_a_misaligned_access_is_checked_byte_by_byte(run):
    source = "li a0, -1\n sd a0, -4(s1)"
    machine = run(source, entries(0x0B, words=1024), misaligned=True)
    assert trap(machine) == (0, 0)
    assert bytes(machine.ram[0x2FFC:0x3004]) == b"\xff" * 8
    machine = run("li a0, -1\n sd a0, -4(s1)", entries(0x09), misaligned=True)
    assert trap(machine) == (Exc.STORE_ACCESS, DATA + 4096 - 4)
    machine = run("li a0, -1\n addi s1, s0, 3\n sd a0, -8(s1)", entries(0x09), misaligned=True)
    assert trap(machine) == (Exc.STORE_ACCESS, DATA)  # its first five bytes are open
    assert bytes(machine.ram[0x1FF8:0x2008]) == bytes.fromhex("1300000013000000") + bytes(8)


def test_registers_are_csrs(run):
    machine = run(
        "",
        "li t0, -1\n csrw pmpaddr15, t0\n csrr a0, pmpaddr15\n csrrw a1, pmpaddr16, t0\n"
        "csrr a1, pmpaddr16\n csrwi pmpcfg0, 3\n csrrsi a2, pmpcfg0, 4\n csrr a3, pmpcfg0\n"
        "csrrci a4, pmpcfg0, 1\n csrr a5, pmpcfg0",
    )
    assert machine.hart.x[10:16] == [(1 << 54) - 1, 0, 3, 7, 7, 4]


CROSSING = """
    li t0, 0x00b50513           # addi a0, a0, 11, half in one page and half in the next
    sh t0, -2(s1)
    srli t0, t0, 16
    sh t0, 0(s1)
    li t0, 0x8082               # c.jr ra
    sh t0, 2(s1)
"""


def test_each_half_of_an_instruction_is_fetched_by_itself(run):
    """S-mode runs what straddles the end of the protected page, until M-mode closes the page."""
    lower = "addi s1, s1, -2\n li s2, 40\n 1: jalr s1\n addi s2, s2, -1\n bnez s2, 1b\n mv s3, a0\n"
    lower += "ecall\n jalr s1"
    closing = """
        la t0, closing
        csrw mtvec, t0
        j 9f
        .balign 4
    closing:
        srli t0, s1, 2
        addi t0, t0, 1          # from the end of the page up
        csrw pmpaddr0, t0
        addi t0, t0, 1024
        csrw pmpaddr1, t0
        csrr t0, mepc
        addi t0, t0, 4
        csrw mepc, t0
        la t0, trapped
        csrw mtvec, t0
        li t0, 1 << 11
        csrw mstatus, t0
        li t0, 0x1f0900         # and now it may only be read
        csrw pmpcfg0, t0
        mret
    9:
    """
    machine = run(lower, entries(0x0F) + CROSSING + closing)
    assert machine.hart.x[19] == 40 * 11
    # The second half is refused, and mtval names it.
    assert trap(machine) == (Exc.INSTRUCTION_ACCESS, DATA + 4096)
    assert machine.hart.mepc == DATA + 4094


PLACES = st.integers(0, 1024 + 64).map(lambda n: (DATA >> 2) + n)
CLOSED = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 3, 0x81, 0x83, 4]),
        st.sampled_from([0x08, 0x10, 0x18]),
        st.one_of(PLACES, PLACES.map(lambda place: place | 0x1FF), PLACES.map(lambda p: p | 7)),
    ),
    max_size=5,
)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    closed=CLOSED,
    opened=st.booleans(),
    accesses=st.lists(
        st.tuples(st.booleans(), st.integers(0, 4096 // 8 + 16)), min_size=1, max_size=30
    ),
)
@pytest.mark.parametrize("engine", ["interpreter", "translator"])
@pytest.mark.parametrize("mode", [Mode.S, Mode.M])
def test_what_is_remembered_never_lets_more_or_less_through(
    part, engine, mode, closed, opened, accesses
):
    """Loads and stores in a row, so that some find the page in the TLB, against the rules."""
    options = Options(pmp_entries=16, engine=engine)
    machine = Machine(part, ram_mib=1, options=options)
    machine.load(assemble("ld a0, 0(a1)\n j .\n sd a0, 0(a1)\n j ."))
    code = (0x1F, (BASE >> 2) | 0x1FF)  # the page of the code stays open
    rules = [code, *((rwx | a, address) for rwx, a, address in closed)]
    if opened:
        rules.append((0x1F, (1 << 54) - 1))
    assert machine.pmp is not None
    for index, (_, address) in enumerate(rules):
        machine.pmp.write(NUMBERS[f"pmpaddr{index}"], address)
    machine.pmp.write(NUMBERS["pmpcfg0"], sum(rule[0] << 8 * i for i, rule in enumerate(rules)))
    oracle = machine.pmp.allows
    for store, number in accesses:
        hart = machine.hart
        hart.mode, hart.pc, hart.mtvec = mode, BASE + 8 * store, 0
        hart.x[11] = DATA + 8 * number
        machine.run(1)
        cause = Exc.STORE_ACCESS if store else Exc.LOAD_ACCESS
        allowed = oracle(DATA + 8 * number, 8, Access.STORE if store else Access.LOAD, mode)
        assert (hart.pc == BASE + 8 * store + 4) == allowed
        assert allowed or (hart.mcause, hart.mtval) == (cause, DATA + 8 * number)
