"""Translation on the machine: modes, SUM and MXR, and what the TLB may and may not remember."""

from __future__ import annotations

import pytest
from vmlab.hart import Mode
from vmlab.mstatus import MPP, MPRV, MXR, SPP, SUM
from vmlab.sv39 import A, D, R, U, V, W, X
from vmlab.trace import Trace
from vmlab.trap import Exc

BASE = 0x8000_0000
ROOT, MIDDLE, LAST = BASE + 0x1_0000, BASE + 0x1_1000, BASE + 0x1_2000
DATA, OTHER = BASE + 0x2_0000, BASE + 0x2_1000
PAGE = 0x4000_0000
"""The virtual address of the first page under LAST."""
SATP = 8 << 60 | ROOT >> 12


@pytest.fixture
def paged(boot):
    """Boot lines of assembly in S-mode, below a gigapage that maps RAM onto itself."""

    def build(source: str, *, pte: int = 0, **options):
        machine = boot(f"_start:\n{source}\n", **options)
        machine.memory.write(ROOT - BASE + 16, 8, BASE >> 2 | V | R | W | X | A | D)
        machine.memory.write(ROOT - BASE + 8, 8, MIDDLE >> 2 | V)
        machine.memory.write(MIDDLE - BASE, 8, LAST >> 2 | V)
        set_pte(machine, pte)
        machine.memory.write(DATA - BASE, 8, 111)
        machine.memory.write(OTHER - BASE, 8, 222)
        machine.hart.satp = SATP
        machine.hart.mode = Mode.S
        machine.hart.x[11] = PAGE
        machine.hart.x[12] = LAST
        machine.hart.x[13] = leaf(OTHER)
        return machine

    return build


def leaf(page: int, flags: int = V | R | W | A | D) -> int:
    return page >> 2 | flags


def set_pte(machine, value: int) -> None:
    machine.memory.write(LAST - BASE, 8, value)


def test_load_and_store(paged):
    machine = paged("ld a0, 0(a1)\n sd a1, 8(a1)", pte=leaf(DATA))
    machine.run(2)
    assert machine.hart.x[10] == 111
    assert machine.memory.read(DATA - BASE + 8, 8) == PAGE


def test_page_fault_tells_the_virtual_address(paged):
    machine = paged("ld a0, 8(a1)", pte=leaf(DATA, V | R))
    machine.run(1)
    assert (machine.hart.mcause, machine.hart.mtval) == (Exc.LOAD_PAGE, PAGE + 8)


@pytest.mark.parametrize(
    ("instruction", "cause"),
    [
        ("ld a0, 0(a1)", Exc.LOAD_ACCESS),
        ("sd a0, 0(a1)", Exc.STORE_ACCESS),
        ("amoadd.d a0, a0, (a1)", Exc.STORE_ACCESS),
        ("jr a1", Exc.INSTRUCTION_ACCESS),
    ],
)
@pytest.mark.parametrize("table", [0, 0x1000_0000, 1 << 50, BASE + (1 << 20)])
def test_table_outside_ram_is_an_access_fault(paged, instruction, cause, table):
    machine = paged(instruction)
    machine.memory.write(ROOT - BASE + 8, 8, table >> 2 | V)
    machine.run(2 if instruction == "jr a1" else 1)
    assert (machine.hart.mcause, machine.hart.mtval) == (cause, PAGE)


def test_page_outside_ram_is_an_access_fault(paged):
    machine = paged("ld a0, 0(a1)", pte=leaf(0x1000))
    machine.run(1)
    assert (machine.hart.mcause, machine.hart.mtval) == (Exc.LOAD_ACCESS, PAGE)


def test_devices_can_be_mapped(paged):
    machine = paged("li a0, 65\n sb a0, 0(a1)\n sb a0, 0(a1)", pte=leaf(0x1000_0000))
    machine.run(3)
    assert machine.uart.output == b"AA"


def test_misaligned_comes_before_page_fault(paged):
    machine = paged("lw a0, 2(a1)")
    machine.run(1)
    assert machine.hart.mcause == Exc.LOAD_MISALIGNED


REMAP = "ld a0, 0(a1)\n sd a3, 0(a2)\n {between}\n ld a4, 0(a1)\n"


@pytest.mark.parametrize(
    ("between", "seen"),
    [
        ("nop", 111),  # what is remembered stays until a fence
        ("sfence.vma", 222),
        ("sfence.vma a1, zero", 222),
        ("sfence.vma a1, a5", 222),
        ("csrr t0, satp\n csrw satp, t0", 222),
    ],
)
def test_fences(paged, between, seen):
    machine = paged(REMAP.format(between=between), pte=leaf(DATA))
    machine.run(5)
    assert (machine.hart.x[10], machine.hart.x[14]) == (111, seen)


def test_fence_in_m_mode_covers_mprv(paged):
    machine = paged(REMAP.format(between="sfence.vma"), pte=leaf(DATA))
    machine.memory.write(ROOT - BASE + 8 * 2, 8, leaf(BASE))
    machine.hart.mode = Mode.M
    machine.hart.mstatus |= MPRV | Mode.S << 11
    machine.run(5)
    assert (machine.hart.x[10], machine.hart.x[14]) == (111, 222)


def test_tlb_lives_through_runs(paged):
    machine = paged(REMAP.format(between="nop"), pte=leaf(DATA))
    for _ in range(4):
        machine.step()
    assert machine.hart.x[14] == 111


def test_invalid_entries_are_not_remembered(paged):
    machine = paged("1: ld a0, 0(a1)\n j .")
    machine.run(1)
    assert machine.hart.mcause == Exc.LOAD_PAGE
    set_pte(machine, leaf(DATA))
    machine.hart.pc, machine.hart.mode = BASE, Mode.S
    machine.run(1)
    assert machine.hart.x[10] == 111


def test_store_right_is_asked_for_apart(paged):
    machine = paged("ld a0, 0(a1)\n sd a0, 0(a1)", pte=leaf(DATA, V | R | A))
    machine.run(2)
    assert machine.hart.mcause == Exc.STORE_PAGE


def test_sum_and_mxr_act_at_once(paged):
    """norm:sfence_vma_sum_mxr_effect"""
    machine = paged(
        """
        li t0, 1 << 18
        csrs sstatus, t0
        ld a0, 0(a1)
        csrc sstatus, t0
        ld a4, 0(a1)
        """,
        pte=leaf(DATA, V | R | W | A | D | U),
    )
    machine.run(5)
    assert (machine.hart.x[10], machine.hart.mcause) == (111, Exc.LOAD_PAGE)
    machine = paged("ld a0, 0(a1)", pte=leaf(DATA, V | X | A))
    machine.hart.mstatus |= MXR
    machine.run(1)
    assert machine.hart.x[10] == 111
    machine.hart.mstatus &= ~MXR
    machine.hart.pc = BASE
    machine.run(1)
    assert machine.hart.mcause == Exc.LOAD_PAGE


def test_mprv_moves_loads_but_not_fetches(paged):
    machine = paged("ld a0, 0(a1)\n sd a0, 8(a1)", pte=leaf(DATA))
    machine.hart.mode = Mode.M
    machine.hart.mstatus |= MPRV | Mode.S << 11
    machine.run(2)
    assert machine.hart.x[10] == 111
    assert machine.memory.read(DATA - BASE + 8, 8) == 111
    machine.hart.pc = BASE
    machine.hart.mstatus &= ~MPP
    machine.hart.mstatus |= SUM  # U-mode's loads: the page is the supervisor's
    machine.run(1)
    assert machine.hart.mcause == Exc.LOAD_PAGE


def test_modes_do_not_share_translations(paged):
    machine = paged("ld a0, 0(a1)", pte=leaf(DATA))
    machine.run(1)
    machine.hart.mode, machine.hart.pc = Mode.U, PAGE
    machine.run(1)
    assert machine.hart.mcause == Exc.INSTRUCTION_PAGE
    machine.hart.mode, machine.hart.pc = Mode.M, BASE
    machine.run(1)
    assert (machine.hart.mcause, machine.hart.mtval) == (Exc.LOAD_ACCESS, PAGE)


def test_code_follows_the_mapping(paged):
    """The same virtual address executes other code once it is mapped elsewhere."""
    machine = paged("jr a1", pte=leaf(DATA, V | X | A))
    machine.memory.write(DATA - BASE, 8, 0x00A0_0513)  # li a0, 10
    machine.memory.write(OTHER - BASE, 8, 0x0140_0513)  # li a0, 20
    machine.run(2)
    assert machine.hart.x[10] == 10
    set_pte(machine, leaf(OTHER, V | X | A))
    machine.hart.pc = PAGE
    machine.run(1)
    assert machine.hart.x[10] == 10  # no fence yet
    machine.memory.write(4, 4, 0x1200_0073)  # sfence.vma
    machine.hart.pc = BASE + 4
    machine.run(1)
    machine.hart.pc = PAGE
    machine.run(1)
    assert machine.hart.x[10] == 20


def test_stores_through_another_mapping_change_code(paged):
    machine = paged("1: jalr ra, a1, 0\n sw a4, 0(a5)\n j 1b", pte=leaf(DATA, V | X | A))
    machine.memory.write(DATA - BASE, 4, 0x0015_0513)  # addi a0, a0, 1
    machine.memory.write(DATA - BASE + 4, 4, 0x0000_8067)  # ret
    machine.hart.x[14], machine.hart.x[15] = 0x0105_0513, DATA  # addi a0, a0, 16
    machine.run(8)
    assert machine.hart.x[10] == 1 + 16


def test_superpage(paged):
    machine = paged("ld a0, 0(a1)\n ld a4, 0(a6)")
    machine.memory.write(ROOT - BASE + 8, 8, leaf(0x8000_0000))  # a gigapage
    machine.hart.x[11] = 0x4000_0000 + DATA - BASE
    machine.hart.x[16] = 0x4000_0000 + OTHER - BASE
    machine.run(2)
    assert (machine.hart.x[10], machine.hart.x[14]) == (111, 222)


def test_walk_is_traced_once(paged):
    trace = Trace("walks")
    machine = paged("ld a0, 0(a1)\n ld a0, 8(a1)\n ld a0, 0(zero)", pte=leaf(DATA), trace=trace)
    machine.run(3)
    first, second, third = (record.text() for record in trace.records[:3])
    assert first.splitlines() == [
        "walk: fetch at 0x80000000 as S",
        f"  level 2: PTE at {ROOT + 16:#x} is 0x00000000200000cf",
        "  physical 0x80000000",
    ]
    assert second.splitlines() == [
        "walk: load at 0x40000000 as S",
        f"  level 2: PTE at {ROOT + 8:#x} is {MIDDLE >> 2 | 1:#018x}",
        f"  level 1: PTE at {MIDDLE:#x} is {LAST >> 2 | 1:#018x}",
        f"  level 0: PTE at {LAST:#x} is {leaf(DATA):#018x}",
        f"  physical {DATA:#x}",
    ]
    assert third.splitlines()[-1] == "  page fault: PTE is not valid"


@pytest.mark.parametrize("engine", ["interpreter"])
@pytest.mark.parametrize("limit", [1, 3, 1 << 14])
def test_small_tables_make_no_difference(boot, monkeypatch, limit):
    """What is remembered is bounded; a guest that uses many pages only gets slower."""
    monkeypatch.setattr("vmlab.mmu.TLB_PAGES", limit)
    monkeypatch.setattr("vmlab.interpreter.CODE_LIMIT", limit)
    source = """
    _start:
        li a0, 0x40010000       # through a gigapage, S-mode
        li a2, 8
        li a4, 0x1000
    1:  ld a3, 0(a0)
        add a5, a5, a3
        sd a2, 0(a0)
        add a0, a0, a4
        addi a2, a2, -1
        bnez a2, 1b
        j .
    """
    machine = boot(source)
    machine.memory.write(0x8000 + 8, 8, leaf(BASE))
    machine.memory.write(0x8000 + 16, 8, leaf(BASE, V | R | W | X | A | D))
    machine.hart.satp = 8 << 60 | (BASE + 0x8000) >> 12
    machine.hart.mode = Mode.S
    for page in range(8):
        machine.memory.write(0x1_0000 + 0x1000 * page, 8, 10**page)
    machine.run(200)
    assert machine.hart.x[15] == 11_111_111
    assert [machine.memory.read(0x1_0000 + 0x1000 * page, 8) for page in range(8)] == [
        *range(8, 0, -1)
    ]
    assert all(len(pages) <= limit for pages in machine.mmu.context.pages.values())
    assert len(machine.mmu.context.code) <= limit


def test_satp_that_a_part_or_a_debugger_changed_counts_at_once(paged, overlay, part):
    other = BASE + 0x3_0000

    def sret(hart):
        part.sret(hart)
        hart.satp = 8 << 60 | other >> 12

    machine = paged("1: ld a0, 0(a1)\n sret", traps=overlay(sret=sret), pte=leaf(DATA))
    machine.memory.write(other - BASE + 16, 8, BASE >> 2 | V | R | W | X | A | D)
    machine.memory.write(other - BASE + 8, 8, other + 0x1000 >> 2 | V)
    machine.memory.write(other + 0x1000 - BASE, 8, other + 0x2000 >> 2 | V)
    machine.memory.write(other + 0x2000 - BASE, 8, leaf(OTHER))
    machine.hart.sepc, machine.hart.mstatus = BASE, machine.hart.mstatus | SPP
    machine.run(1)
    assert machine.hart.x[10] == 111
    machine.run(2)
    assert machine.hart.x[10] == 222
    machine.hart.satp, machine.hart.pc = SATP, BASE
    machine.run(1)
    assert machine.hart.x[10] == 111
